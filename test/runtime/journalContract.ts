/** What every journal must do: one suite, run over each adapter. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scope, Stream } from "effect"
import type { Layer } from "effect"
import { TestClock } from "effect/testing"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import type { Commit, FeedEntry } from "../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { append, chance, commitOf, JournalModel, randomCommit } from "./journalModel.ts"
import type { Outcome } from "./journalModel.ts"

export interface Options {
  /** A journal nobody has written to. */
  readonly fresh: () => Layer.Layer<Journal, unknown>
  /** The same store as the journal `fresh` gave last, opened again after that one was closed. */
  readonly again?: () => Layer.Layer<Journal, unknown>
  /** Its store has a clock of its own: time is real, and claims on its passing are left out. */
  readonly isLive?: boolean
}

const outcomeOf = (commit: Commit) =>
  Journal.use((journal) => journal.commit(commit)).pipe(
    Effect.map((committed): Outcome => ({ _tag: "Committed", ...committed })),
    Effect.catchTags({
      Fenced: ({ newest }) => Effect.succeed<Outcome>({ _tag: "Fenced", newest }),
      VersionConflict: ({ actual, expected, stream }) =>
        Effect.succeed<Outcome>({ _tag: "VersionConflict", id: stream.id, expected, actual })
    })
  )

const byKey = (a: { readonly stream: { type: string; id: string } }, b: typeof a): number =>
  `${a.stream.type}/${a.stream.id}` < `${b.stream.type}/${b.stream.id}` ? -1 : 1

const assertHolds = Effect.fnUntraced(function*(model: JournalModel) {
  const journal = yield* Journal
  const live = [...model.streams.values()]
  assert.deepStrictEqual((yield* Stream.runCollect(journal.scan())).toSorted(byKey), live.toSorted(byKey))
  assert.deepStrictEqual(
    (yield* Stream.runCollect(journal.scan("b/c"))).toSorted(byKey),
    live.filter(({ stream }) => stream.type === "b/c").toSorted(byKey)
  )
  assert.deepStrictEqual(yield* Stream.runCollect(journal.feed(0)), model.feed)
  assert.deepStrictEqual(yield* Stream.runCollect(journal.feed(7)), model.feed.slice(7))
  for (const snapshot of live) {
    assert.deepStrictEqual(yield* journal.load(snapshot.stream), Option.some(snapshot))
  }
})

/** Groups of commits at once, in the order of the model: group commit must not be seen in any outcome. */
const history = Effect.fnUntraced(function*(seed: number) {
  const journal = yield* Journal
  const random = chance(seed)
  const model = new JournalModel()
  const seen: Array<FeedEntry> = []
  yield* journal.project((entries) => seen.push(...entries))
  for (let step = 0; step < 60; step++) {
    if (random.happens(0.1)) {
      const shard = random.pick(["x", "y"])
      assert.strictEqual(yield* journal.acquire(shard), model.acquire(shard))
    }
    const commits = Array.from({ length: 1 + random.below(8) }, () => {
      const commit = randomCommit(model, random)
      return { commit, expected: model.commit(commit) }
    })
    const outcomes = yield* Effect.all(commits.map(({ commit }) => outcomeOf(commit)), { concurrency: "unbounded" })
    assert.deepStrictEqual(outcomes, commits.map(({ expected }) => expected))
    assert.deepStrictEqual(seen.length, model.feed.length)
  }
  assert.deepStrictEqual(seen, model.feed)
  yield* assertHolds(model)
  return model
})

const seeds = process.env["KILONOVA_SEED"] === undefined
  ? [1, 2, 3, 4, 5, 6, 7, 8]
  : [Number(process.env["KILONOVA_SEED"])]

export const journalContract = (name: string, { again, fresh, isLive = false }: Options): void => {
  const effect = isLive ? it.live : it.effect
  describe(`${name} as a journal`, () => {
    effect.each(seeds)("random histories end as the model says, seed %d", (seed) =>
      Effect.gen(function*() {
        const model = yield* history(seed).pipe(Effect.scoped, Effect.provide(fresh(), { local: true }))
        if (again !== undefined) yield* assertHolds(model).pipe(Effect.provide(again(), { local: true }))
      }))

    const test = (title: string, body: Effect.Effect<void, unknown, Journal | Scope.Scope>) =>
      effect(title, () => body.pipe(Effect.provide(fresh(), { local: true }), Effect.scoped))

    test(
      "an older epoch is fenced, the newest and none are not",
      Effect.gen(function*() {
        const journal = yield* Journal
        const first = yield* journal.acquire("s")
        yield* journal.commit(commitOf([append("1", 0, 1)], { epoch: first }))
        const second = yield* journal.acquire("s")
        assert.isAbove(second, first)
        const refused = yield* Effect.flip(journal.commit(commitOf([append("1", 1, 2)], { epoch: first })))
        assert.deepInclude(refused, { _tag: "Fenced", shard: "s", epoch: first, newest: second })
        yield* journal.commit(commitOf([append("1", 1, 2)], { epoch: second }))
        yield* journal.commit(commitOf([append("1", 2, 3)], { epoch: 0, shard: "other" }))
        yield* journal.commit(commitOf([append("1", 3, 4)]))
      })
    )

    test(
      "a fenced owner gets no answer to a request of its past, its successor does",
      Effect.gen(function*() {
        const journal = yield* Journal
        const first = yield* journal.acquire("s")
        const commit = commitOf([append("1", 0, 1)], { epoch: first, requestId: "r", reply: { token: 7 } })
        yield* journal.commit(commit)
        const second = yield* journal.acquire("s")
        assert.strictEqual((yield* Effect.flip(journal.commit(commit)))._tag, "Fenced")
        const repeated = yield* journal.commit({ ...commit, epoch: second, reply: "another" })
        assert.deepStrictEqual(repeated, { position: 1, isDuplicate: true, reply: { token: 7 } })
      })
    )

    test(
      "a commit whose guard is not the newest is fenced, whoever writes it",
      Effect.gen(function*() {
        const journal = yield* Journal
        const first = yield* journal.acquire("g")
        assert.strictEqual(yield* journal.epochOf("g"), first)
        yield* journal.commit(commitOf([append("1", 0, 1)], { guards: [{ shard: "g", epoch: first }] }))
        const second = yield* journal.acquire("g")
        const late = commitOf([append("1", 1, 2)], { guards: [{ shard: "other", epoch: 0 }, { shard: "g", epoch: first }] })
        assert.deepInclude(yield* Effect.flip(journal.commit(late)), { _tag: "Fenced", shard: "g", epoch: first, newest: second })
        assert.deepInclude(Option.getOrThrow(yield* journal.load({ type: "thing", id: "1" })), { version: 1 })
      })
    )

    test(
      "a request refused for its version is not remembered",
      Effect.gen(function*() {
        const journal = yield* Journal
        const wrong = commitOf([append("1", 4, 1)], { requestId: "r" })
        assert.strictEqual((yield* Effect.flip(journal.commit(wrong)))._tag, "VersionConflict")
        const right = yield* journal.commit(commitOf([append("1", 0, 1)], { requestId: "r" }))
        assert.isFalse(right.isDuplicate)
      })
    )

    test(
      "one request id on two streams is two requests",
      Effect.gen(function*() {
        const journal = yield* Journal
        yield* journal.commit(commitOf([append("1", 0, 1)], { requestId: "r" }))
        const other = yield* journal.commit(commitOf([append("2", 0, 1)], { requestId: "r" }))
        assert.isFalse(other.isDuplicate)
      })
    )

    if (!isLive) test(
      "requests are forgotten when they are old",
      Effect.gen(function*() {
        const journal = yield* Journal
        yield* journal.commit(commitOf([append("1", 0, 1)], { requestId: "old" }))
        yield* TestClock.adjust(Limits.requestsKeptMillis + 1)
        yield* journal.commit(commitOf([append("2", 0, 1)], { requestId: "new" }))
        const late = yield* Effect.flip(journal.commit(commitOf([append("1", 0, 1)], { requestId: "old" })))
        assert.strictEqual(late._tag, "VersionConflict")
      })
    )

    test(
      "a commit of several streams is refused whole",
      Effect.gen(function*() {
        const journal = yield* Journal
        const commit = commitOf([append("1", 0, 1), append("2", 5, 1), append("3", 0, 1)])
        assert.deepInclude(yield* Effect.flip(journal.commit(commit)), { _tag: "VersionConflict", expected: 5, actual: 0 })
        assert.deepStrictEqual(yield* Stream.runCollect(journal.scan()), [])
        assert.deepStrictEqual(yield* Stream.runCollect(journal.feed(0)), [])
      })
    )

    test(
      "of many racing for one version, one wins",
      Effect.gen(function*() {
        const racing = Array.from({ length: 50 }, (_, index) => outcomeOf(commitOf([append("1", 0, index)])))
        const outcomes = yield* Effect.all(racing, { concurrency: "unbounded" })
        assert.strictEqual(outcomes.filter(({ _tag }) => _tag === "Committed").length, 1)
      })
    )

    test(
      "projections are told before the commit returns, with the writer's own state",
      Effect.gen(function*() {
        const journal = yield* Journal
        const seen: Array<FeedEntry> = []
        yield* journal.project((entries) => seen.push(...entries))
        const state = { deep: { list: [1, 2, 3] } }
        yield* journal.commit(commitOf([append("1", 0, state)]))
        assert.strictEqual(seen.length, 1)
        assert.strictEqual(seen[0]!.state, state)
      })
    )

    test(
      "a projection hears nothing of duplicates and refusals, nor after its scope",
      Effect.gen(function*() {
        const journal = yield* Journal
        const scope = yield* Scope.make()
        let groups = 0
        yield* journal.project(() => groups++).pipe(Scope.provide(scope))
        const commit = commitOf([append("1", 0, 1)], { requestId: "r" })
        yield* journal.commit(commit)
        yield* journal.commit(commit)
        yield* Effect.flip(journal.commit(commitOf([append("1", 0, 1)])))
        yield* Scope.close(scope, Exit.void)
        yield* journal.commit(commitOf([append("2", 0, 1)]))
        assert.strictEqual(groups, 1)
      })
    )

    test(
      "a broken projection is not hidden from writers, and stops no other",
      Effect.gen(function*() {
        const journal = yield* Journal
        let heard = 0
        yield* journal.project(() => {
          throw new Error("broken view")
        })
        yield* journal.project(() => heard++)
        const exit = yield* Effect.exit(journal.commit(commitOf([append("1", 0, 1)])))
        assert.isTrue(Exit.hasDies(exit))
        assert.strictEqual(heard, 1)
      })
    )

    test(
      "an interrupted commit is applied or not, and told either way",
      Effect.gen(function*() {
        const journal = yield* Journal
        let entries = 0
        yield* journal.project((group) => entries += group.length)
        const fiber = yield* Effect.forkChild(journal.commit(commitOf([append("1", 0, 1)])), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        yield* journal.commit(commitOf([append("2", 0, 1)]))
        assert.strictEqual((yield* Stream.runCollect(journal.feed(0))).length, entries)
      })
    )
  })
}
