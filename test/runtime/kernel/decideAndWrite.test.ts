import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { refuse } from "../../../src/actors/shared/Refusal.ts"
import { decideAndWrite } from "../../../src/runtime/kernel/decideAndWrite.ts"
import { JournalUnavailable, VersionConflict } from "../../../src/runtime/kernel/Journal.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { memoryJournal } from "../../fixtures/ownership.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"

type Counter = { readonly id: string; readonly count: number }
const counters = { type: "counter", key: (counter: Counter) => counter.id }
const conflict = new VersionConflict({ stream: { type: "counter", id: "a" }, expected: 1, actual: 2 })

/** Records whose every write ends so; `writes` counts them. */
const failing = (error: VersionConflict | JournalUnavailable) => {
  const seen = { writes: 0 }
  const write = () => Effect.suspend(() => { seen.writes++; return Effect.fail(error) })
  return { seen, records: { write } as unknown as Records["Service"] }
}
const one = () => Result.succeed({ changes: [{ table: counters, remove: "a", expect: "any" as const }], answer: null })

describe("decideAndWrite", () => {
  it.effect("decides again on what a faster writer left, so that none is lost", () =>
    Effect.gen(function*() {
      const records = yield* Records
      const add = decideAndWrite(records, () => {
        const count = (records.get(counters, "a")?.count ?? 0) + 1
        const version = records.version(counters, "a")
        return Result.succeed({ changes: [{ table: counters, put: { id: "a", count }, expect: version === 0 ? "absent" : version }], answer: count })
      })
      const answers = yield* Effect.all(Array.from({ length: 5 }, () => add), { concurrency: "unbounded" })
      assert.sameMembers(answers, [1, 2, 3, 4, 5])
      assert.strictEqual(records.get(counters, "a")?.count, 5)
    }).pipe(Effect.provide(Layer.provide(RecordsIndex.layer, memoryJournal))))

  it.effect("gives up after its tries", () =>
    Effect.gen(function*() {
      const { records, seen } = failing(conflict)
      assert.strictEqual((yield* Effect.flip(decideAndWrite(records, one))).kind, "conflict")
      assert.strictEqual(seen.writes, Limits.writeRetriesMax + 1)
    }))

  it.effect("does not repeat a write the store may have taken", () =>
    Effect.gen(function*() {
      const { records, seen } = failing(new JournalUnavailable({ operation: "commit", cause: "disk" }))
      assert.strictEqual((yield* Effect.flip(decideAndWrite(records, one))).kind, "unavailable")
      assert.strictEqual(seen.writes, 1)
    }))

  it.effect("passes refusals on and writes nothing", () =>
    Effect.gen(function*() {
      const { records, seen } = failing(conflict)
      const refusal = yield* Effect.flip(decideAndWrite(records, () => Result.fail(refuse("forbidden", "No."))))
      assert.deepStrictEqual([refusal.message, seen.writes], ["No.", 0])
    }))
})
