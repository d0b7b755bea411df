/** What one release makes of another's states. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result, Schema } from "effect"
import { refuse } from "../../../src/actors/shared/Refusal.ts"
import { trusted } from "../../../src/actors/shared/trusted.ts"
import * as Behavior from "../../../src/runtime/kernel/Behavior.ts"
import { Journal } from "../../../src/runtime/kernel/Journal.ts"
import { makeFormats, NewerState, type Upcast } from "../../../src/runtime/kernel/upcast.ts"
import { through } from "../../../src/runtime/main/formats.ts"
import * as MemoryJournal from "../../../src/runtime/memory/MemoryJournal.ts"
import { owningAll } from "../../fixtures/ownership.ts"
import { append, commitOf } from "../journalModel.ts"

const rows: ReadonlyArray<Upcast> = [
  { format: 2, type: "thing", fill: (state) => ({ shade: "plain", ...state }) },
  { format: 3, type: "thing", fill: (state) => ({ weight: 1, ...state }) }
]
const [first, second, third] = [makeFormats(1, []), makeFormats(2, rows.slice(0, 1)), makeFormats(3, rows)]

describe("formats", () => {
  it("a newer release finds its fields in states of before, and leaves alone what is there", () => {
    assert.deepStrictEqual(third.read("thing", { a: 1 }), { shade: "plain", weight: 1, a: 1 })
    assert.deepStrictEqual(third.read("thing", { a: 1, shade: "vivid", _format: 2 }), { shade: "vivid", weight: 1, a: 1, _format: 2 })
    assert.deepStrictEqual(third.read("other", { a: 1 }), { a: 1 })
    assert.strictEqual(third.read("thing", null), null)
  })

  it("what an older runner sent by message is filled when it is written", () =>
    assert.deepStrictEqual(second.write?.("thing", { a: 1 }), { shade: "plain", a: 1, _format: 2 }))

  it("states of its own format are taken as they are; format 1 writes them so", () => {
    const state = { a: 1, shade: "vivid", _format: 2 }
    assert.strictEqual(second.read("thing", state), state)
    assert.isNull(first.write)
  })

  it("an older release reads the next format and keeps its fields and its mark; of the one after it, it reads nothing", () => {
    const state = { a: 1, shade: "vivid", weight: 2, _format: 3 }
    assert.strictEqual(second.read("thing", state), state)
    assert.strictEqual(second.write?.("thing", state), state)
    assert.instanceOf(first.read("thing", state), NewerState)
  })

  it.effect("an entity whose state is too new answers that a newer release wrote it, and never writes over it", () =>
    Effect.gen(function*() {
      const journal = yield* Journal
      const own = through(journal, first)
      const state = { count: 7, _format: 3 }
      yield* journal.commit({ ...commitOf([]), appends: [{ ...append("c", 0, 1), stream: { type: "Counter", id: "c" }, state }] })
      const seen: Array<number> = []
      yield* own.project((entries) => void seen.push(entries.length))
      const entity = yield* Behavior.make<{ readonly count: number }, number, number>({
        type: "Counter",
        id: "c",
        creates: () => true,
        decide: (found, step) => found !== null && step < 0 ? Result.fail(refuse("badRequest", "step")) : Result.succeed([step]),
        evolve: (found, step) => ({ count: (found?.count ?? 0) + step }),
        isPending: () => false,
        react: () => Effect.void
      }).pipe(Effect.provide(Layer.merge(Layer.succeed(Journal, own), owningAll("s", 0))))
      const refusal = yield* Effect.flip(entity.handle(1))
      assert.strictEqual(refusal.kind, "unavailable")
      assert.strictEqual(refusal.message, "A newer release wrote this (format 3); this process reads formats up to 2: ask a newer one, or upgrade it.")
      const found = yield* journal.load({ type: "Counter", id: "c" })
      assert.deepStrictEqual(found._tag === "Some" ? [found.value.version, found.value.state] : [], [1, state])
      // In views it is passed over.
      yield* journal.commit({ ...commitOf([]), appends: [{ ...append("c", 1, 1), stream: { type: "Counter", id: "c" }, state }] })
      assert.deepStrictEqual(seen, [0])
    }).pipe(Effect.provide(MemoryJournal.layer)))

  it("a message keeps what only a newer release knows, lacks what only that one has, and is still checked", () => {
    const schema = trusted(Schema.Struct({ a: Schema.Int, note: Schema.optionalKey(Schema.String) }))
    const codec = Schema.toCodecJson(schema)
    const decode = Schema.decodeUnknownResult(codec)
    const given = { a: 1, shade: { deep: [1] } }
    const decoded = decode(given)
    assert.deepStrictEqual(Result.isSuccess(decoded) ? decoded.success : undefined, given)
    assert.isTrue(Result.isFailure(decode({ a: "one" })))
    assert.deepStrictEqual(Schema.encodeSync(codec)({ a: 1 }), { a: 1 })
  })
})
