import { Clock, Effect, Result, Semaphore } from "effect"
import type { SecureRandom } from "effect/crypto/SecureRandom"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import type { Change, Records, Table } from "../../runtime/kernel/Records.ts"
import type { Json } from "../shared/json.ts"
import { isRefusal, type Refusal } from "../shared/Refusal.ts"
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
  const table: Table<Json> = tableOf(edit.kind)
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

  return <A>(rule: (directory: Directory, fresh: Fresh) => Decided<A> | Refusal): Effect.Effect<A, Refusal> =>
    Effect.gen(function*() {
      const id = (yield* random.uuidV4()).replaceAll("-", "")
      const now = yield* Clock.currentTimeMillis
      return yield* decideAndWrite(records, () => {
        const decided = rule(directory, { id, now })
        return isRefusal(decided)
          ? Result.fail(decided)
          : Result.succeed({ changes: decided.edits.map((edit) => changeOf(records, edit)), answer: decided.result })
      })
    }).pipe(turn.withPermit)
})
