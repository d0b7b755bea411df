/** The driver against libvirt and QEMU, with guests of firmware alone: they run, and ignore every request. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer, Stream } from "effect"
import type { DomainEvent, Driver } from "../../../src/drivers/Driver.ts"
import type { LibvirtHost } from "../../../src/drivers/libvirt/LibvirtDriver.ts"
import { connect } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { firmwareMillis } from "../../../src/drivers/libvirt/probe.ts"
import { connectedHost } from "./connectedHost.ts"
import { domainSpec } from "./domainSpec.ts"
import { describeLibvirt, realDaemon, type RealDaemon } from "./realDaemon.ts"

class Daemon extends Context.Service<Daemon, RealDaemon>()("test/DriverDaemon") {}

const hostOn = (daemon: RealDaemon, virtType: "qemu" | "auto" = "qemu") =>
  connectedHost({
    uri: daemon.uri("qemu:///system"), folder: join(daemon.folder, "disks"), hostIp: "127.0.0.1", virtType,
    vncListen: null, softRebootGrace: "1 second"
  })

const withHost = <A, E>(test: (host: LibvirtHost, daemon: RealDaemon) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const daemon = yield* Daemon
    return yield* test(yield* hostOn(daemon), daemon)
  })

const call = { epoch: 1 }
const noGrace = Duration.zero
const powerOf = (driver: Driver, id: string) =>
  Effect.map(driver.list, (all) => all.find((each) => each.id === id)?.power)

describeLibvirt("the libvirt driver", () => {
  it.layer(Layer.effect(Daemon, realDaemon), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("measures its host", () => withHost(({ driver, hostname, isUp }) =>
      Effect.gen(function*() {
        const inventory = yield* driver.inventory
        assert.strictEqual(inventory.hypervisorHostname, hostname)
        assert.strictEqual(inventory.hypervisorType, "QEMU")
        assert.isAbove(inventory.vcpus, 0)
        assert.isAbove(inventory.diskGb, 0)
        assert.strictEqual(inventory.numa.flatMap(({ cpus }) => cpus).length, inventory.vcpus)
        assert.isTrue(isUp())
      })))

    it.effect("proves a virtualisation type by booting under it", () =>
      Effect.gen(function*() {
        const daemon = yield* Daemon
        const client = yield* connect({ uri: daemon.uri("qemu:///system") })
        assert.isNumber(yield* firmwareMillis(client, "qemu", daemon.folder, 10_000))
        assert.isUndefined(yield* firmwareMillis(client, "qemu", daemon.folder, 0), "not even a moment was allowed")
        assert.deepStrictEqual(yield* client.connectListAllDomains(), [])
        assert.deepStrictEqual(readdirSync(daemon.folder).filter((name) => name.includes("probe")), [])
      }))

    it.effect("takes a guest through its life, each step twice", () => withHost(({ driver }, daemon) =>
      Effect.gen(function*() {
        const spec = domainSpec()
        const { id } = spec
        const steps = [
          [driver.spawn(spec, call), "running"],
          [driver.pause(id, call), "paused"],
          [driver.unpause(id, call), "running"],
          [driver.suspend(id, call), "suspended"],
          [driver.resume(spec, call), "running"],
          [driver.powerOff(id, noGrace, call), "shutdown"],
          [driver.powerOn(spec, call), "running"],
          [driver.reboot(spec, "hard", call), "running"],
          [driver.reboot(spec, "soft", call), "running"],
          [driver.destroy(id, call), undefined]
        ] as const
        for (const [step, expected] of steps) {
          yield* step
          assert.strictEqual(yield* powerOf(driver, id), expected)
          yield* step
          assert.strictEqual(yield* powerOf(driver, id), expected)
        }
        assert.isFalse(existsSync(join(daemon.folder, "disks", id)))
        const libvirt = yield* connect({ uri: daemon.uri("qemu:///system") })
        assert.deepStrictEqual(yield* libvirt.connectListAllDomains(), [])
      }).pipe(Effect.scoped)))

    it.effect("a suspended guest that is switched off starts afresh", () => withHost(({ driver }) =>
      Effect.gen(function*() {
        const spec = domainSpec()
        yield* driver.spawn(spec, call)
        yield* driver.suspend(spec.id, call)
        yield* driver.powerOff(spec.id, noGrace, call)
        assert.strictEqual(yield* powerOf(driver, spec.id), "shutdown")
        assert.isFalse((yield* Effect.flip(driver.resume(spec, call))).isRetryable)
        yield* driver.destroy(spec.id, call)
      })))

    it.effect("takes the power away when the grace is over", () => withHost(({ driver }) =>
      Effect.gen(function*() {
        const spec = domainSpec()
        yield* driver.spawn(spec, call)
        yield* driver.powerOff(spec.id, Duration.seconds(1), call)
        assert.strictEqual(yield* powerOf(driver, spec.id), "shutdown")
        yield* driver.destroy(spec.id, call)
      })))

    it.effect("refuses what it does not have, and destroys it gladly", () => withHost(({ driver }) =>
      Effect.gen(function*() {
        const spec = domainSpec()
        const { id } = spec
        const refused = [
          driver.powerOn(spec, call), driver.powerOff(id, noGrace, call), driver.pause(id, call),
          driver.unpause(id, call), driver.suspend(id, call), driver.resume(spec, call),
          driver.reboot(spec, "hard", call), Effect.asVoid(driver.consoleLog(id))
        ]
        for (const attempt of refused) {
          const error = yield* Effect.flip(attempt)
          assert.deepInclude(error, { _tag: "DriverError", isRetryable: false }, error.message)
        }
        yield* driver.destroy(id, call)
      })))

    it.effect("refuses an older owner, also after it was started anew", () =>
      Effect.gen(function*() {
        const daemon = yield* Daemon
        const first = yield* Effect.scoped(hostOn(daemon))
        yield* Effect.ignore(first.driver.destroy(domainSpec().id, { epoch: 7 }))
        const { driver } = yield* hostOn(daemon)
        const stale = yield* Effect.flip(driver.spawn(domainSpec(), { epoch: 6 }))
        assert.deepInclude(stale, { operation: "spawn", isRetryable: false })
        yield* driver.destroy(domainSpec().id, { epoch: 7 })
      }))

    it.effect("adopts the guests that outlived it, and tells what it sees", () =>
      Effect.gen(function*() {
        const daemon = yield* Daemon
        const late = { epoch: 8 }
        const spec = domainSpec()
        const before = yield* hostOn(daemon)
        yield* before.driver.spawn(spec, late)
        const { driver } = yield* hostOn(daemon)
        const seen: Array<DomainEvent> = []
        const listening = yield* Effect.forkScoped(
          driver.events.pipe(
            Stream.filter((event) => event.id === spec.id),
            Stream.tap((event) => Effect.sync(() => seen.push(event))),
            Stream.takeUntil((event) => event.power === "shutdown"),
            Stream.runDrain
          )
        )
        while (seen.length === 0) yield* Effect.sleep("20 millis")
        yield* daemon.kill
        yield* daemon.start
        while (seen.length === 1) yield* Effect.sleep("20 millis")
        yield* driver.pause(spec.id, late)
        yield* driver.powerOff(spec.id, Duration.zero, late)
        yield* Fiber.join(listening)
        assert.deepStrictEqual(seen.map(({ power, reason }) => `${power} ${reason}`), [
          "running found", "running found", "paused suspended", "shutdown destroyed"
        ])
        yield* driver.destroy(spec.id, late)
      }))

    it.effect("settles on a type under which guests get somewhere", () =>
      Effect.gen(function*() {
        const { driver } = yield* hostOn(yield* Daemon, "auto")
        const spec = domainSpec()
        yield* driver.spawn(spec, { epoch: 9 })
        assert.strictEqual(yield* powerOf(driver, spec.id), "running")
        yield* driver.destroy(spec.id, { epoch: 9 })
      }))
  })
})
