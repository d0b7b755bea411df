/** The Redis store keeps every promise of the port, on a real server. */
import { Effect, Layer } from "effect"
import { Store } from "../../../src/runtime/kernel/Store.ts"
import * as RedisStore from "../../../src/runtime/redis/RedisStore.ts"
import { describeRedis, redisServer, until } from "../../fixtures/redisServer.ts"
import { storeContract } from "../storeContract.ts"

describeRedis("a Redis server", () => {
  storeContract("Redis", {
    it: "live",
    fresh: () => Layer.unwrap(Effect.map(redisServer(), ({ url }) => RedisStore.layer({ url }))),
    elapse: (millis) =>
      Effect.gen(function*() {
        const store = yield* Store
        const { atMillis } = yield* store.head
        yield* until(Effect.map(store.head, (head) => head.atMillis > atMillis + millis))
      })
  })
})
