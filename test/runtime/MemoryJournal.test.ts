import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import * as MemoryJournal from "../../src/runtime/memory/MemoryJournal.ts"
import { journalContract } from "./journalContract.ts"
import { append, commitOf } from "./journalModel.ts"

journalContract("memory", { fresh: () => MemoryJournal.layer })

it.effect("a reader of the feed that is too late is told so", () =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const count = 2 * Limits.memoryFeedMax
    for (let version = 0; version < count; version += 1000) {
      yield* journal.commit(commitOf(Array.from({ length: 1000 }, (_, index) => append("1", version + index, 1))))
    }
    const late = yield* Effect.flip(Stream.runCollect(journal.feed(0)))
    assert.strictEqual(late._tag, "JournalUnavailable")
    assert.strictEqual((yield* Stream.runCollect(journal.feed(count - 3))).length, 3)
  }).pipe(Effect.provide(MemoryJournal.layer)))
