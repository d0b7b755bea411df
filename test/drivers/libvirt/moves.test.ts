/** The suite of drivers that move guests, over two libvirts and real guests, whose disks are copied. */
import { createServer } from "node:net"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schedule, Scope } from "effect"
import { connect, domainByUuid } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { buildGuest, describeGuest, guestCommandLine } from "../../fixtures/guest/guest.ts"
import { migrationContract } from "../migrationContract.ts"
import { connectedHost } from "./connectedHost.ts"
import { domainSpec, imageSource } from "./domainSpec.ts"
import { type RealDaemon, realDaemonOn } from "./realDaemon.ts"

const scope = Scope.makeUnsafe()
let daemons: ReadonlyArray<RealDaemon> = []
let pairs = 0

const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const specOf = (folder: string) => {
  const { kernel, ramdisk } = buildGuest()
  const path = join(folder, "image.raw")
  writeFileSync(path, "the image of a guest")
  return domainSpec({
    memoryMb: 96,
    image: imageSource({ path, diskFormat: "raw", kernelPath: kernel, ramdiskPath: ramdisk, properties: { os_command_line: guestCommandLine } })
  })
}

const make = Effect.gen(function*() {
  const number = pairs++
  const [source, destination] = yield* Effect.forEach(daemons, (daemon, at) =>
    connectedHost({
      uri: daemon.uri("qemu:///system"), peerUri: daemon.tcpUri, folder: join(daemon.folder, "disks", String(number)), hostIp: "127.0.0.1",
      hostname: `host-${at}`, virtType: "qemu", vncListen: null, softRebootGrace: "15 seconds"
    }))
  return { source: source!.driver, destination: destination!.driver, spec: () => specOf(daemons[0]!.folder) }
})

migrationContract("two libvirts", make, {
  settle: "30 seconds",
  timeoutMillis: 90_000,
  describe: (name, suite) =>
    describeGuest(name, () => {
      beforeAll(async () => {
        buildGuest()
        daemons = await Effect.runPromise(Scope.provide(
          Effect.forEach([0, 1], () => Effect.flatMap(freePort, realDaemonOn)), scope
        ))
      }, 120_000)
      afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
      suite()

      it.live("the guest's CPUs are others there, and no file is left where it was", () =>
        Effect.gen(function*() {
          const { destination, source, spec } = yield* make
          const pinnedTo = (hostCpu: number) => ({
            cells: [{ cpus: [0], memoryMb: 96, hostCell: 0, hugePageKb: null }], pins: [{ cpu: 0, hostCpus: [hostCpu] }],
            emulatorCpus: [hostCpu], realtimeCpus: []
          })
          const call = { epoch: 1 }
          const here = { ...spec(), vcpus: 1, numa: pinnedTo(0) }
          const there = { ...here, numa: pinnedTo(1) }
          for (const driver of [source, destination]) yield* Effect.addFinalizer(() => Effect.ignore(driver.destroy(here.id, call)))
          yield* source.spawn(here, call)
          const target = yield* destination.prepareMigration(there, null, call)
          yield* source.performMigration(there, { target, copiesDisks: null }, call)
          yield* destination.finishMigration(there, "running", call)
          yield* source.confirmMigration(here.id, target, call)
          const libvirt = yield* connect({ uri: daemons[1]!.uri("qemu:///system") })
          const xml = yield* libvirt.domainGetXml({ domain: domainByUuid(here.id) })
          assert.match(xml, /<vcpupin vcpu='0' cpuset='1'\/>/)
          assert.notInclude(xml, daemons[0]!.folder)
          const left = readdirSync(join(daemons[0]!.folder, "disks"), { recursive: true, encoding: "utf8" })
          assert.deepStrictEqual(left.filter((path) => path.includes(here.id)), [])
        }).pipe(Effect.scoped), 90_000)

      it.live("a destination that nobody is at is said in libvirt's own words, and the guest stays", () =>
        Effect.gen(function*() {
          const { source, spec } = yield* make
          const call = { epoch: 1 }
          const one = spec()
          yield* Effect.addFinalizer(() => Effect.ignore(source.destroy(one.id, call)))
          yield* source.spawn(one, call)
          const uri = `qemu+tcp://127.0.0.1:${yield* freePort}/system`
          const target = JSON.stringify({ uri, address: "127.0.0.1", folder: "/nowhere", token: "none" })
          const error = yield* Effect.flip(source.performMigration(one, { target, copiesDisks: null }, call))
          assert.include(error.message, "unable to connect to server")
          assert.isTrue(yield* source.abortMigration(one.id, call))
          assert.deepStrictEqual(yield* source.list, [{ id: one.id, power: "running" }])
        }).pipe(Effect.scoped), 90_000)

      it.live("a move that takes long is ended half-way, and the guest runs on", () =>
        Effect.gen(function*() {
          const { destination, source, spec } = yield* make
          const call = { epoch: 1 }
          const one = spec()
          for (const driver of [source, destination]) yield* Effect.addFinalizer(() => Effect.ignore(driver.destroy(one.id, call)))
          yield* source.spawn(one, call)
          const libvirt = yield* connect({ uri: daemons[0]!.uri("qemu:///system") })
          yield* libvirt.domainMigrateSetMaxSpeed({ domain: domainByUuid(one.id), bandwidthMibps: 1 })
          const target = yield* destination.prepareMigration(one, null, call)
          const sending = yield* Effect.forkScoped(Effect.exit(source.performMigration(one, { target, copiesDisks: null }, call)), { startImmediately: true })
          const isOnItsWay = Effect.map(libvirt.domainGetJobStats({ domain: domainByUuid(one.id) }), ({ type }) => type !== 0)
          yield* Effect.repeat(isOnItsWay, { until: (found) => found, schedule: Schedule.spaced("50 millis") })
          assert.isTrue(yield* source.abortMigration(one.id, call))
          assert.isTrue(Exit.isFailure(yield* Fiber.join(sending)))
          assert.isFalse(yield* destination.abortMigration(one.id, call))
          assert.deepStrictEqual(yield* source.list, [{ id: one.id, power: "running" }])
          assert.deepStrictEqual(yield* destination.list, [])
          const left = readdirSync(join(daemons[1]!.folder, "disks"), { recursive: true, encoding: "utf8" })
          assert.deepStrictEqual(left.filter((path) => path.includes(one.id)), [])
        }).pipe(Effect.scoped), 90_000)
    })
})
