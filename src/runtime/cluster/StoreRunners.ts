/** effect/cluster's `RunnerStorage` on the store: members by lease, shards by lock, each lock with an epoch. */
import { Effect, Layer, Schema } from "effect"
import { MachineId, Runner, RunnerHealth, RunnerStorage, ShardId } from "effect/cluster"
import { PersistenceError } from "effect/cluster/ClusterError"
import { Store, type StoreUnavailable } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { type About, aboutOf, readAbout } from "./about.ts"
import { Membership } from "./Membership.ts"
import { makeMeter } from "./metrics.ts"
import { Vigil } from "./Vigil.ts"

const persistence = Effect.mapError((cause: StoreUnavailable) => new PersistenceError({ cause }))

/** Another release may say of itself what this one cannot read: it is a member all the same, for itself. */
const runnerOf = (about: About): ReadonlyArray<Runner.Runner> => {
  const decoded = Schema.decodeUnknownOption(Runner.Runner)(about.runner)
  return decoded._tag === "Some" ? [decoded.value] : []
}

/** What the runner says of itself beside what effect/cluster does. */
export type Self = Omit<About, "runner">

const make = (about: Self) => Effect.gen(function*() {
  const store = yield* Store
  const members = yield* Membership
  const { address } = members
  const meter = yield* makeMeter
  const vigil = new Vigil()
  /** Members have changed last because one was given up. */
  let isFailover = false
  /** Locks asked for and not answered, and how many were ever asked for. */
  const asking = { open: 0, begun: 0 }
  const epoch = () => members.session?.epoch ?? -1
  const texts = (shards: Iterable<ShardId.ShardId>) => Array.from(shards, (shard) => shard.toString())

  return RunnerStorage.RunnerStorage.of({
    register: (runner, isHealthy) =>
      persistence(store.register({
        address,
        about: aboutOf({ ...about, runner: Schema.encodeSync(Runner.Runner)(runner) }),
        isHealthy: isHealthy && !members.isDrained,
        leaseMillis: Limits.leaseMillis
      })).pipe(
        Effect.tap((joined) => Effect.sync(() => members.joined(joined.epoch))),
        Effect.map(({ machineId }) => MachineId.make(machineId))
      ),
    unregister: () =>
      Effect.andThen(Effect.sync(() => members.left()), persistence(store.unregister(address))),
    getRunners: Effect.map(persistence(store.runners), (rows) => {
      const seen = vigil.look(rows, meter.now())
      if (seen !== "same") isFailover = seen === "givenUp"
      members.isDrained = rows.find((row) => row.address === address)?.isHealthy === false
      members.saw(rows.map((row) => `${row.address}/${row.epoch}`))
      return rows.flatMap((row) => runnerOf(readAbout(row.about)).map((runner) => [runner, row.isHealthy] as const))
    }).pipe(Effect.map((rows) => [...rows])),
    setRunnerHealth: (of, isHealthy) => persistence(store.setHealth(`${of.host}:${of.port}`, isHealthy)),
    acquire: (_, shards) =>
      Effect.suspend(() => {
        asking.begun++
        asking.open++
        return Effect.map(persistence(store.lock(address, epoch(), texts(shards))), (fences) => {
          members.acquired(fences)
          if (isFailover) meter.failedOver(fences.length)
          return fences.map(({ shard }) => ShardId.fromString(shard))
        })
      }).pipe(Effect.ensuring(Effect.sync(() => asking.open--))),
    // Without a word about a shard it may not go on; without a membership, about none.
    refresh: () =>
      Effect.suspend(() => {
        const { begun, open } = asking
        return Effect.flatMap(persistence(store.refresh(address, epoch(), Limits.leaseMillis)), (held) => {
          if (held === null) members.left()
          const kept = new Set(held ?? [])
          members.lost([...members.shards].filter((shard) => !kept.has(shard)))
          // A lock whose answer was lost: nobody here knows of it, and it would keep everybody else out.
          const isQuiet = open === 0 && asking.open === 0 && asking.begun === begun
          const mine = new Set(members.shards)
          const forgotten = isQuiet ? [...kept].filter((shard) => !mine.has(shard)) : []
          const known = [...mine].map(ShardId.fromString)
          return forgotten.length === 0 ? Effect.succeed(known) : Effect.as(Effect.ignore(store.unlock(address, forgotten)), known)
        })
      }),
    release: (_, shard) =>
      Effect.andThen(
        Effect.sync(() => members.lost([shard.toString()])),
        persistence(store.unlock(address, [shard.toString()]))
      ),
    releaseAll: () =>
      Effect.andThen(Effect.sync(() => members.lost([...members.shards])), persistence(store.unlock(address, null)))
  })
})

/**
 * A member is alive while its lease is in force; whether it should have shards is the operator's word, which is in the
 * store: effect/cluster's own look at the members' health leaves it as it is.
 */
export const health = Layer.effect(RunnerHealth.RunnerHealth, Effect.map(Store, (store) =>
  RunnerHealth.RunnerHealth.of({
    isAlive: ({ host, port }) =>
      Effect.orDie(Effect.map(store.runners, (rows) => rows.find((row) => row.address === `${host}:${port}`)?.isHealthy ?? true))
  })))

export const layer = (about: Self) => Layer.effect(RunnerStorage.RunnerStorage, make(about))
