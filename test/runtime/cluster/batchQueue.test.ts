/** Group commit over a store whose answers get lost. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { BatchQueue } from "../../../src/runtime/cluster/BatchQueue.ts"
import { makeMeter } from "../../../src/runtime/cluster/metrics.ts"
import { Sequencer } from "../../../src/runtime/cluster/Sequencer.ts"
import * as Listeners from "../../../src/runtime/kernel/Listeners.ts"
import { type StoreAnswer, type StoreBatch, StoreRolledBack, StoreUnavailable } from "../../../src/runtime/kernel/Store.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { append, commitOf } from "../journalModel.ts"

type Script = (batch: StoreBatch, call: number) => Effect.Effect<ReadonlyArray<StoreAnswer>, StoreUnavailable | StoreRolledBack>

const lost = new StoreUnavailable({ operation: "commit", cause: "connection lost" })

/** A queue on a store that does as the script says; `applied` counts as the store would. */
const queueOn = Effect.fnUntraced(function*(script: Script) {
  const batches: Array<StoreBatch> = []
  const doomed: Array<number> = []
  const sequencer = new Sequencer(Listeners.make(), 0)
  const queue = new BatchQueue({
    writer: "w",
    meter: yield* makeMeter,
    sequencer,
    commit: (batch) => Effect.suspend(() => script(batch, batches.push(batch))),
    onRolledBack: ({ position }) => Effect.sync(() => void doomed.push(position)),
    isDoomed: () => doomed.length > 0
  })
  yield* Effect.forkScoped(queue.run)
  return { batches, doomed, queue, sequencer }
})

const applying = (from: number) => (batch: StoreBatch): Effect.Effect<ReadonlyArray<StoreAnswer>> =>
  Effect.succeed(batch.commits.map((_, index) => ({ _tag: "Applied" as const, position: from + index + 1 })))

const commit = (id: string) => commitOf([append(id, 0, 1)])

describe("the queue of commits", () => {
  it.effect("sends together what comes together", () =>
    Effect.gen(function*() {
      const { batches, queue } = yield* queueOn(applying(0))
      const done = yield* Effect.all(["a", "b", "c"].map((id) => queue.commit(commit(id))), { concurrency: "unbounded" })
      assert.deepStrictEqual(done.map(({ position }) => position), [1, 2, 3])
      assert.deepStrictEqual(batches.map(({ commits, number }) => [number, commits.length]), [[1, 3]])
    }))

  it.effect("sends a batch whose answer was lost again, under its number, until there is an answer", () =>
    Effect.gen(function*() {
      const { batches, queue } = yield* queueOn((batch, call) => call < 3 ? Effect.fail(lost) : applying(0)(batch))
      const fiber = yield* Effect.forkChild(queue.commit(commit("a")), { startImmediately: true })
      yield* TestClock.adjust(2 * Limits.storeRetryMillis)
      assert.strictEqual((yield* Fiber.join(fiber)).position, 1)
      assert.deepStrictEqual(batches.map(({ number }) => number), [1, 1, 1])
      yield* queue.commit(commit("b"))
      assert.strictEqual(batches.at(-1)?.number, 2)
    }))

  it.effect("tells writers after a while, and still does not forget the batch", () =>
    Effect.gen(function*() {
      let isAway = true
      const { queue, sequencer } = yield* queueOn((batch) => isAway ? Effect.fail(lost) : applying(0)(batch))
      const fiber = yield* Effect.forkChild(Effect.exit(queue.commit(commit("a"))), { startImmediately: true })
      yield* TestClock.adjust(Limits.storeRetriesBeforeTold * Limits.storeRetryMillis)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
      isAway = false
      yield* TestClock.adjust(Limits.storeRetryMillis)
      assert.strictEqual(sequencer.applied, 1)
    }))

  it.effect("ends with a store that lost commits: nothing more is sent", () =>
    Effect.gen(function*() {
      const { batches, doomed, queue } = yield* queueOn(() => Effect.fail(new StoreRolledBack({ position: 3, known: 9 })))
      assert.strictEqual((yield* Effect.flip(queue.commit(commit("a"))))._tag, "JournalUnavailable")
      assert.strictEqual((yield* Effect.flip(queue.commit(commit("b"))))._tag, "JournalUnavailable")
      assert.deepStrictEqual([batches.length, doomed], [1, [3]])
    }))

  it.effect("answers a writer only when all before its commit has been heard", () =>
    Effect.gen(function*() {
      const { queue, sequencer } = yield* queueOn(applying(1))
      const fiber = yield* Effect.forkChild(queue.commit(commit("a")), { startImmediately: true })
      yield* TestClock.adjust(0)
      assert.isUndefined(fiber.pollUnsafe())
      sequencer.offer([{ position: 1, stream: { type: "t", id: "theirs" }, version: 1, events: [], state: 1, pending: false }])
      assert.strictEqual((yield* Fiber.join(fiber)).position, 2)
    }))
})
