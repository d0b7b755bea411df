/** What `GET /status` tells of this process: where it is in the journal, what it holds, what work is pending. No secrets. */
import { Clock, Effect, Option, Schema } from "effect"
import { Sharding } from "effect/cluster"
import { Step } from "../../actors/instance/Instance.ts"
import type { Instance } from "../../actors/instance/Instance.ts"
import { InstanceIndex } from "../kernel/InstanceIndex.ts"
import { Journal } from "../kernel/Journal.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Limits } from "../Limits.ts"

const Pending = Schema.Struct({ step: Schema.String, count: Schema.Int, oldestSeconds: Schema.Number })

export const RunnerStatus = Schema.Struct({
  /** `null`: a program's own cloud. */
  release: Schema.NullOr(Schema.String),
  isReady: Schema.Boolean,
  isDrained: Schema.Boolean,
  /** The newest position that every projection has heard; `null` where nobody counts. */
  applied: Schema.NullOr(Schema.Int),
  /** The store's newest position, asked just before; `null`: it did not answer, or nobody shares it. */
  stored: Schema.NullOr(Schema.Int),
  shards: Schema.Int,
  residentEntities: Schema.Int,
  servers: Schema.Int,
  pending: Schema.Array(Pending)
})
export type RunnerStatus = typeof RunnerStatus.Type

/** Work in flight by step; its age counts from when the step was last sent. */
export const pendingOf = (instances: Iterable<Instance>, nowMillis: number): RunnerStatus["pending"] => {
  const found = new Map<string, { count: number; oldest: number }>(Step.literals.map((step) => [step, { count: 0, oldest: nowMillis }]))
  for (const { work } of instances) {
    const row = work === null ? undefined : found.get(work.step) ?? { count: 0, oldest: nowMillis }
    if (work === null || row === undefined) continue
    found.set(work.step, { count: row.count + 1, oldest: Math.min(row.oldest, work.touchedAtMillis) })
  }
  return [...found].filter(([, { count }]) => count > 0).map(([step, { count, oldest }]) => ({
    step, count, oldestSeconds: Math.round((nowMillis - oldest) / 100) / 10
  }))
}

/** What a process knows of itself as a member of a cluster. */
export interface Member {
  readonly isDrained: () => boolean
  readonly shards: () => number
  readonly release: string | null
}

/** Of a process that is the whole cloud. */
export const alone: Member = { isDrained: () => false, shards: () => Limits.localShards, release: null }

/** Counts the journal's positions from here on. */
export const make = ({ isDrained, release, shards }: Member, isReady: Effect.Effect<boolean>) =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const ownership = yield* Ownership
    const index = yield* InstanceIndex
    const sharding = yield* Sharding.Sharding
    let applied: number | null = null
    yield* journal.project((entries) => {
      applied = entries.at(-1)?.position ?? applied
    })
    const opened = yield* ownership.highWater
    yield* journal.sync
    if (opened !== null) applied = Math.max(applied ?? 0, opened.position)

    return Effect.gen(function*() {
      const water = Option.getOrNull(yield* Effect.option(ownership.highWater))
      const now = yield* Clock.currentTimeMillis
      const status: RunnerStatus = {
        release,
        isReady: yield* isReady,
        isDrained: isDrained(),
        applied,
        stored: water?.position ?? null,
        shards: shards(),
        residentEntities: yield* sharding.activeEntityCount,
        servers: index.size(),
        pending: pendingOf(index.pending(), now)
      }
      return status
    })
  })
