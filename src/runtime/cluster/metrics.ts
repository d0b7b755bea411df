/** What a runner counts about the journal and the cluster, for Prometheus. effect/cluster counts entities, mailboxes and shards. */
import { Clock, Effect, Metric } from "effect"

const commitSeconds = Metric.histogram("kilonova_commit_seconds", {
  description: "From a commit's wish to its answer, with the wait for its batch",
  boundaries: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]
})
const batchCommits = Metric.histogram("kilonova_commit_batch_size", {
  description: "Commits that travelled to the store together",
  boundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
})
const fenced = Metric.counter("kilonova_commits_fenced", { description: "Commits of owners that were replaced", incremental: true })
const feedLag = Metric.gauge("kilonova_feed_lag_positions", {
  description: "How far the projections were behind the store when it was last asked"
})
const unavailable = Metric.counter("kilonova_store_unavailable", { description: "Questions to the store without an answer", incremental: true })
const failedOver = Metric.counter("kilonova_shards_failed_over", {
  description: "Shards taken over after a runner was given up", incremental: true
})

/** Nothing here waits, and nothing is made for a commit. */
export interface Meter {
  /** Monotonic, in seconds. */
  readonly now: () => number
  readonly committed: (seconds: number) => void
  readonly batched: (commits: number) => void
  readonly fenced: () => void
  readonly lagged: (positions: number) => void
  readonly unavailable: () => void
  readonly failedOver: (shards: number) => void
}

export const makeMeter: Effect.Effect<Meter> = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const context = yield* Effect.context<never>()
  // Counters that only say what went wrong are on the page from the start, at zero.
  for (const counter of [fenced, unavailable, failedOver]) counter.updateUnsafe(0, context)
  return {
    now: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e9,
    committed: (seconds) => commitSeconds.updateUnsafe(seconds, context),
    batched: (commits) => batchCommits.updateUnsafe(commits, context),
    fenced: () => fenced.updateUnsafe(1, context),
    lagged: (positions) => feedLag.updateUnsafe(positions, context),
    unavailable: () => unavailable.updateUnsafe(1, context),
    failedOver: (shards) => failedOver.updateUnsafe(shards, context)
  }
})
