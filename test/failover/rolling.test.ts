/** Runners that come and go on purpose: nobody who asks notices. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Limits } from "../../src/runtime/Limits.ts"
import { startCluster } from "../fixtures/cluster.ts"
import { describeRedis } from "../fixtures/redisServer.ts"
import { eventually, testMillisMax, underLoad } from "./scenario.ts"

/** So long that a front sees it even where a process gets no turn for a second; what reached nobody yet would be reset. */
const drainMillis = 3_000
const all = Array.from({ length: Limits.clusterShards }, (_, index) => `default:${index + 1}`)

describeRedis("a fourth runner that joins under load", () => {
  it.live("takes its share of the shards, and no request fails", () =>
    Effect.gen(function*() {
      const cluster = yield* startCluster()
      const fourth = yield* cluster.another
      const scenario = yield* underLoad("a fourth runner joins", cluster)
      const { front, store } = scenario
      yield* Effect.sleep("3 seconds")
      yield* fourth.start()
      front.add(fourth)
      yield* eventually("it owns shards", Effect.map(store.holders(all), (holders) => holders.filter((one) => one === fourth.address).length > 20))
      yield* Effect.sleep("4 seconds")
      const { ledger } = yield* scenario.conclude([...cluster.runners, fourth])
      assert.deepStrictEqual([...ledger.failures, ...scenario.probes.failures()], [])
    }), testMillisMax)
})

describeRedis("a rolling restart of all runners under load", () => {
  it.live("fails no request", () =>
    Effect.gen(function*() {
      const cluster = yield* startCluster({ runnerArgs: ["--drain-millis", `${drainMillis}`] })
      const scenario = yield* underLoad("rolling restart", cluster)
      const { front } = scenario
      yield* Effect.sleep("2 seconds")
      for (const runner of cluster.runners) {
        const startedAt = performance.now()
        const { code } = yield* runner.terminate
        assert.strictEqual(code, 0, `${runner.name} ended`)
        console.log(`  ${runner.name} ended within ${((performance.now() - startedAt) / 1000).toFixed(2)} s`)
        yield* runner.start()
        yield* eventually("it is ready", Effect.sync(() => front.isReady(runner)))
        yield* Effect.sleep("1 second")
      }
      const { evidence, ledger } = yield* scenario.conclude()
      assert.deepStrictEqual([...ledger.failures, ...scenario.probes.failures()], [])
      assert.deepStrictEqual(evidence.servers.filter(({ vmState }) => vmState === "error"), [])
    }), testMillisMax)
})
