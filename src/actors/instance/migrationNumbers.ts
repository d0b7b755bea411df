import { Result } from "effect"
import type { Decision } from "../../runtime/kernel/decideAndWrite.ts"
import type { Records, Table } from "../../runtime/kernel/Records.ts"

type Counter = { readonly id: string; readonly count: number }
const counters: Table<Counter> = { type: "counter", key: ({ id }) => id }
const id = "migrations"

/** The next number of a migration: each is given once, whoever asks, and some are given in vain. */
export const nextNumber = (records: Pick<Records["Service"], "get" | "version">): Result.Result<Decision<number>> => {
  const known = records.get(counters, id)
  const count = (known?.count ?? 0) + 1
  return Result.succeed({
    changes: [{ table: counters, put: { id, count }, expect: known === undefined ? "absent" : records.version(counters, id) }],
    answer: count
  })
}
