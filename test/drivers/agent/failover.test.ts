/** What happens to calls, hosts and agents when connections, runners and ownership come and go. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import { agentStates } from "../../../src/actors/host/AgentState.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { specOf } from "../specs.ts"
import { hypervisors, makeWorld, pass, passUntil, quiet, type Runner, startAgent, startRunner, tempFolder, until, type World } from "./world.ts"
import { startImpostor } from "./impostor.ts"
import { makeWire } from "./wire.ts"

const tokensFor = (runner: Runner, hosts: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(hosts, (host) => runner.credentials.create(host)),
    (made) => new Map(made.map(({ hostname, token }) => [hostname, token]))
  )

const oneHost = Effect.gen(function*() {
  const world = yield* makeWorld
  const runner = yield* startRunner(world)
  const machines = yield* hypervisors(["host"])
  const tokens = yield* tokensFor(runner, ["host"])
  const folder = yield* tempFolder
  const start = (control: ReadonlyArray<string>) => startAgent(machines.fleet, { control, tokens, folder })
  return { world, runner, ...machines, tokens, folder, start, driver: runner.fleet.driver("host")! }
})

const isUp = (runner: Runner) => runner.fleet.isUp("host")
const isAttached = (runner: Runner) => runner.fleet.hosts.includes("host")

describe("a call", () => {
  it.effect("waits for an agent that is not there yet", () =>
    Effect.gen(function*() {
      const { driver, runner, start } = yield* oneHost
      const listing = yield* Effect.forkChild(driver.list, { startImmediately: true })
      yield* pass(Limits.agentGraceMillis - 1_000)
      assert.isUndefined(listing.pollUnsafe())
      yield* start([runner.url])
      assert.deepStrictEqual(yield* Fiber.join(listing), [])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("fails after the grace, and may be tried again or elsewhere", () =>
    Effect.gen(function*() {
      const { driver } = yield* oneHost
      const spawning = yield* Effect.forkChild(Effect.flip(driver.spawn(specOf(1), { epoch: 1 })), { startImmediately: true })
      yield* pass(Limits.agentGraceMillis)
      assert.deepInclude(yield* Fiber.join(spawning), {
        _tag: "DriverError", operation: "spawn", isRetryable: true, message: "Host host: no agent is attached"
      })
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("whose connection is lost is sent again, and is done once", () =>
    Effect.gen(function*() {
      const { driver, faults, fleet, runner, start } = yield* oneHost
      const wire = yield* makeWire(runner.url)
      yield* start([wire.url])
      yield* until(() => isAttached(runner))
      yield* driver.spawn(specOf(1), { epoch: 1 })
      yield* faults.inject({ operation: "reboot" }, { _tag: "Hang" }, 1)
      const rebooting = yield* Effect.forkChild(driver.reboot(specOf(1), "hard", { epoch: 1 }), { startImmediately: true })
      yield* pass(200)
      wire.thaw()
      yield* until(() => !isAttached(runner))
      yield* faults.clear
      yield* passUntil(() => rebooting.pollUnsafe() !== undefined, 5_000)
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(rebooting)))
      const boots = (yield* fleet.driver("host")!.consoleLog(specOf(1).id)).split("Linux version").length - 1
      assert.strictEqual(boots, 2)
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("that nobody waits for any more is ended on the host", () =>
    Effect.gen(function*() {
      const { driver, faults, runner, start } = yield* oneHost
      yield* start([runner.url])
      yield* until(() => isAttached(runner))
      yield* faults.inject({ operation: "spawn" }, { _tag: "Hang" }, 1)
      const spawning = yield* Effect.forkChild(driver.spawn(specOf(1), { epoch: 1 }), { startImmediately: true })
      yield* pass(200)
      yield* Fiber.interrupt(spawning)
      yield* driver.destroy(specOf(1).id, { epoch: 1 })
      yield* faults.clear
      yield* pass(200)
      assert.deepStrictEqual(yield* driver.list, [])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("to a host that another runner takes over ends without a verdict", () =>
    Effect.gen(function*() {
      const { driver, faults, runner, start, world } = yield* oneHost
      yield* start([runner.url])
      yield* until(() => isAttached(runner))
      yield* faults.inject({ operation: "spawn" }, { _tag: "Hang" }, 1)
      const spawning = yield* Effect.forkChild(driver.spawn(specOf(1), { epoch: 1 }), { startImmediately: true })
      yield* pass(200)
      world.territory.give("host", "second")
      const exit = yield* Fiber.await(spawning)
      assert.isTrue(Exit.isFailure(exit) && Exit.hasInterrupts(exit))
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})

describe("an agent", () => {
  const twoRunners = Effect.gen(function*() {
    const cloud = yield* oneHost
    return { ...cloud, second: yield* startRunner(cloud.world, "second") }
  })

  it.effect("that dials a runner which does not own its host goes to the one that does", () =>
    Effect.gen(function*() {
      const { runner, second, start, world } = yield* twoRunners
      world.territory.give("host", "second")
      const agent = yield* start([runner.url])
      yield* until(() => isAttached(second))
      yield* until(() => agent.adoptions.length === 1)
      assert.deepStrictEqual(agent.adoptions, [`host ${second.url} 2`])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("follows its host to a runner it was only told of, and its guests run on", () =>
    Effect.gen(function*() {
      const { driver, runner, second, start, world } = yield* twoRunners
      const agent = yield* start([runner.url])
      yield* until(() => agent.adoptions.length === 1)
      yield* driver.spawn(specOf(1), { epoch: 1 })
      world.territory.give("host", "second")
      yield* passUntil(() => isAttached(second), 5_000)
      assert.isFalse(isAttached(runner))
      assert.deepStrictEqual(yield* second.fleet.driver("host")!.list, [{ id: specOf(1).id, power: "running" }])
      const stale = yield* Effect.flip(second.fleet.driver("host")!.destroy(specOf(1).id, { epoch: 1 }))
      assert.deepInclude(stale, { isRetryable: false, message: "epoch 1 is over: this host has seen 2" })
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("waits where nobody owns its host, and is adopted when somebody does", () =>
    Effect.gen(function*() {
      const { runner, start, world } = yield* oneHost
      world.territory.give("host", null)
      const agent = yield* start([runner.url])
      yield* pass(3_000)
      assert.deepStrictEqual(agent.adoptions, [])
      world.territory.give("host", "first")
      yield* passUntil(() => agent.adoptions.length === 1, 10_000)
      assert.deepStrictEqual(agent.adoptions, [`host ${runner.url} 3`])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("takes silence for death, as its runner does, and dials again by another way", () =>
    Effect.gen(function*() {
      const { runner, start } = yield* oneHost
      const wire = yield* makeWire(runner.url)
      const agent = yield* start([wire.url, runner.url])
      yield* until(() => agent.adoptions.length === 1)
      // A server waits a while for the farewell of whoever hangs on a frozen wire.
      yield* Effect.addFinalizer(() => Effect.sync(wire.thaw))
      wire.freeze()
      const millis = yield* passUntil(() => agent.adoptions.length === 2, 20_000)
      assert.deepStrictEqual(agent.adoptions[1], `host ${runner.url} 1`)
      assert.isAtLeast(millis, Limits.agentDeadMillis - Limits.agentPingMillis)
      assert.isAtMost(millis, Limits.agentDeadMillis + 2 * Limits.agentPingMillis)
      yield* pass(2 * Limits.agentDeadMillis)
      assert.deepStrictEqual([agent.adoptions.length, isAttached(runner)], [2, true])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("that nobody hears comes back when the wire does", () =>
    Effect.gen(function*() {
      const { runner, start } = yield* oneHost
      const wire = yield* makeWire(runner.url)
      const agent = yield* start([wire.url])
      yield* until(() => agent.adoptions.length === 1)
      wire.freeze()
      yield* passUntil(() => !isAttached(runner), 10_000)
      yield* pass(5_000)
      wire.thaw()
      yield* passUntil(() => agent.adoptions.length === 2, 20_000)
      assert.isTrue(isAttached(runner))
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("does not obey what does not know its host's credential", () =>
    Effect.gen(function*() {
      const { fleet, runner, start } = yield* oneHost
      const impostor = yield* startImpostor(runner.url)
      yield* start([impostor.url])
      yield* passUntil(() => impostor.attachments() >= 2, 20_000)
      assert.isAtLeast(impostor.attachments(), 2)
      assert.deepStrictEqual(yield* fleet.driver("host")!.list, [])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("refuses a control plane that was rolled back, after its own restart too, unless it is told to accept the loss", () =>
    Effect.gen(function*() {
      const { fleet, folder, runner, start, tokens, world } = yield* oneHost
      const at = (position: number) => ({ cloudId: "cloud", timeline: 1, position })
      world.territory.highWater = at(100)
      const first = yield* start([runner.url])
      yield* until(() => first.adoptions.length === 1)
      yield* first.stop
      world.territory.highWater = at(99)
      const second = yield* start([runner.url])
      yield* pass(5_000)
      assert.deepStrictEqual(second.adoptions, [])
      yield* second.stop
      const third = yield* startAgent(fleet, { control: [runner.url], tokens, folder, acceptLoss: true })
      yield* passUntil(() => third.adoptions.length === 1, 5_000)
      assert.strictEqual(third.adoptions.length, 1)
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})

describe("whether a host is up", () => {
  const stateOf = (runner: Runner) => runner.records.get(agentStates, "host")

  it.effect("is one word for all runners, written by the one that owns the host", () =>
    Effect.gen(function*() {
      const { runner, start, world } = yield* oneHost
      const second = yield* startRunner(world, "second")
      assert.deepStrictEqual([isUp(runner), isUp(second)], [false, false])
      const agent = yield* start([runner.url])
      yield* passUntil(() => isUp(second), 1_000)
      assert.deepStrictEqual([isUp(runner), isUp(second), stateOf(second)?.runner], [true, true, "runner/first"])
      yield* agent.stop
      yield* pass(Limits.agentGraceMillis - 1_000)
      assert.deepStrictEqual([isUp(runner), isUp(second)], [true, true])
      yield* pass(3_000)
      assert.deepStrictEqual([isUp(runner), isUp(second)], [false, false])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("is found out by a new owner, whose agent does not come", () =>
    Effect.gen(function*() {
      const { runner, start, world } = yield* oneHost
      const second = yield* startRunner(world, "second")
      const agent = yield* start([runner.url])
      yield* passUntil(() => isUp(second), 1_000)
      yield* agent.stop
      world.territory.give("host", "second")
      yield* pass(Limits.agentGraceMillis + 2_000)
      assert.deepInclude(stateOf(runner), { isUp: false, runner: "runner/second" })
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("of a hundred hosts that come at once costs three runners few commits", () =>
    Effect.gen(function*() {
      const world: World = yield* makeWorld
      const runners = [yield* startRunner(world), yield* startRunner(world, "second"), yield* startRunner(world, "third")]
      const names = Array.from({ length: 100 }, (_, index) => `host-${index}`)
      for (const [index, name] of names.entries()) world.territory.give(name, ["first", "second", "third"][index % 3]!)
      const tokens = yield* tokensFor(runners[0]!, names)
      const { fleet } = yield* hypervisors(names)
      let commits = 0
      yield* world.journal.project((entries) => {
        if (entries.some(({ stream }) => stream.type === "agentState")) commits += 1
      })
      yield* startAgent(fleet, { control: runners.map(({ url }) => url), tokens, folder: yield* tempFolder })
      yield* passUntil(() => names.every((name) => runners[0]!.fleet.isUp(name)), 20_000)
      assert.isTrue(names.every((name) => runners[1]!.fleet.isUp(name)))
      assert.strictEqual(runners.reduce((sum, { fleet: { hosts } }) => sum + hosts.length, 0), 100)
      assert.isAtMost(commits, 30)
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})

describe("arrivals", () => {
  it.effect("tell of a host each time its agent comes", () =>
    Effect.gen(function*() {
      const { runner, start } = yield* oneHost
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(runner.fleet.arrivals, 2)), { startImmediately: true })
      yield* (yield* start([runner.url])).stop.pipe(Effect.delay(0), (stop) => Effect.andThen(until(() => isAttached(runner)), stop))
      yield* until(() => !isAttached(runner))
      yield* start([runner.url])
      assert.deepStrictEqual(yield* Fiber.join(heard), ["host", "host"])
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})
