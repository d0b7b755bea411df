/** The agent of the hypervisors ends in the middle of many spawns. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { startCluster } from "../fixtures/cluster.ts"
import { describeRedis } from "../fixtures/redisServer.ts"
import { testMillisMax, underLoad } from "./scenario.ts"

describeRedis("kill -9 of the agent in the middle of spawns", () => {
  it.live("every build ends with one guest, once the agent is back", () =>
    Effect.gen(function*() {
      const cluster = yield* startCluster({ spawnMillis: 300 })
      const scenario = yield* underLoad("agent killed", cluster)
      for (const _ of [1, 2]) {
        yield* Effect.sleep("3 seconds")
        yield* cluster.agent.kill
        yield* Effect.sleep("1 second")
        yield* cluster.agent.start()
      }
      yield* Effect.sleep("3 seconds")
      const { evidence, ledger } = yield* scenario.conclude()
      assert.deepStrictEqual(ledger.failures, [])
      assert.deepStrictEqual(evidence.servers.filter(({ vmState }) => vmState === "error"), [])
    }), testMillisMax)
})
