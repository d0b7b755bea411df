/** What a runner has seen of the journal, on its own disk: a store that was put back to an earlier state is noticed. */
import { Effect, Option, Schedule, Schema } from "effect"
import type { HighWater } from "../kernel/Ownership.ts"
import type { StoreHead } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import type { DataFolder } from "./dataFolder.ts"
import { readKept, writeSecret } from "./dataFolder.ts"
import { cannotStart, type StartError } from "./StartError.ts"

const Kept = Schema.fromJsonString(Schema.Struct({ cloudId: Schema.String, timeline: Schema.Int, position: Schema.Int }))

/** `null` where there is nothing to say against it; else why the store must not be used. */
export const complaint = (seen: HighWater, found: HighWater): string | null => {
  if (seen.cloudId !== found.cloudId) {
    return `This is another cloud (${found.cloudId}) than the one this runner has served (${seen.cloudId}): ` +
      "name the right --redis and --cell, or give the runner an empty --data-dir"
  }
  if (found.timeline < seen.timeline || (found.timeline === seen.timeline && found.position < seen.position)) {
    return `The store has lost acknowledged changes: it is at position ${found.position} (timeline ${found.timeline}), this runner ` +
      `has seen ${seen.position} (timeline ${seen.timeline}). Restore it from the backup or the replica that has them; ` +
      "to go on without them, start one runner with --accept-loss once"
  }
  return null
}

/** Refuses a store that is behind what this folder remembers. */
export const check = (folder: DataFolder, head: StoreHead, acceptsLoss: boolean): Effect.Effect<void, StartError> =>
  Effect.gen(function*() {
    const text = yield* readKept(folder.highWater)
    const seen = text === null ? null : Option.getOrNull(Schema.decodeOption(Kept)(text))
    const problem = seen === null || acceptsLoss ? null : complaint(seen, head)
    if (problem !== null) yield* cannotStart(problem)
  })

/** Remembers, again and again, how far this process is. */
export const keep = (folder: DataFolder, now: Effect.Effect<HighWater | null, unknown>): Effect.Effect<void> =>
  now.pipe(
    Effect.flatMap((water) => water === null ? Effect.void : writeSecret(folder.highWater, `${Schema.encodeSync(Kept)(water)}\n`)),
    Effect.ignore,
    Effect.repeat(Schedule.spaced(Limits.highWaterMillis)),
    Effect.asVoid
  )
