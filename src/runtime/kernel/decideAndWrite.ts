import { Effect, Result } from "effect"
import { type Refusal, refuse } from "../../actors/shared/Refusal.ts"
import type { JournalUnavailable, VersionConflict } from "./Journal.ts"
import type { Change, Records } from "./Records.ts"
import { Limits } from "../Limits.ts"

export interface Decision<A> {
  readonly changes: ReadonlyArray<Change>
  readonly answer: A
}

const busy = refuse("conflict", "Other requests keep changing the same thing: try again.")
const down = refuse("unavailable", "The store of this cloud does not answer: try again.")

/** Reads, decides and writes; where another writer was faster, all of it again. */
export const decideAndWrite = <A>(
  records: Records["Service"],
  decide: () => Result.Result<Decision<A>, Refusal>
): Effect.Effect<A, Refusal> =>
  Effect.suspend((): Effect.Effect<A, Refusal | VersionConflict | JournalUnavailable> => {
    const decided = decide()
    if (Result.isFailure(decided)) return Effect.fail(decided.failure)
    const { answer, changes } = decided.success
    return changes.length === 0 ? Effect.succeed(answer) : Effect.as(records.write(changes), answer)
  }).pipe(
    Effect.retry({ times: Limits.writeRetriesMax, while: (error) => error._tag === "VersionConflict" }),
    Effect.catchTags({
      VersionConflict: () => Effect.fail(busy),
      JournalUnavailable: (error) => Effect.andThen(Effect.logError("A record could not be written", error), Effect.fail(down))
    })
  )
