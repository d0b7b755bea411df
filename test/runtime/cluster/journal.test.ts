/** The journal of several processes keeps the promises of every journal, on a real Redis. */
import { Effect, Layer } from "effect"
import * as ClusterJournal from "../../../src/runtime/cluster/ClusterJournal.ts"
import * as Doom from "../../../src/runtime/cluster/Doom.ts"
import * as RedisStore from "../../../src/runtime/redis/RedisStore.ts"
import { describeRedis, redisServer } from "../../fixtures/redisServer.ts"
import { journalContract } from "../journalContract.ts"

const doom = Layer.effect(Doom.Doom, Doom.make)

describeRedis("on Redis", () => {
  journalContract("the cluster's", {
    isLive: true,
    fresh: () =>
      ClusterJournal.layer.pipe(
        Layer.provide([Layer.unwrap(Effect.map(redisServer(), ({ url }) => RedisStore.layer({ url }))), doom])
      )
  })
})
