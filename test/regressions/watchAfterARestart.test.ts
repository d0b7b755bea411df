/**
 * A watch from "now" took the newest position this process had seen; before its first commit that was 0. So after a
 * restart the first commit brought such a watcher the whole history of the cloud before it.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import type { Commit } from "../../src/runtime/kernel/Journal.ts"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { Watch } from "../../src/runtime/kernel/Watch.ts"
import * as MemoryJournal from "../../src/runtime/memory/MemoryJournal.ts"
import * as FeedWatch from "../../src/runtime/projections/FeedWatch.ts"

const commit = (id: string): Commit => ({
  shard: "local", epoch: null, requestId: null, reply: null,
  appends: [{ stream: { type: "Thing", id }, expectedVersion: 0, events: [], state: { id }, pending: false }]
})

/** A journal with a past, as a new process finds it. */
const aged = Layer.effect(Journal, Effect.tap(Journal, (journal) =>
  Effect.forEach(["a", "b", "c"], (id) => journal.commit(commit(id))))).pipe(Layer.provide(MemoryJournal.layer))

it.effect("a watch from now on brings nothing of the past, even before the first commit", () =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const watch = yield* Watch
    const next = (after: number | null, count: number) =>
      Effect.forkChild(Stream.runCollect(Stream.take(watch.entries(after), count)), { startImmediately: true })
    const early = yield* next(null, 2)
    const whole = yield* next(0, 5)
    yield* journal.commit(commit("d"))
    const late = yield* next(null, 1)
    yield* journal.commit(commit("e"))
    const idsOf = (fiber: typeof early) => Effect.map(Fiber.join(fiber), (entries) => [...entries].map(({ stream }) => stream.id))
    assert.deepStrictEqual(yield* idsOf(early), ["d", "e"])
    assert.deepStrictEqual(yield* idsOf(late), ["e"])
    assert.deepStrictEqual(yield* idsOf(whole), ["a", "b", "c", "d", "e"])
  }).pipe(Effect.provide(Layer.provideMerge(FeedWatch.layer, aged))))
