/** A runner that its clients and agents reach, and that reaches neither Redis nor the other runners. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { startCluster } from "../fixtures/cluster.ts"
import { redisServer } from "../fixtures/redisServer.ts"
import { isAnswer } from "./front.ts"
import type { Sent } from "./front.ts"
import { describeNetwork, makeNetwork } from "./network.ts"
import { busiest, eventually, testMillisMax, underLoad } from "./scenario.ts"

/** Longer than a request waits for the newest state, so that its end is seen. */
const cutMillis = 11_000
const answerMillisMax = 12_000

describeNetwork("a runner cut off from Redis and from the other runners, under load", () => {
  it.live("is replaced, answers 503 meanwhile, and serves again once it is healed", () =>
    Effect.gen(function*() {
      const network = yield* makeNetwork(3)
      const redis = yield* redisServer({ conf: ["bind 0.0.0.0", "protected-mode no"] })
      const cluster = yield* startCluster({ places: network.places, redis, redisUrl: `redis://${network.storeHost}:${redis.port}` })
      const scenario = yield* underLoad("partition", cluster)
      const { front, load } = scenario
      const lonely = yield* busiest(scenario)
      const index = cluster.runners.indexOf(lonely)
      yield* Effect.sleep("3 seconds")

      yield* network.cut(index)
      const asked: Array<Sent> = []
      const asking = yield* Effect.forkChild(Effect.forever(Effect.andThen(
        Effect.sync(() => void front.send({ method: "GET", path: "/compute/v2.1/servers?limit=1" }, lonely).then((sent) => asked.push(sent))),
        Effect.sleep(250)
      )))
      yield* Effect.sleep(cutMillis)
      yield* network.heal(index)
      const healedAt = load.nowMillis()
      yield* Fiber.interrupt(asking)

      const serves = Effect.promise(async () => {
        const { outcome } = await front.send({ method: "GET", path: "/compute/v2.1/servers?limit=1" }, lonely)
        return isAnswer(outcome) && outcome.status === 200
      })
      yield* eventually("it serves again", serves)
      const servesMillis = load.nowMillis() - healedAt
      yield* Effect.sleep("3 seconds")
      yield* scenario.conclude()

      const slowest = Math.max(...asked.map(({ tookMillis }) => tookMillis))
      const statuses = Object.groupBy(asked, ({ outcome }) => isAnswer(outcome) ? `${outcome.status}` : outcome.why)
      console.log(`  of the runner cut off: ${JSON.stringify(statuses, (_, value) => Array.isArray(value) ? value.length : value)}, ` +
        `slowest answer ${(slowest / 1000).toFixed(2)} s; it served ${(servesMillis / 1000).toFixed(2)} s after it was healed`)
      assert.isNotEmpty(asked)
      assert.deepStrictEqual(Object.keys(statuses).filter((status) => !["200", "503"].includes(status)), [])
      assert.isBelow(slowest, answerMillisMax)
    }), testMillisMax)
})
