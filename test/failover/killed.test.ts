/** Runners that end without a word: what they had promised is kept by the others, within seconds. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { startCluster } from "../fixtures/cluster.ts"
import { describeRedis } from "../fixtures/redisServer.ts"
import { busiest, testMillisMax, underLoad } from "./scenario.ts"

const answeredAgainMillisMax = 4_000

describeRedis("kill -9 of one of three runners under load", () => {
  it.live("loses no acknowledged server, and its actors answer again within seconds", () =>
    Effect.gen(function*() {
      const cluster = yield* startCluster()
      // So that the requests that were held up meanwhile compete for the last places of the quota.
      const scenario = yield* underLoad("kill -9", cluster, { quota: 200 })
      const dead = yield* busiest(scenario)
      yield* Effect.sleep("4 seconds")
      yield* dead.kill
      yield* Effect.sleep("8 seconds")
      const { evidence } = yield* scenario.conclude(cluster.runners.filter((runner) => runner !== dead))
      const gapMillis = scenario.probes.gapOf(dead.address)
      console.log(`  longest gap of an entity of the dead runner ${(gapMillis / 1000).toFixed(2)} s`)
      assert.isAbove(gapMillis, 0)
      assert.isBelow(gapMillis, answeredAgainMillisMax)
      assert.deepStrictEqual(evidence.servers.filter(({ vmState }) => vmState === "error"), [])
    }), testMillisMax)
})
