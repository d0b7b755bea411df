import { Effect, Layer } from "effect"
import { MessageStorage, RunnerHealth, Runners, RunnerStorage, Sharding, ShardingConfig } from "effect/cluster"
import { Journal } from "../kernel/Journal.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Limits } from "../Limits.ts"

const shard = "local"

/** One process owns everything, under this epoch of this shard. */
export const owningAll = (shard: string, epoch: number): Ownership["Service"] => ({
  shardOf: () => shard,
  epochOf: () => epoch,
  session: () => ({ shard, epoch }),
  watch: () => Effect.void,
  locate: () => Effect.succeed({ isHere: true, controlUrl: null }),
  highWater: Effect.succeed(null),
  controlUrls: Effect.succeed([])
})

/** One epoch, taken at the start, fences whatever process held the journal before. */
export const ownership = Layer.effect(Ownership, Effect.gen(function*() {
  const journal = yield* Journal
  return owningAll(shard, yield* Effect.orDie(journal.acquire(shard)))
}))

/**
 * Entities in this process alone: no network, no message storage (intent is in the journal), no serialization between
 * actors.
 */
export const layer = Sharding.layer.pipe(
  Layer.provideMerge(Runners.layerNoop),
  Layer.provideMerge(MessageStorage.layerNoop),
  Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
  Layer.provide(ShardingConfig.layer({
    shardsPerGroup: Limits.localShards,
    simulateRemoteSerialization: false,
    maxResidentEntities: Limits.residentEntitiesMax,
    entityMailboxCapacity: Limits.instanceMailboxMax,
    entityTerminationTimeout: Limits.entityStopMillis,
    sendRetryInterval: Limits.sendRetryMillis
  }))
)
