/** What every driver that moves guests must do: one suite, run over pairs of hosts. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schedule } from "effect"
import type { Scope } from "effect"
import type { Call, DomainSpec, Driver, PowerState } from "../../src/drivers/Driver.ts"

/** Two hosts, and servers that nobody has made yet. */
export interface Pair {
  readonly source: Driver
  readonly destination: Driver
  readonly spec: () => DomainSpec
}

interface Options {
  /** How long a guest may need to boot, or to be seen elsewhere; zero: everything is instant. */
  readonly settle: Duration.Input
  readonly describe?: (name: string, suite: () => void) => void
  readonly timeoutMillis?: number
  /** The guest goes to the other host with the word that it is there, not before. */
  readonly goesWhenFinished?: boolean
}

export const migrationContract = <E>(name: string, make: Effect.Effect<Pair, E, Scope.Scope>, options: Options): void => {
  const times = Math.ceil(Duration.toMillis(Duration.fromInputUnsafe(options.settle)) / 100)
  const powerOf = (driver: Driver, id: string) =>
    Effect.map(Effect.orDie(driver.list), (domains) => domains.find((domain) => domain.id === id)?.power)
  const becomes = (driver: Driver, id: string, power: PowerState | undefined) =>
    Effect.flatMap(powerOf(driver, id), (found) => found === power ? Effect.void : Effect.fail(`${id} should be ${power}, not ${found}`)).pipe(
      Effect.retry({ schedule: Schedule.spaced("100 millis"), times })
    )

  /** A guest that runs at the source; gone from both when the test ends. */
  const test = (title: string, body: (pair: Pair, spec: DomainSpec, call: Call) => Effect.Effect<void, unknown, Scope.Scope>) =>
    it.live(title, () =>
      Effect.gen(function*() {
        const pair = yield* make
        const spec = pair.spec()
        const call = { epoch: 1 }
        for (const driver of [pair.source, pair.destination]) {
          yield* Effect.addFinalizer(() => Effect.ignore(driver.destroy(spec.id, { epoch: 1_000 })))
        }
        yield* pair.source.spawn(spec, call)
        yield* becomes(pair.source, spec.id, "running")
        yield* body(pair, spec, call)
      }).pipe(Effect.scoped), options.timeoutMillis ?? 30_000)

  const send = ({ destination, source }: Pair, spec: DomainSpec, call: Call) =>
    Effect.flatMap(destination.prepareMigration(spec, null, call), (target) =>
      Effect.as(source.performMigration(spec, { target, copiesDisks: null }, call), target))

  const suite = () => {
    test("a guest that runs is elsewhere, and runs there; every step may be repeated", (pair, spec, call) =>
      Effect.gen(function*() {
        const { destination, source } = pair
        assert.isTrue(destination.capabilities.liveMigration)
        yield* destination.prepareMigration(spec, null, call)
        const target = yield* send(pair, spec, call)
        yield* source.performMigration(spec, { target, copiesDisks: null }, call)
        for (let round = 0; round < 2; round++) {
          yield* destination.finishMigration(spec, "running", call)
          yield* source.confirmMigration(spec.id, target, call)
        }
        yield* becomes(source, spec.id, undefined)
        yield* becomes(destination, spec.id, "running")
        // It is as any other guest there.
        yield* destination.powerOff(spec.id, Duration.zero, call)
        yield* destination.powerOn(spec, call)
        yield* becomes(destination, spec.id, "running")
      }))

    test("a paused guest is paused there", (pair, spec, call) =>
      Effect.gen(function*() {
        yield* pair.source.pause(spec.id, call)
        const target = yield* send(pair, spec, call)
        yield* pair.destination.finishMigration(spec, "paused", call)
        yield* pair.source.confirmMigration(spec.id, target, call)
        yield* becomes(pair.destination, spec.id, "paused")
        yield* pair.destination.unpause(spec.id, call)
        yield* becomes(pair.destination, spec.id, "running")
      }))

    test("a move that is given up leaves the guest where it was, and nothing where it was to be", ({ destination, source, spec: another }, spec, call) =>
      Effect.gen(function*() {
        yield* destination.prepareMigration(spec, null, call)
        for (let round = 0; round < 2; round++) {
          assert.isTrue(yield* source.abortMigration(spec.id, call))
          assert.isFalse(yield* destination.abortMigration(spec.id, call))
        }
        yield* becomes(source, spec.id, "running")
        yield* becomes(destination, spec.id, undefined)
        assert.strictEqual((yield* Effect.flip(destination.finishMigration(spec, "running", call)))._tag, "DriverError")
        assert.isFalse(yield* source.abortMigration(another().id, call))
      }))

    test("when all is sent, one host has the guest, and says so", ({ destination, source, ...pair }, spec, call) =>
      Effect.gen(function*() {
        yield* send({ destination, source, ...pair }, spec, call)
        const isAtSource = options.goesWhenFinished === true
        assert.strictEqual(yield* source.abortMigration(spec.id, call), isAtSource)
        assert.strictEqual(yield* destination.abortMigration(spec.id, call), !isAtSource)
        yield* becomes(isAtSource ? source : destination, spec.id, "running")
      }))

    test("a guest that is off does not move, and nobody makes one", (pair, spec, call) =>
      Effect.gen(function*() {
        yield* pair.source.powerOff(spec.id, Duration.zero, call)
        const error = yield* Effect.flip(send(pair, spec, call))
        assert.strictEqual(error._tag, "DriverError")
        assert.strictEqual(yield* powerOf(pair.source, spec.id), "shutdown")
        assert.isFalse(yield* pair.destination.abortMigration(spec.id, call))
      }))

    test("an older epoch moves nothing", (pair, spec) =>
      Effect.gen(function*() {
        const { destination, source } = pair
        const now = { epoch: 7 }
        const target = yield* destination.prepareMigration(spec, null, now)
        yield* source.abortMigration(spec.id, now)
        const stale = { epoch: 6 }
        const calls = [
          destination.prepareMigration(spec, null, stale), destination.finishMigration(spec, "running", stale), destination.abortMigration(spec.id, stale),
          source.performMigration(spec, { target, copiesDisks: null }, stale), source.confirmMigration(spec.id, target, stale),
          source.forceMigration(spec.id, stale)
        ]
        for (const effect of calls) assert.isFalse((yield* Effect.flip<unknown, { readonly isRetryable: boolean }, never>(effect)).isRetryable)
        assert.strictEqual(yield* powerOf(source, spec.id), "running")
      }))
  }
  if (options.describe !== undefined) options.describe(`${name} as drivers that move guests`, suite)
  else describe(`${name} as drivers that move guests`, suite)
}
