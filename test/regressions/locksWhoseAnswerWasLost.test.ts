/** A runner whose lock was granted and never heard of it kept the shard from everybody for as long as it lived. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { Runner, RunnerAddress, RunnerStorage, ShardId } from "effect/cluster"
import { Membership } from "../../src/runtime/cluster/Membership.ts"
import * as StoreRunners from "../../src/runtime/cluster/StoreRunners.ts"
import { Store, StoreUnavailable } from "../../src/runtime/kernel/Store.ts"
import * as modelStore from "../sim/store/modelStore.ts"

const about = { release: "test", format: 1, apiUrl: null, controlUrl: null }
const shard = ShardId.make("default", 7)

const runnerOn = (store: Store["Service"], port: number) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(StoreRunners.layer(about).pipe(
      Layer.provide(Membership.layer(`runner:${port}`)), Layer.provide(Layer.succeed(Store, store))
    ))
    const runners = Context.get(context, RunnerStorage.RunnerStorage)
    const address = RunnerAddress.make("runner", port)
    yield* runners.register(Runner.make({ address, groups: ["default"], weight: 1 }), true)
    return { acquire: runners.acquire(address, [shard]), refresh: runners.refresh(address, []) }
  })

describe("a lock whose answer was lost", () => {
  it.effect("is given back at the next refresh, so that another runner gets it", () =>
    Effect.gen(function*() {
      const store = Context.get(yield* Layer.build(modelStore.layer), Store)
      const deaf = yield* runnerOn({
        ...store,
        lock: (...asked) => Effect.andThen(store.lock(...asked), Effect.fail(new StoreUnavailable({ operation: "lock", cause: "lost" })))
      }, 1)
      const other = yield* runnerOn(store, 2)
      yield* Effect.flip(deaf.acquire)
      assert.deepStrictEqual(yield* other.acquire, [])
      assert.deepStrictEqual(yield* deaf.refresh, [])
      assert.deepStrictEqual((yield* other.acquire).map(String), [shard.toString()])
      assert.deepStrictEqual((yield* other.refresh).map(String), [shard.toString()])
    }))
})
