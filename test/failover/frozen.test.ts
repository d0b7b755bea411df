/** A runner that stands still for longer than its lease, and goes on as if nothing had happened. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { shardOf } from "../../src/runtime/cluster/ClusterOwnership.ts"
import type { Store } from "../../src/runtime/kernel/Store.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { startCluster } from "../fixtures/cluster.ts"
import type { Runner } from "../fixtures/cluster.ts"
import { describeRedis } from "../fixtures/redisServer.ts"
import type { Evidence } from "./evidence.ts"
import { isAnswer } from "./front.ts"
import { busiest, eventually, testMillisMax, underLoad } from "./scenario.ts"

const leases = 3

const memberEpoch = (store: Store["Service"], { address }: Runner) =>
  Effect.map(store.runners, (members) => members.find((one) => one.address === address)?.epoch ?? null)

/** Who wrote last, up to that position, to the servers of these shards. */
const writersOf = ({ feed }: Evidence, shards: ReadonlySet<string>, until: number): ReadonlySet<string> =>
  new Set(feed.filter(({ id, position, type }) => type === "Instance" && position <= until && shards.has(shardOf(id))).map(({ writer }) => writer))

describeRedis("SIGSTOP of a runner for three leases, then SIGCONT, under load", () => {
  it.live("it changes nothing under its old epochs, and serves again as a new member", () =>
    Effect.gen(function*() {
      const cluster = yield* startCluster()
      const scenario = yield* underLoad("SIGSTOP", cluster)
      const { front, store } = scenario
      const frozen = yield* busiest(scenario)
      const all = Array.from({ length: Limits.clusterShards }, (_, index) => `default:${index + 1}`)
      yield* Effect.sleep("3 seconds")
      const holders = yield* store.holders(all)
      const own = new Set(all.filter((_, index) => holders[index] === frozen.address))
      yield* frozen.stop
      const stoppedAt = (yield* store.head).position
      yield* eventually("it is given up", Effect.map(memberEpoch(store, frozen), (epoch) => epoch === null))
      const lostAt = (yield* store.head).position
      yield* Effect.sleep(leases * Limits.leaseMillis - Limits.leaseMillis)
      yield* frozen.cont
      yield* eventually("it is a member again", Effect.map(memberEpoch(store, frozen), (epoch) => epoch !== null))
      const backAt = (yield* store.head).position
      yield* eventually("it owns shards again", Effect.map(store.holders(all), (now) => now.includes(frozen.address)))
      yield* eventually("it is ready", Effect.sync(() => front.isReady(frozen)))
      const { outcome } = yield* Effect.promise(() => front.send({ method: "GET", path: "/compute/v2.1/servers?limit=1" }, frozen))
      assert.isTrue(isAnswer(outcome) && outcome.status === 200, JSON.stringify(outcome))
      yield* Effect.sleep("2 seconds")
      const { evidence } = yield* scenario.conclude()
      const [writer, ...others] = writersOf(evidence, own, stoppedAt)
      assert.isDefined(writer)
      assert.isEmpty(others.filter((other) => other === writer))
      const late = evidence.feed.filter((entry) => entry.writer === writer && entry.position > lostAt && entry.position <= backAt)
      assert.deepStrictEqual(late.map(({ id, position, type }) => `${position} ${type} ${id}`), [])
      assert.isAbove(scenario.probes.gapOf(frozen.address), 0)
    }), testMillisMax)
})
