/** Two hosts on one machine: a guest moves from one daemon to the other while it runs. */
import { createServer } from "node:net"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import {
  connect, createFlag, domainByUuid, migrateFlag, migrateParam, textParam
} from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { probeXml } from "../../../src/drivers/libvirt/domainXml.ts"
import { describeLibvirt, realDaemonOn } from "./realDaemon.ts"

const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const flags = migrateFlag.live | migrateFlag.peerToPeer | migrateFlag.unsafe

const twoHosts = Effect.gen(function*() {
  const source = yield* realDaemonOn()
  const target = yield* realDaemonOn(yield* freePort)
  return {
    source,
    target,
    from: yield* connect({ uri: source.uri("qemu:///system") }),
    to: yield* connect({ uri: target.tcpUri })
  }
})

describeLibvirt("live migration", () => {
  it.live("moves a running guest to the other host, over TCP", () =>
    Effect.gen(function*() {
      const { from, source, target, to } = yield* twoHosts
      const domain = yield* from.domainCreateXml({
        xml: probeXml("wanderer", "qemu", `${source.folder}/console.log`), flags: createFlag.none
      })
      const events = yield* to.subscribe("Lifecycle")
      const arrival = yield* Effect.forkChild(events.pipe(Stream.take(1), Stream.runCollect))
      yield* from.domainMigratePerform3({
        domain,
        destinationUri: target.tcpUri,
        params: [
          textParam(migrateParam.uri, `tcp://127.0.0.1:${yield* freePort}`),
          { field: migrateParam.bandwidth, type: "ullong", value: 1_000n }
        ],
        cookie: new Uint8Array(),
        flags
      })
      assert.deepStrictEqual(yield* from.connectListAllDomains(), [])
      assert.strictEqual((yield* to.domainGetState({ domain: domainByUuid(domain.uuid) })).state, "running")
      const [first] = yield* Fiber.join(arrival)
      assert.deepInclude(first, { _tag: "Lifecycle", event: "started", detail: 1 })
      yield* to.domainDestroy({ domain: domainByUuid(domain.uuid) })
    }), 90_000)

  it.live("is refused with libvirt's own error when nobody listens there", () =>
    Effect.gen(function*() {
      const { from, source } = yield* twoHosts
      const domain = yield* from.domainCreateXml({
        xml: probeXml("stayer", "qemu", `${source.folder}/console.log`), flags: createFlag.none
      })
      const error = yield* Effect.flip(from.domainMigratePerform3({
        domain, destinationUri: `qemu+tcp://127.0.0.1:${yield* freePort}/system`, params: [], cookie: new Uint8Array(), flags
      }))
      assert.strictEqual(error._tag, "LibvirtError")
      assert.strictEqual((yield* from.domainGetState({ domain })).state, "running")
      yield* from.domainDestroy({ domain })
    }), 90_000)
})
