/** What every driver must do: one suite, run over each of them. Real guests need time, so nothing here counts on it. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schedule, Stream } from "effect"
import type { Scope } from "effect"
import type { Call, DomainEvent, DomainSpec, Driver, DriverError, PowerState } from "../../src/drivers/Driver.ts"

/** A hypervisor to test, and how to see what the driver itself does not tell. */
export interface Subject {
  readonly driver: Driver
  /** The description of a server nobody has made yet; every call gives another id. */
  readonly spec: () => DomainSpec
  /** A text the guest is sure to print on its serial console while it boots. */
  readonly printed: (spec: DomainSpec) => string
  /** Makes the guest power itself off or crash, without any call of the driver; absent: the test is skipped. */
  readonly powerOffFromWithin?: (spec: DomainSpec) => Effect.Effect<void, unknown>
  /** Files and domains that are still there of a server that was destroyed, by name. */
  readonly leftovers?: (spec: DomainSpec) => Effect.Effect<ReadonlyArray<string>, unknown>
}

export interface Options {
  /** How long a guest may need to boot, to print, or to notice; zero: everything is instant. */
  readonly settle: Duration.Input
  /** How long a guest is asked to stop before its power is cut. */
  readonly grace?: Duration.Input
  /** Gets `describe` of suites that need something the machine may lack (`requires` of fixtures). */
  readonly describe?: (name: string, suite: () => void) => void
  /** Of one test; real guests take longer than the runner's default. */
  readonly timeoutMillis?: number
  readonly skip?: ReadonlyArray<"powerOffFromWithin" | "suspend">
}

class NotYet extends Error {}

const unknownId = "00000000-0000-4000-8000-00000000dead"

export const driverContract = <E>(
  name: string,
  make: Effect.Effect<Subject, E, Scope.Scope>,
  options: Options
): void => {
  const settle = Duration.fromInputUnsafe(options.settle)
  const grace = Duration.fromInputUnsafe(options.grace ?? settle)
  const every = Schedule.spaced("100 millis")

  /** Repeats the look until it passes; the last failure is the test's. */
  const eventually = <A, F>(look: Effect.Effect<A, F>, passes: (a: A) => boolean, what: string) =>
    Effect.flatMap(look, (value) =>
      passes(value) ? Effect.succeed(value) : Effect.fail(new NotYet(`${what}, not ${JSON.stringify(value)}`))
    ).pipe(Effect.retry({ schedule: every, times: Math.ceil(Duration.toMillis(settle) / 100) }))

  const powerOf = (driver: Driver, id: string) =>
    Effect.map(driver.list, (domains) => domains.find((domain) => domain.id === id)?.power)
  const becomes = (driver: Driver, id: string, power: PowerState | undefined) =>
    eventually(powerOf(driver, id), (found) => found === power, `${id} should be ${power}`)

  /** One server, running; gone when the test ends, whatever happened to it. */
  const withGuest = (
    body: (subject: Subject, spec: DomainSpec, call: Call) => Effect.Effect<void, unknown, Scope.Scope>
  ) =>
    Effect.gen(function*() {
      const subject = yield* make
      const spec = subject.spec()
      const call = { epoch: 1 }
      yield* Effect.addFinalizer(() => Effect.ignore(subject.driver.destroy(spec.id, { epoch: 1_000 })))
      yield* subject.driver.spawn(spec, call)
      yield* becomes(subject.driver, spec.id, "running")
      yield* body(subject, spec, call)
    }).pipe(Effect.scoped)

  const test = (title: string, body: Effect.Effect<void, unknown>) =>
    it.live(title, () => body, options.timeoutMillis ?? 30_000)
  const testUnless = (what: NonNullable<Options["skip"]>[number], title: string, body: Effect.Effect<void, unknown>) =>
    options.skip?.includes(what)
      ? it.skip(`${title} (this driver cannot: ${what})`, () => {})
      : test(title, body)

  const suite = () => {
    test(
      "the inventory adds up",
      Effect.gen(function*() {
        const { driver } = yield* make
        const { cores, memoryMb, numa, vcpus } = yield* driver.inventory
        assert.strictEqual(numa.flatMap(({ cpus }) => cpus).length, vcpus)
        assert.sameMembers(cores.flatMap(({ cpus }) => [...cpus]), numa.flatMap(({ cpus }) => [...cpus]))
        assert.isAtMost(numa.reduce((sum, node) => sum + node.memoryMb, 0), memoryMb)
        assert.isAbove(memoryMb, 0)
      }).pipe(Effect.scoped)
    )

    test(
      "a spawned server runs and is listed once, however often it is spawned",
      withGuest(({ driver }, spec, call) =>
        Effect.gen(function*() {
          yield* driver.spawn(spec, call)
          const found = (yield* driver.list).filter(({ id }) => id === spec.id)
          assert.deepStrictEqual(found, [{ id: spec.id, power: "running" }])
        })
      )
    )

    test(
      "destroy leaves nothing, and may be repeated",
      withGuest(({ driver, leftovers }, spec, call) =>
        Effect.gen(function*() {
          yield* driver.destroy(spec.id, call)
          assert.isUndefined(yield* powerOf(driver, spec.id))
          if (leftovers !== undefined) assert.deepStrictEqual(yield* leftovers(spec), [])
          yield* driver.destroy(spec.id, call)
          yield* driver.spawn(spec, call)
          yield* becomes(driver, spec.id, "running")
        })
      )
    )

    test(
      "destroy takes a server that is off, and one that is paused",
      withGuest(({ driver }, spec, call) =>
        Effect.gen(function*() {
          yield* driver.powerOff(spec.id, Duration.zero, call)
          yield* driver.destroy(spec.id, call)
          assert.isUndefined(yield* powerOf(driver, spec.id))
          yield* driver.spawn(spec, call)
          if (driver.capabilities.pause) yield* driver.pause(spec.id, call)
          yield* driver.destroy(spec.id, call)
          assert.isUndefined(yield* powerOf(driver, spec.id))
        })
      )
    )

    /** There, there again, and back: each call twice. */
    const roundTrip = (
      title: string,
      away: (driver: Driver, spec: DomainSpec, call: Call) => Effect.Effect<void, DriverError>,
      power: PowerState,
      back: (driver: Driver, spec: DomainSpec, call: Call) => Effect.Effect<void, DriverError>
    ) =>
      [
        title,
        withGuest(({ driver }, spec, call) =>
          Effect.gen(function*() {
            for (const [step, expected] of [[away, power], [back, "running"]] as const) {
              yield* step(driver, spec, call)
              yield* becomes(driver, spec.id, expected)
              yield* step(driver, spec, call)
              yield* becomes(driver, spec.id, expected)
            }
          })
        )
      ] as const

    test(...roundTrip(
      "off and on, each may be repeated",
      (driver, { id }, call) => driver.powerOff(id, grace, call),
      "shutdown",
      (driver, spec, call) => driver.powerOn(spec, call)
    ))
    test(...roundTrip(
      "off without grace, and on by a hard reboot",
      (driver, { id }, call) => driver.powerOff(id, Duration.zero, call),
      "shutdown",
      (driver, spec, call) => driver.reboot(spec, "hard", call)
    ))
    test(...roundTrip(
      "pause and unpause, each may be repeated",
      (driver, { id }, call) => driver.pause(id, call),
      "paused",
      (driver, { id }, call) => driver.unpause(id, call)
    ))
    testUnless("suspend", ...roundTrip(
      "suspend and resume, each may be repeated",
      (driver, { id }, call) => driver.suspend(id, call),
      "suspended",
      (driver, spec, call) => driver.resume(spec, call)
    ))

    for (const kind of ["soft", "hard"] as const) {
      test(
        `a ${kind} reboot ends with a running server`,
        withGuest(({ driver }, spec, call) =>
          Effect.andThen(driver.reboot(spec, kind, call), becomes(driver, spec.id, "running"))
        )
      )
    }

    test(
      "spawn finishes what an earlier spawn left half-done",
      withGuest(({ driver }, spec, call) =>
        Effect.gen(function*() {
          yield* driver.powerOff(spec.id, Duration.zero, call)
          yield* driver.spawn(spec, call)
          yield* becomes(driver, spec.id, "running")
        })
      )
    )

    test(
      "a server that is off cannot be paused, and says so",
      withGuest(({ driver }, spec, call) =>
        Effect.gen(function*() {
          yield* driver.powerOff(spec.id, Duration.zero, call)
          const error = yield* Effect.flip(driver.pause(spec.id, call))
          assert.strictEqual(error._tag, "DriverError")
          assert.strictEqual(yield* powerOf(driver, spec.id), "shutdown")
        })
      )
    )

    test(
      "an unknown server: destroy succeeds, everything else fails and makes nothing",
      Effect.gen(function*() {
        const { driver, spec } = yield* make
        const unknown = { ...spec(), id: unknownId }
        const call = { epoch: 1 }
        yield* driver.destroy(unknownId, call)
        const calls: ReadonlyArray<readonly [string, Effect.Effect<unknown, DriverError>]> = [
          ["powerOff", driver.powerOff(unknownId, Duration.zero, call)],
          ["pause", driver.pause(unknownId, call)],
          ["unpause", driver.unpause(unknownId, call)],
          ["suspend", driver.suspend(unknownId, call)],
          ["powerOn", driver.powerOn(unknown, call)],
          ["reboot", driver.reboot(unknown, "hard", call)],
          ["resume", driver.resume(unknown, call)],
          ["consoleLog", driver.consoleLog(unknownId)]
        ]
        for (const [operation, effect] of calls) {
          const error = yield* Effect.flip(effect)
          assert.strictEqual(error._tag, "DriverError", operation)
        }
        assert.isUndefined(yield* powerOf(driver, unknownId))
      }).pipe(Effect.scoped)
    )

    test(
      "an older epoch is refused and changes nothing; the newest and a newer one are not",
      withGuest(({ driver }, spec) =>
        Effect.gen(function*() {
          yield* driver.spawn(spec, { epoch: 7 })
          const stale = { epoch: 6 }
          const other = { ...spec, id: unknownId }
          const calls = [
            driver.destroy(spec.id, stale),
            driver.powerOff(spec.id, Duration.zero, stale),
            driver.reboot(spec, "hard", stale),
            driver.spawn(other, stale)
          ]
          for (const effect of calls) assert.isFalse((yield* Effect.flip(effect)).isRetryable)
          assert.strictEqual(yield* powerOf(driver, spec.id), "running")
          assert.isUndefined(yield* powerOf(driver, unknownId))
          yield* driver.powerOff(spec.id, Duration.zero, { epoch: 7 })
          yield* driver.powerOn(spec, { epoch: 8 })
          assert.isFalse((yield* Effect.flip(driver.powerOff(spec.id, Duration.zero, { epoch: 7 }))).isRetryable)
        })
      )
    )

    test(
      "two servers do not touch each other",
      withGuest((subject, spec, call) =>
        Effect.gen(function*() {
          const { driver } = subject
          const second = subject.spec()
          yield* Effect.addFinalizer(() => Effect.ignore(driver.destroy(second.id, call)))
          yield* driver.spawn(second, call)
          yield* driver.powerOff(spec.id, Duration.zero, call)
          yield* becomes(driver, second.id, "running")
          yield* driver.destroy(spec.id, call)
          yield* becomes(driver, second.id, "running")
        })
      )
    )

    test(
      "the console holds what the guest printed",
      withGuest(({ driver, printed }, spec) =>
        eventually(driver.consoleLog(spec.id), (text) => text.includes(printed(spec)), `should hold ${printed(spec)}`)
      )
    )

    testUnless(
      "powerOffFromWithin",
      "a guest that goes off by itself is an event, and listed so",
      withGuest(({ driver, powerOffFromWithin }, spec) =>
        Effect.gen(function*() {
          const isOff = ({ id, power }: DomainEvent) => id === spec.id && (power === "shutdown" || power === "crashed")
          const events = yield* Effect.forkScoped(
            driver.events.pipe(Stream.filter(isOff), Stream.take(1), Stream.runCollect),
            { startImmediately: true }
          )
          yield* powerOffFromWithin!(spec)
          const [event] = yield* Fiber.join(events)
          assert.strictEqual(yield* powerOf(driver, spec.id), event!.power)
        })
      )
    )
  }
  if (options.describe !== undefined) options.describe(`${name} as a driver`, suite)
  else describe(`${name} as a driver`, suite)
}
