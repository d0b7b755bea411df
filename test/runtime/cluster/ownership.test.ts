/** Membership on a real Redis: who was given up by the others changes nothing any more. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { EntityId, MessageStorage, Runner, RunnerAddress, RunnerHealth, Runners, RunnerStorage, Sharding, ShardId, ShardingConfig } from "effect/cluster"
import { flavors } from "../../../src/actors/catalog/Flavor.ts"
import { standardFlavors } from "../../../src/actors/catalog/standardFlavors.ts"
import * as ClusterJournal from "../../../src/runtime/cluster/ClusterJournal.ts"
import * as ClusterOwnership from "../../../src/runtime/cluster/ClusterOwnership.ts"
import { config } from "../../../src/runtime/cluster/ClusterSharding.ts"
import * as Doom from "../../../src/runtime/cluster/Doom.ts"
import { Membership } from "../../../src/runtime/cluster/Membership.ts"
import * as StoreRunners from "../../../src/runtime/cluster/StoreRunners.ts"
import { Ownership } from "../../../src/runtime/kernel/Ownership.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import * as RedisStore from "../../../src/runtime/redis/RedisStore.ts"
import { describeRedis, redisServer, until } from "../../fixtures/redisServer.ts"

const self = { release: "test", format: 1, apiUrl: null, controlUrl: null }
const runnerOf = (port: number) =>
  new Runner.Runner({ address: RunnerAddress.make("127.0.0.1", port), groups: ["default"], weight: 1 })

/** A process of a cluster, without its actors. */
const process = (url: string, port: number) =>
  Layer.build(Layer.fresh(
    Layer.mergeAll(RecordsIndex.layer, StoreRunners.layer(self)).pipe(
      Layer.provideMerge(ClusterOwnership.layer),
      Layer.provideMerge(ClusterJournal.layer),
      Layer.provideMerge(Membership.layer(`127.0.0.1:${port}`)),
      Layer.provide([RedisStore.layer({ url }), Layer.effect(Doom.Doom, Doom.make)])
    )
  ))
type Process = Effect.Success<ReturnType<typeof process>>

const register = (process: Process, port: number) => Context.get(process, RunnerStorage.RunnerStorage).register(runnerOf(port), true)
const write = (process: Process, at: number) =>
  Context.get(process, Records).write([{ table: flavors, put: standardFlavors[at]!("2026-01-01T00:00:00.000Z"), expect: "absent" }])

describe("shards", () => {
  it.effect("are numbered as effect/cluster numbers them", () =>
    Effect.gen(function*() {
      const sharding = yield* Sharding.Sharding
      for (const id of ["conductor-3", "cell1", "sim-0042", "b5c0a1c2-6d0e-4b55-9a2d-0d6f5d2a8f11", "é星"]) {
        assert.strictEqual(ClusterOwnership.shardOf(id), sharding.getShardId(EntityId.make(id), "default").toString())
      }
    }).pipe(Effect.provide(Sharding.layer.pipe(
      Layer.provide([Runners.layerNoop, MessageStorage.layerNoop, RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
      Layer.provide(MessageStorage.layerNoop),
      Layer.provide(ShardingConfig.layer(config({ host: "127.0.0.1", port: 1 })))
    ))))
})

describeRedis("members", () => {
  it.live("hold shards under epochs that others can look up", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      const [a, b] = [yield* process(url, 1), yield* process(url, 2)]
      yield* register(a, 1)
      yield* register(b, 2)
      const shard = ClusterOwnership.shardOf("cell1")
      yield* Context.get(a, RunnerStorage.RunnerStorage).acquire(RunnerAddress.make("127.0.0.1", 1), [ShardId.fromString(shard)])
      assert.strictEqual(Context.get(a, Ownership).epochOf(shard), 1)
      assert.strictEqual(Context.get(b, Ownership).epochOf(shard), -1)
      const locate = (process: Process) => Context.get(process, Ownership).locate("Scheduler", "cell1")
      assert.deepStrictEqual([(yield* locate(a))?.isHere, (yield* locate(b))?.isHere], [true, false])
    }).pipe(Effect.scoped))

  it.live("that were silent for longer than their lease write nothing more, until they are members again", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      const [a, b] = [yield* process(url, 1), yield* process(url, 2)]
      yield* register(a, 1)
      yield* write(a, 0)
      const storage = Context.get(b, RunnerStorage.RunnerStorage)
      yield* register(b, 2)
      const refresh = storage.refresh(RunnerAddress.make("127.0.0.1", 2), [])
      yield* until(Effect.andThen(refresh, Effect.map(storage.getRunners, (runners) => runners.length === 1)))
      const refused = yield* Effect.flip(write(a, 1))
      assert.strictEqual(refused._tag, "JournalUnavailable")
      assert.strictEqual(Context.get(b, Records).size(flavors), 1)
      yield* register(a, 1)
      yield* write(a, 1)
    }).pipe(Effect.scoped), 4 * Limits.leaseMillis)
})
