/** The store itself ends and comes back: nothing acknowledged is lost, and nobody has to be told. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { startCluster } from "../fixtures/cluster.ts"
import { describeRedis } from "../fixtures/redisServer.ts"
import { eventually, testMillisMax, underLoad } from "./scenario.ts"

const awayMillis = 2_500
const goesOnMillisMax = 5_000

describeRedis("kill -9 of Redis under load", () => {
  it.live("keeps what was acknowledged, and everything goes on by itself", () =>
    Effect.gen(function*() {
      const cluster = yield* startCluster()
      const scenario = yield* underLoad("Redis killed", cluster)
      const { load } = scenario
      yield* Effect.sleep("3 seconds")
      yield* cluster.redis.kill()
      yield* Effect.sleep(awayMillis)
      yield* cluster.redis.restart
      const backAt = load.nowMillis()
      yield* eventually("a server is made again", Effect.sync(() => (load.ledger.createdAtMillis.at(-1) ?? 0) > backAt), goesOnMillisMax)
      const goesOnMillis = load.nowMillis() - backAt
      yield* Effect.sleep("5 seconds")
      const { evidence, ledger } = yield* scenario.conclude()
      console.log(`  the first server was made ${(goesOnMillis / 1000).toFixed(2)} s after Redis was back`)
      assert.deepStrictEqual(ledger.failures.filter(({ why }) => !why.startsWith("503")), [])
      assert.deepStrictEqual(evidence.servers.filter(({ vmState }) => vmState === "error"), [])
    }), testMillisMax)
})
