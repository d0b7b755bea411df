import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Stream } from "effect"
import type { Scope } from "effect"
import { TestClock } from "effect/testing"
import { Fleet } from "../../../src/drivers/Driver.ts"
import type { Driver } from "../../../src/drivers/Driver.ts"
import { Faults } from "../../../src/drivers/simulated/Faults.ts"
import * as SimulatedFleet from "../../../src/drivers/simulated/SimulatedFleet.ts"
import { topologies } from "../../../src/drivers/simulated/topologies.ts"
import { specOf } from "../specs.ts"

const call = { epoch: 1 }
const host = "sim-0001"
const driverOf = (hostname: string) => Fleet.use((fleet) => Effect.succeed(fleet.driver(hostname)!))

const test = (
  title: string,
  body: Effect.Effect<void, unknown, Fleet | Faults | Scope.Scope>,
  options: SimulatedFleet.Options = {}
) => it.effect(title, () => body.pipe(Effect.provide(SimulatedFleet.layer(options), { local: true })))

const started = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })
const powers = (driver: Driver) => Effect.map(driver.list, (domains) => domains.map(({ power }) => power))

describe("a simulated fleet", () => {
  test(
    "hosts take the topologies in turn, share them, and are told apart",
    Effect.gen(function*() {
      const fleet = yield* Fleet
      assert.strictEqual(fleet.hosts.length, 12)
      const inventories = yield* Effect.forEach(fleet.hosts, (hostname) => fleet.driver(hostname)!.inventory)
      assert.strictEqual(new Set(inventories.map(({ hostIp }) => hostIp)).size, 12)
      assert.deepStrictEqual(inventories.map(({ hypervisorHostname }) => hypervisorHostname), [...fleet.hosts])
      assert.strictEqual(inventories[0]!.numa, inventories[topologies.length]!.numa)
      assert.strictEqual(fleet.driver("sim-0013"), undefined)
      assert.isFalse(fleet.isUp("sim-0013"))
    }),
    { hosts: 12 }
  )

  test(
    "without a number there is one host for each topology",
    Effect.map(Fleet, ({ hosts }) => assert.strictEqual(hosts.length, topologies.length))
  )

  test(
    "latency passes on the clock of the test",
    Effect.gen(function*() {
      const driver = yield* driverOf(host)
      const fiber = yield* started(driver.spawn(specOf(1), call))
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual(yield* driver.list, [])
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* powers(driver), ["running"])
    }),
    { latency: { spawn: "2 seconds" } }
  )

  test(
    "a call that waits is refused when a newer epoch has come meanwhile",
    Effect.gen(function*() {
      const driver = yield* driverOf(host)
      const fiber = yield* started(driver.spawn(specOf(1), { epoch: 1 }))
      yield* driver.destroy("nobody", { epoch: 2 })
      yield* TestClock.adjust("2 seconds")
      assert.isFalse((yield* Effect.flip(Fiber.join(fiber))).isRetryable)
      assert.deepStrictEqual(yield* driver.list, [])
    }),
    { latency: { spawn: "2 seconds" } }
  )

  test(
    "the next call that matches fails with the words it was given; others do not",
    Effect.gen(function*() {
      const faults = yield* Faults
      const driver = yield* driverOf(host)
      yield* faults.inject({ operation: "spawn", name: "server 2" }, { _tag: "Fail", message: "no space left" }, 1)
      yield* driver.spawn(specOf(1), call)
      const error = yield* Effect.flip(driver.spawn(specOf(2), call))
      assert.deepInclude(error, { operation: "spawn", message: "no space left", isRetryable: true })
      assert.strictEqual((yield* driver.list).length, 1)
      yield* driver.spawn(specOf(2), call)
    })
  )

  test(
    "faults of one host are no other's, and end when they are cleared",
    Effect.gen(function*() {
      const faults = yield* Faults
      const [first, second] = [yield* driverOf("sim-0001"), yield* driverOf("sim-0002")]
      yield* faults.inject({ host: "sim-0001" }, { _tag: "Fail", message: "broken", isRetryable: false })
      for (let times = 0; times < 3; times++) {
        assert.isFalse((yield* Effect.flip(first.spawn(specOf(1), call))).isRetryable)
      }
      yield* second.spawn(specOf(2), call)
      yield* faults.clear
      yield* first.spawn(specOf(1), call)
    })
  )

  test(
    "a server that was spawned is known by name in later calls",
    Effect.gen(function*() {
      const faults = yield* Faults
      const driver = yield* driverOf(host)
      yield* driver.spawn(specOf(1), call)
      yield* driver.spawn(specOf(2), call)
      yield* faults.inject({ name: "server 1", operation: "destroy" }, { _tag: "Fail", message: "stuck" })
      yield* driver.destroy(specOf(2).id, call)
      assert.strictEqual((yield* Effect.flip(driver.destroy(specOf(1).id, call))).message, "stuck")
    })
  )

  test(
    "a call hangs until faults are cleared, and can be interrupted",
    Effect.gen(function*() {
      const faults = yield* Faults
      const driver = yield* driverOf(host)
      yield* faults.inject({ operation: "spawn" }, { _tag: "Hang" })
      const [first, second] = [yield* started(driver.spawn(specOf(1), call)), yield* started(driver.spawn(specOf(2), call))]
      yield* TestClock.adjust("1 day")
      yield* Fiber.interrupt(first)
      assert.deepStrictEqual(yield* driver.list, [])
      yield* faults.clear
      yield* Fiber.join(second)
      assert.deepStrictEqual((yield* driver.list).map(({ id }) => id), [specOf(2).id])
    })
  )

  test(
    "a slow call takes its time",
    Effect.gen(function*() {
      const faults = yield* Faults
      const driver = yield* driverOf(host)
      yield* faults.inject({ operation: "powerOff" }, { _tag: "Slow", duration: "1 minute" }, 1)
      yield* driver.spawn(specOf(1), call)
      const fiber = yield* started(driver.powerOff(specOf(1).id, Duration.zero, call))
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* powers(driver), ["running"])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* powers(driver), ["shutdown"])
    })
  )

  test(
    "a crash is an event of the fleet and of its host, with the reason",
    Effect.gen(function*() {
      const faults = yield* Faults
      const fleet = yield* Fleet
      const driver = yield* driverOf("sim-0002")
      yield* driver.spawn(specOf(1), call)
      const ofFleet = yield* started(fleet.events.pipe(Stream.take(1), Stream.runCollect))
      const ofHost = yield* started(driver.events.pipe(Stream.take(1), Stream.runCollect))
      assert.isFalse(yield* faults.crash(host, specOf(1).id))
      assert.isTrue(yield* faults.crash("sim-0002", specOf(1).id))
      const event = { id: specOf(1).id, power: "crashed" as const, reason: "guest panicked" }
      assert.deepStrictEqual(yield* Fiber.join(ofFleet), [{ hostname: "sim-0002", event }])
      assert.deepStrictEqual(yield* Fiber.join(ofHost), [event])
      assert.deepStrictEqual(yield* powers(driver), ["crashed"])
      yield* driver.reboot(specOf(1), "hard", call)
      assert.deepStrictEqual(yield* powers(driver), ["running"])
    })
  )

  test(
    "a lost host is down and fails every call, those under way too; its guests live on",
    Effect.gen(function*() {
      const faults = yield* Faults
      const fleet = yield* Fleet
      const driver = yield* driverOf(host)
      yield* driver.spawn(specOf(1), call)
      const fiber = yield* started(driver.powerOff(specOf(1).id, Duration.zero, call))
      assert.isTrue(yield* faults.lose(host))
      assert.isFalse(fleet.isUp(host))
      assert.isTrue(fleet.isUp("sim-0002"))
      for (const effect of [driver.list, driver.inventory, driver.spawn(specOf(2), call)]) {
        assert.isTrue((yield* Effect.flip<unknown, { readonly isRetryable: boolean }, never>(effect)).isRetryable)
      }
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
      yield* faults.restore(host)
      assert.isTrue(fleet.isUp(host))
      assert.deepStrictEqual(yield* powers(driver), ["running"])
    }),
    { latency: { powerOff: "1 second" }, hosts: 2 }
  )

  test(
    "a host that comes back from a loss of power has its guests shut down, and says so",
    Effect.gen(function*() {
      const faults = yield* Faults
      const fleet = yield* Fleet
      const driver = yield* driverOf(host)
      yield* driver.spawn(specOf(1), call)
      yield* driver.spawn(specOf(2), call)
      const events = yield* started(fleet.events.pipe(Stream.take(2), Stream.runCollect))
      yield* faults.lose(host)
      yield* faults.restore(host, true)
      assert.deepStrictEqual((yield* Fiber.join(events)).map(({ event }) => event.power), ["shutdown", "shutdown"])
      assert.deepStrictEqual(yield* powers(driver), ["shutdown", "shutdown"])
    })
  )

  const asked: Array<string> = []
  test(
    "guests that outlived the process are there, each host is asked once and not before it is needed",
    Effect.gen(function*() {
      const driver = yield* driverOf(host)
      yield* driver.inventory
      assert.deepStrictEqual(asked, [])
      assert.deepStrictEqual(yield* driver.list, [
        { id: specOf(1).id, power: "running" },
        { id: specOf(2).id, power: "shutdown" }
      ])
      yield* driver.spawn(specOf(1), call)
      yield* driver.powerOn(specOf(2), call)
      assert.deepStrictEqual(yield* powers(driver), ["running", "running"])
      assert.include(yield* driver.consoleLog(specOf(2).id), "server-2 login:")
      assert.deepStrictEqual(asked, [host])
    }),
    {
      survivors: (hostname) => {
        asked.push(hostname)
        return [{ id: specOf(1).id, power: "running" }, { id: specOf(2).id, power: "shutdown" }]
      }
    }
  )

  test(
    "the console shows each boot, the server's name and its addresses",
    Effect.gen(function*() {
      const driver = yield* driverOf(host)
      const nic = { portId: "p", networkId: "n", macAddress: "fa:16:3e:00:00:01", mtu: 1450, fixedIps: ["10.0.0.7/24"] }
      const spec = specOf(1, { nics: [nic] })
      yield* driver.spawn(spec, call)
      const first = yield* driver.consoleLog(spec.id)
      for (const text of ["server 1", "server-1 login:", "10.0.0.7/24"]) assert.include(first, text)
      yield* driver.reboot(spec, "soft", call)
      assert.strictEqual((yield* driver.consoleLog(spec.id)).split("login:").length, 3)
    })
  )

  it.effect("a thousand hosts are made in no time, and a call costs microseconds", () =>
    Effect.gen(function*() {
      const begun = process.cpuUsage()
      const spent = () => {
        const { system, user } = process.cpuUsage(begun)
        return user + system
      }
      yield* Effect.gen(function*() {
        const fleet = yield* Fleet
        const drivers = fleet.hosts.map((hostname) => fleet.driver(hostname)!)
        yield* Effect.forEach(drivers, ({ inventory }) => inventory, { discard: true })
        const made = spent()
        const specs = Array.from({ length: 50_000 }, (_, index) => specOf(index))
        const prepared = spent()
        for (const [index, spec] of specs.entries()) yield* drivers[index % 1000]!.spawn(spec, call)
        const perSpawn = (spent() - prepared) / specs.length
        console.log(`1,000 hosts: ${made} µs of CPU; a spawn: ${perSpawn.toFixed(2)} µs`)
        assert.isBelow(made, 200_000, "ten times the budget: machines differ")
        assert.isBelow(perSpawn, 100, "ten times the budget: machines differ")
      }).pipe(Effect.provide(SimulatedFleet.layer({ hosts: 1000 })))
    }))
})

// Two fleets in one process share nothing but the topologies.
it.effect("fleets do not see each other's guests", () =>
  Effect.gen(function*() {
    const build = Effect.map(Layer.build(Layer.fresh(SimulatedFleet.layer({ hosts: 1 }))), (context) => context)
    const [first, second] = yield* Effect.all([build, build])
    yield* driverOf(host).pipe(Effect.flatMap((driver) => driver.spawn(specOf(1), call)), Effect.provide(first))
    assert.deepStrictEqual(yield* driverOf(host).pipe(Effect.flatMap(({ list }) => list), Effect.provide(second)), [])
  }))
