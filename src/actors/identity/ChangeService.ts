import { Clock, Effect, Semaphore } from "effect"
import type { SecureRandom } from "effect/crypto/SecureRandom"
import type { JournalUnavailable, VersionConflict } from "../../runtime/kernel/Journal.ts"
import type { Change, Records, Table } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Json } from "../shared/json.ts"
import { isRefusal, type Refusal, refuse } from "../shared/Refusal.ts"
import type { Fresh } from "./AccountsProtocol.ts"
import { type Decided, type Directory, type Edit, type Kind, type Kinds, tables } from "./Directory.ts"

type RecordsShape = Records["Service"]

/** The compiler cannot see that each kind's table holds the kind's records; `tables` is checked where it is written. */
const tableOf = <K extends Kind>(kind: K) => tables[kind] as unknown as Table<Kinds[K] & Json>

export const directoryOf = (records: RecordsShape): Directory => ({
  get: (kind, id) => records.get(tableOf(kind), id),
  named: (kind, key) => records.find(tableOf(kind), "name", key),
  all: (kind) => records.all(tableOf(kind))
})

/** A rule sees the directory and the versions below in one moment, so each edit rests on what its rule saw. */
const changeOf = (records: RecordsShape, edit: Edit): Change => {
  const table = tableOf(edit.kind) as unknown as Table<Json>
  const version = (key: string) => records.version(table, key)
  return "remove" in edit
    ? { table, remove: edit.remove, expect: version(edit.remove) }
    : { table, put: edit.put, expect: version(table.key(edit.put)) || "absent" }
}

/**
 * Changes wait for each other, so that within this process a rule's whole view holds until its edits are written. Another
 * process is kept out by the versions alone: then the rule decides again.
 */
export const makeChange = Effect.fnUntraced(function*(records: RecordsShape, random: SecureRandom["Service"]) {
  const turn = yield* Semaphore.make(1)
  const directory = directoryOf(records)

  type Rule<A> = (directory: Directory, fresh: Fresh) => Decided<A> | Refusal
  const attempt = <A>(rule: Rule<A>, fresh: Fresh): Effect.Effect<A, Refusal | VersionConflict | JournalUnavailable> =>
    Effect.suspend((): Effect.Effect<A, Refusal | VersionConflict | JournalUnavailable> => {
      const decided = rule(directory, fresh)
      if (isRefusal(decided)) return Effect.fail(decided)
      return decided.edits.length === 0
        ? Effect.succeed(decided.result)
        : Effect.as(records.write(decided.edits.map((edit) => changeOf(records, edit))), decided.result)
    })

  const busy = refuse("unavailable", "The record changed while this request was handled; try again.")
  const down = refuse("unavailable", "Identity cannot write at the moment.")

  return <A>(rule: Rule<A>): Effect.Effect<A, Refusal> =>
    Effect.gen(function*() {
      const id = (yield* random.uuidV4()).replaceAll("-", "")
      const now = yield* Clock.currentTimeMillis
      return yield* attempt(rule, { id, now }).pipe(
        Effect.retry({ times: Limits.writeRetriesMax, while: (error) => error._tag === "VersionConflict" }),
        Effect.catchTags({
          VersionConflict: () => Effect.fail(busy),
          JournalUnavailable: (error) => Effect.andThen(Effect.logError("Identity cannot write", error), Effect.fail(down))
        }),
        turn.withPermit
      )
    })
})
