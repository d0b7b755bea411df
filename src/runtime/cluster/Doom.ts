import { Context, Deferred, Effect, Schema } from "effect"

/** Why this process must not go on: what it holds in memory is no longer what the store says. A new start reads it anew. */
export class ClusterFailure extends Schema.TaggedError<ClusterFailure>()("ClusterFailure", {
  reason: Schema.Literals(["rolledBack", "fellBehind", "revoked"]),
  message: Schema.String
}) {}

/** The end of a process that has to start again. Once told, nothing is committed any more. */
export class Doom extends Context.Service<Doom, {
  readonly tell: (failure: ClusterFailure) => Effect.Effect<void>
  readonly isTold: () => boolean
  /** Fails with what was told. */
  readonly await: Effect.Effect<never, ClusterFailure>
}>()("kilonova/runtime/cluster/Doom") {}

export const make: Effect.Effect<Doom["Service"]> = Effect.gen(function*() {
  const told = yield* Deferred.make<never, ClusterFailure>()
  let isTold = false
  return {
    tell: (failure) =>
      Effect.suspend(() => {
        if (isTold) return Effect.void
        isTold = true
        return Effect.andThen(Effect.logFatal(failure.message), Deferred.fail(told, failure))
      }),
    isTold: () => isTold,
    await: Deferred.await(told)
  }
})

export const rolledBack = (position: number, known: number): ClusterFailure =>
  new ClusterFailure({
    reason: "rolledBack",
    message: `The store has lost acknowledged commits: it is at position ${position}, and position ${known} was seen here. ` +
      "Restore it from a backup or from the replica that has them; to go on without them, start the runners with --accept-loss once"
  })

/** Somebody else found that out, or an operator went on without what was lost. */
export const otherTimeline = (timeline: number, known: number): ClusterFailure =>
  new ClusterFailure({
    reason: "rolledBack",
    message: timeline < 0
      ? "The store has lost acknowledged commits, as another runner found. " +
        "Restore it from a backup or from the replica that has them; to go on without them, start a runner with --accept-loss once"
      : `The store is on timeline ${timeline} now, and this process knows timeline ${known}: it has to start again`
  })

export const fellBehind = (position: number, oldest: number): ClusterFailure =>
  new ClusterFailure({
    reason: "fellBehind",
    message: `This process stood still at position ${position} for so long that the feed begins at ${oldest} by now: ` +
      "start it again, it will read the store anew (a longer --history lets it catch up)"
  })
