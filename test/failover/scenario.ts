/** What the failover tests share: a cluster under load, and the end in which everything must be well. */
import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { Scope } from "effect"
import { shardOf } from "../../src/runtime/cluster/ClusterOwnership.ts"
import type { Store } from "../../src/runtime/kernel/Store.ts"
import type { Cluster, Runner } from "../fixtures/cluster.ts"
import { at, text } from "../fixtures/json.ts"
import { adoptedIn, gather, openStore } from "./evidence.ts"
import type { Evidence } from "./evidence.ts"
import { isAnswer, makeFront } from "./front.ts"
import type { Front } from "./front.ts"
import { broken } from "./invariants.ts"
import { longestGap, startLoad, summary } from "./load.ts"
import type { Ledger, Load } from "./load.ts"
import { startProbes } from "./probes.ts"
import type { Probes } from "./probes.ts"
import { missed, startWatcher } from "./watcher.ts"
import type { Watcher } from "./watcher.ts"

export interface ScenarioOptions {
  /** Servers made each second. */
  readonly boots?: number
  readonly quota?: number
  readonly seed?: number
}

export interface Scenario {
  readonly cluster: Cluster
  readonly store: Store["Service"]
  readonly front: Front
  readonly load: Load
  readonly probes: Probes
  /** Ends the load, waits until the cluster is at rest, prints what was measured, and checks every invariant. */
  readonly conclude: (runners?: ReadonlyArray<Runner>) => Effect.Effect<{ readonly ledger: Ledger; readonly evidence: Evidence }, unknown, Scope.Scope>
}

/** Of one scenario: each is done within half a minute on a machine that has nothing else to do. */
export const testMillisMax = 120_000
const restMillisMax = 25_000
const probesCount = 15

/** Waits until it is so; a failure names what was waited for. */
export const eventually = <E, R>(what: string, isSo: Effect.Effect<boolean, E, R>, millisMax = restMillisMax): Effect.Effect<void, E | Error, R> =>
  Effect.repeat(Effect.delay(isSo, 50), { until: (so) => so }).pipe(
    Effect.asVoid,
    Effect.timeoutOrElse({ duration: millisMax, orElse: () => Effect.fail(new Error(`${what}: not within ${millisMax} ms`)) })
  )

/** No server has work in flight, and every host follows the newest owner. */
const isAtRest = (cluster: Cluster, store: Store["Service"]) =>
  Effect.gen(function*() {
    const before = yield* store.head
    const pending = yield* Stream.runFold(store.scan("Instance"), () => 0, (count, one) => count + (one.pending ? 1 : 0))
    const epochs = yield* store.epochs(cluster.hostnames.map(shardOf))
    const adopted = adoptedIn(cluster.agentDir)
    const { position } = yield* store.head
    return pending === 0 && position === before.position && cluster.hostnames.every((hostname, index) => adopted.get(hostname) === epochs[index])
  }).pipe(Effect.catchTag("StoreUnavailable", () => Effect.succeed(false)))

/** Servers that are there before anything happens. */
const makeServers = (front: Front, count: number, body: (name: string) => unknown) =>
  Effect.promise(() => Promise.all(Array.from({ length: count }, async (_, index) => {
    const { outcome } = await front.send({ method: "POST", path: "/compute/v2.1/servers", body: body(`probe-${index}`) })
    if (!isAnswer(outcome)) throw new Error(`probe-${index}: ${outcome.why}`)
    return text(outcome.body, "server.id")
  }))).pipe(Effect.tap((ids) =>
    eventually("the first servers are built", Effect.promise(async () => {
      const shown = await Promise.all(ids.map((id) => front.send({ method: "GET", path: `/compute/v2.1/servers/${id}` })))
      return shown.every(({ outcome }) => isAnswer(outcome) && at(outcome.body, "server.status") === "ACTIVE")
    }))))

/** The runner that owns what the whole load needs: the project's actor. */
export const busiest = ({ cluster, front, store }: Scenario): Effect.Effect<Runner, unknown> =>
  Effect.map(store.holders([shardOf(front.projectId)]), ([holder]) => cluster.runners.find(({ address }) => address === holder)!)

const told = (name: string, ledger: Ledger, { feed, servers }: Evidence, probes: Probes, watcher: Watcher): string =>
  [
    `${name}:`,
    `  requests: ${summary(ledger)}`,
    `  longest gap between acknowledged creates ${(longestGap(ledger.createdAtMillis) / 1000).toFixed(2)} s, slowest answer ${(ledger.slowestMillis / 1000).toFixed(2)} s`,
    `  longest gap of one entity ${(probes.gap() / 1000).toFixed(2)} s; failed probes: ${JSON.stringify(Object.groupBy(probes.failures(), String), (_, value) => Array.isArray(value) ? value.length : value)}`,
    `  ${servers.length} servers made, ${servers.filter(({ vmState }) => vmState === "error").length} in error; ${feed.length} entries; watcher: ${watcher.seen.length} events, ${watcher.connections()} connections`,
    ...ledger.failures.slice(0, 4).map(({ atMillis, operation, tookMillis, via, why }) =>
      `  ${operation} by ${via} at ${(atMillis / 1000).toFixed(2)} s, after ${(tookMillis / 1000).toFixed(2)} s: ${why}`),
    ...servers.filter(({ vmState }) => vmState === "error").slice(0, 5).map(({ fault, id, name }) => `  ${name} ${id}: ${fault?.message}; ${fault?.details}`)
  ].join("\n")

export const underLoad = (name: string, cluster: Cluster, options: ScenarioOptions = {}): Effect.Effect<Scenario, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const { boots = 40, quota = 300, seed = 1 } = options
    const front = yield* makeFront(cluster.runners)
    const store = yield* openStore(cluster.redisUrl)
    const after = (yield* store.head).position
    const watcher = yield* startWatcher(front, cluster.runners, after)
    const load = yield* startLoad({
      front, boots, quota, seed,
      before: (body) => makeServers(front, probesCount, body)
    })
    const probes = yield* startProbes(front, store, load.before)
    return {
      cluster, store, front, load, probes,
      conclude: (runners = cluster.runners) =>
        Effect.gen(function*() {
          const ledger = yield* load.finish
          yield* probes.end
          yield* eventually("the cluster comes to rest", isAtRest(cluster, store))
          const evidence = yield* gather(cluster, runners)
          const last = evidence.feed.findLast(({ state, type }) => type === "Instance" && state !== null)?.position ?? 0
          yield* Effect.ignore(eventually("the watcher sees the end", Effect.sync(() => watcher.position() >= last), 3_000))
          yield* watcher.end
          console.log(told(name, ledger, evidence, probes, watcher))
          const wrong = ledger.failures.filter(({ why }) => /^\d/.test(why) && !why.startsWith("503"))
            .map(({ operation, via, why }) => `${operation} by ${via} was answered ${why}`)
          assert.deepStrictEqual([...wrong, ...broken(evidence, ledger), ...missed(watcher, evidence.feed, after)], [], `seed ${seed}`)
          return { ledger, evidence }
        })
    }
  })
