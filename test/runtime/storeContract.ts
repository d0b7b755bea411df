/** What every store must do: one suite, run over each adapter and over the model the simulation uses. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import type { Layer } from "effect"
import { runnerShard, Store } from "../../src/runtime/kernel/Store.ts"
import type { StoreAnswer, StoreAppend, StoreBatch, StoreCommit, StoreEntry, StoreSnapshot } from "../../src/runtime/kernel/Store.ts"
import { chance } from "./journalModel.ts"
import { randomStoreCommit, StoreModel } from "./storeModel.ts"

export interface Options {
  /** A store nobody has written to. */
  readonly fresh: () => Layer.Layer<Store, unknown>
  /** Lets so much time pass on the store's clock, or a little more. */
  readonly elapse: (millis: number) => Effect.Effect<void, unknown, Store>
  /** `live` where time is real. */
  readonly it?: "effect" | "live"
}

const leaseMillis = 300

const put = (id: string, expected: number, rest: Partial<StoreAppend> = {}): StoreAppend => ({
  type: "thing",
  id,
  expected,
  pending: false,
  state: JSON.stringify({ id, expected }),
  events: "[]",
  ...rest
})

const commitOf = (appends: ReadonlyArray<StoreAppend>, rest: Partial<StoreCommit> = {}): StoreCommit => ({
  fences: [],
  requestId: null,
  reply: "null",
  appends,
  ...rest
})

/** One writer, whose batches are numbered. */
const writerOf = (name = "w") => {
  let number = 0
  const batch = (commits: ReadonlyArray<StoreCommit>, rest: Partial<StoreBatch> = {}): StoreBatch =>
    ({ writer: name, number: ++number, known: 0, commits, ...rest })
  const send = (...commits: ReadonlyArray<StoreCommit>) => Store.use((store) => store.commit(batch(commits)))
  return { batch, send }
}

const applied = (position: number): StoreAnswer => ({ _tag: "Applied", position })
const byKey = (a: StoreSnapshot, b: StoreSnapshot) => `${a.type} ${a.id}` < `${b.type} ${b.id}` ? -1 : 1
const scanned = (type: string | null = null) =>
  Store.use((store) => Effect.map(Stream.runCollect(store.scan(type)), (found) => found.toSorted(byKey)))
const runnerOf = (address: string) => ({ address, about: `{"of":"${address}"}`, isHealthy: true, leaseMillis })
const seeds = process.env["KILONOVA_SEED"] === undefined ? [1, 2, 3, 4, 5, 6] : [Number(process.env["KILONOVA_SEED"])]

/** Batches of commits, sometimes sent twice, from two writers. */
const history = Effect.fnUntraced(function*(seed: number) {
  const store = yield* Store
  const random = chance(seed)
  const model = new StoreModel()
  const writers = [writerOf("one"), writerOf("two")]
  for (let step = 0; step < 60; step++) {
    const shard = random.pick(["x", "y"])
    if (random.happens(0.1)) assert.strictEqual(yield* store.acquire(shard), model.acquire(shard))
    const writer = random.pick(writers)
    const commits = Array.from({ length: 1 + random.below(8) }, () => randomStoreCommit(model, random))
    const batch = writer.batch(commits.map(({ commit }) => commit), { known: random.happens(0.5) ? 0 : model.settled })
    const expected = commits.map(({ apply }) => apply(batch.writer))
    model.settled = model.feed.length
    assert.deepStrictEqual(yield* store.commit(batch), expected, `batch ${batch.number} of ${batch.writer}`)
    if (random.happens(0.3)) assert.deepStrictEqual(yield* store.commit(batch), expected, "the same batch again")
  }
  assert.deepStrictEqual(yield* store.read(0, 10_000), model.feed)
  assert.deepStrictEqual(yield* scanned(), [...model.streams.values()].toSorted(byKey))
  for (const snapshot of model.streams.values()) assert.deepStrictEqual(yield* store.load(snapshot.type, snapshot.id), snapshot)
})

export const storeContract = (name: string, options: Options): void => {
  const run = it[options.it ?? "effect"]
  const test = (title: string, body: Effect.Effect<void, unknown, Store>) =>
    run(title, () => body.pipe(Effect.provide(options.fresh(), { local: true })))

  describe(`${name} as a store`, () => {
    for (const seed of seeds) test(`random histories end as the model says, seed ${seed}`, history(seed))
    commits(test)
    batches(test)
    reads(test)
    condemnations(test)
    memberships(test, options.elapse)
    shards(test, options.elapse)
  })
}

type Test = (title: string, body: Effect.Effect<void, unknown, Store>) => void

const commits = (test: Test): void => {
  test("positions count appends from 1, over all commits and refusals", Effect.gen(function*() {
    const { send } = writerOf()
    assert.deepStrictEqual(yield* send(commitOf([put("1", 0), put("2", 0)])), [applied(2)])
    assert.deepStrictEqual(yield* send(commitOf([put("1", 0)]), commitOf([put("3", 0)])), [
      { _tag: "Conflict", append: 0, actual: 1 },
      applied(3)
    ])
    const store = yield* Store
    assert.deepStrictEqual((yield* store.read(0, 10)).map(({ position, id }) => `${position} ${id}`), ["1 1", "2 2", "3 3"])
    assert.deepInclude(yield* store.head, { position: 3, oldest: 1, timeline: 1 })
  }))

  test("a commit that conflicts in its last append leaves nothing", Effect.gen(function*() {
    const { send } = writerOf()
    const refused = commitOf([put("1", 0), put("1", 1), put("2", 7)], { requestId: "r" })
    assert.deepStrictEqual(yield* send(refused), [{ _tag: "Conflict", append: 2, actual: 0 }])
    assert.deepStrictEqual(yield* scanned(), [])
    assert.deepStrictEqual(yield* send(commitOf([put("1", 0)], { requestId: "r" })), [applied(1)])
  }))

  test("appends of one commit to one stream see each other, also over its removal", Effect.gen(function*() {
    const { send } = writerOf()
    const appends = [put("1", 0), put("1", 1, { pending: true }), put("1", 2, { state: null }), put("1", 0, { state: `"anew"` })]
    assert.deepStrictEqual(yield* send(commitOf(appends)), [applied(4)])
    const store = yield* Store
    assert.deepInclude(yield* store.load("thing", "1"), { version: 1, state: `"anew"`, pending: false })
    assert.deepStrictEqual((yield* store.read(0, 9)).map(({ version }) => version), [1, 2, 3, 1])
  }))

  test("commits of one batch see each other", Effect.gen(function*() {
    const { send } = writerOf()
    const request = { requestId: "r", reply: `"first"` }
    assert.deepStrictEqual(
      yield* send(commitOf([put("1", 0)], request), commitOf([put("1", 0)], request), commitOf([put("1", 1)])),
      [applied(1), { _tag: "Duplicate", position: 1, reply: `"first"` }, applied(2)]
    )
  }))

  test("the first fence that is not the newest is named", Effect.gen(function*() {
    const store = yield* Store
    const { send } = writerOf()
    const first = yield* store.acquire("s")
    const newest = yield* store.acquire("s")
    assert.isAbove(newest, first)
    const fences = [{ shard: "never", epoch: 0 }, { shard: "s", epoch: first }]
    assert.deepStrictEqual(yield* send(commitOf([put("1", 0)], { fences })), [{ _tag: "Fenced", fence: 1, newest }])
    assert.deepStrictEqual(yield* send(commitOf([put("1", 0)], { fences: [{ shard: "s", epoch: newest }] })), [applied(1)])
    assert.deepStrictEqual(yield* store.epochs(["s", "never"]), [newest, 0])
  }))

  test("a fenced owner gets no answer to a request of its past", Effect.gen(function*() {
    const store = yield* Store
    const { send } = writerOf()
    const fences = [{ shard: "s", epoch: yield* store.acquire("s") }]
    const commit = commitOf([put("1", 0)], { fences, requestId: "r" })
    yield* send(commit)
    yield* store.acquire("s")
    assert.deepInclude((yield* send(commit))[0], { _tag: "Fenced" })
  }))
}

const batches = (test: Test): void => {
  test("the same batch again is applied once and answered alike", Effect.gen(function*() {
    const store = yield* Store
    const { batch } = writerOf()
    const sent = batch([commitOf([put("1", 0)]), commitOf([put("1", 0)])])
    const answers = yield* store.commit(sent)
    assert.deepStrictEqual(yield* store.commit(sent), answers)
    assert.deepStrictEqual((yield* store.head).position, 1)
  }))

  test("two writers' batches of one number are two", Effect.gen(function*() {
    yield* writerOf("a").send(commitOf([put("1", 0)]))
    assert.deepStrictEqual(yield* writerOf("b").send(commitOf([put("2", 0)])), [applied(2)])
  }))

  test("a store that is behind its writer says so and applies nothing", Effect.gen(function*() {
    const store = yield* Store
    const { batch, send } = writerOf()
    yield* send(commitOf([put("1", 0)]))
    const refused = yield* Effect.flip(store.commit(batch([commitOf([put("2", 0)])], { known: 2 })))
    assert.deepInclude(refused, { _tag: "StoreRolledBack", position: 1, known: 2 })
    assert.strictEqual(yield* store.load("thing", "2"), null)
    assert.deepStrictEqual(yield* store.commit(batch([commitOf([put("2", 0)])], { known: 1 })), [applied(2)])
  }))

  test("of many racing for one version, one wins", Effect.gen(function*() {
    const racing = Array.from({ length: 20 }, (_, index) => writerOf(`w${index}`).send(commitOf([put("1", 0)])))
    const answers = (yield* Effect.all(racing, { concurrency: "unbounded" })).flat()
    assert.strictEqual(answers.filter(({ _tag }) => _tag === "Applied").length, 1)
  }))
}

const reads = (test: Test): void => {
  test("texts come back as they were, whatever is in them", Effect.gen(function*() {
    const store = yield* Store
    const texts = ["", "naïve – 星 🚀", "null\u0000inside", "quote ' \" \\ \r\n", "\ud800", "1 0 x", "{}[]*?"]
    const appends = texts.map((text, index) =>
      put(`${index}/${text.replaceAll("\ud800", "")}`, 0, { type: `t\u0000 ${index}`, state: JSON.stringify(text), events: JSON.stringify([text]) }))
    yield* writerOf("wé\u0000").send(...appends.map((append) => commitOf([append])))
    const found = yield* scanned()
    assert.deepStrictEqual(found, appends.map(({ id, state, type }) => ({ type, id, version: 1, pending: false, state: state! })).toSorted(byKey))
    assert.deepStrictEqual((yield* store.read(0, 99)).map(({ events, id, state, type, writer }) => ({ events, id, state, type, writer })),
      appends.map(({ events, id, state, type }) => ({ events, id, state, type, writer: "wé\u0000" })))
  }))

  test("a state of a mebibyte is kept", Effect.gen(function*() {
    const store = yield* Store
    const state = JSON.stringify("x".repeat(1024 ** 2))
    yield* writerOf().send(commitOf([put("large", 0, { state })]))
    assert.strictEqual((yield* store.load("thing", "large"))?.state, state)
    assert.strictEqual((yield* store.read(0, 1))[0]?.state, state)
  }))

  test("a scan gives every live stream of a type once", Effect.gen(function*() {
    const { send } = writerOf()
    for (let page = 0; page < 5; page++) {
      yield* send(...Array.from({ length: 200 }, (_, index) => commitOf([put(`${page}-${index}`, 0), put(`${page}-${index}`, 0, { type: "other" })])))
    }
    yield* send(commitOf([put("0-0", 1, { state: null })]))
    const found = yield* scanned("thing")
    assert.strictEqual(found.length, 999)
    assert.strictEqual(new Set(found.map(({ id }) => id)).size, 999)
    assert.strictEqual((yield* scanned()).length, 1999)
    assert.deepStrictEqual(yield* scanned("nothing"), [])
  }))

  test("reads pages of the feed, none where there is none", Effect.gen(function*() {
    const store = yield* Store
    yield* writerOf().send(...["1", "2", "3"].map((id) => commitOf([put(id, 0)])))
    const positions = (entries: ReadonlyArray<StoreEntry>) => entries.map(({ position }) => position)
    assert.deepStrictEqual(positions(yield* store.read(0, 2)), [1, 2])
    assert.deepStrictEqual(positions(yield* store.read(2, 2)), [3])
    assert.deepStrictEqual(yield* store.read(3, 2), [])
    assert.deepStrictEqual(positions(yield* store.follow(1, 9)), [2, 3])
  }))

  test("who follows hears of a commit that comes later", Effect.gen(function*() {
    const store = yield* Store
    const { send } = writerOf()
    yield* send(commitOf([put("1", 0)]))
    const following = yield* Effect.forkChild(store.follow(1, 9), { startImmediately: true })
    yield* send(commitOf([put("2", 0)]))
    assert.deepStrictEqual((yield* Fiber.join(following)).map(({ id }) => id), ["2"])
  }))

  test("a head nobody wrote to is at 0, and keeps its cloud", Effect.gen(function*() {
    const store = yield* Store
    const head = yield* store.head
    assert.deepInclude(head, { position: 0, oldest: 1 })
    assert.isNotEmpty(head.cloudId)
    yield* writerOf().send(commitOf([put("1", 0)]))
    assert.strictEqual((yield* store.head).cloudId, head.cloudId)
  }))
}

const condemnations = (test: Test): void => {
  test("a store of which somebody saw more takes no commit any more, of anybody", Effect.gen(function*() {
    const store = yield* Store
    const { send } = writerOf()
    yield* send(commitOf([put("1", 0)]))
    yield* store.condemn
    assert.isBelow((yield* store.head).timeline, 0)
    assert.strictEqual((yield* Effect.flip(send(commitOf([put("2", 0)]))))._tag, "StoreRolledBack")
    assert.strictEqual((yield* Effect.flip(writerOf().send(commitOf([put("2", 0)]))))._tag, "StoreRolledBack")
    yield* store.condemn
    assert.isBelow((yield* store.head).timeline, 0)
  }))
}

const memberships = (test: Test, elapse: Options["elapse"]): void => {
  test("members are listed with their lease, health and epoch until they leave", Effect.gen(function*() {
    const store = yield* Store
    const { epoch, machineId } = yield* store.register({ ...runnerOf("a"), leaseMillis: 60_000 })
    yield* store.setHealth("a", false)
    const { atMillis } = yield* store.head
    const [member, ...others] = yield* store.runners
    assert.deepStrictEqual(others, [])
    assert.deepInclude(member, { address: "a", about: `{"of":"a"}`, isHealthy: false, machineId, epoch })
    assert.closeTo(member!.leaseUntilMillis - atMillis, 60_000, 5_000)
    assert.deepStrictEqual(yield* store.epochs([runnerShard("a")]), [epoch])
    yield* store.unregister("a")
    assert.deepStrictEqual(yield* store.runners, [])
    assert.isAbove((yield* store.epochs([runnerShard("a")]))[0]!, epoch)
  }))

  test("machine ids are the smallest free, and used again", Effect.gen(function*() {
    const store = yield* Store
    const register = (address: string) => Effect.map(store.register({ ...runnerOf(address), leaseMillis: 60_000 }), ({ machineId }) => machineId)
    const [a, b, c] = [yield* register("a"), yield* register("b"), yield* register("c")]
    assert.deepStrictEqual([b - a, c - b], [1, 1])
    yield* store.unregister("b")
    assert.strictEqual(yield* register("d"), b)
    assert.strictEqual(yield* register("e"), c + 1)
  }))

  test("a runner whose lease is over is given up, and its commits are fenced", Effect.gen(function*() {
    const store = yield* Store
    const { epoch } = yield* store.register(runnerOf("a"))
    yield* store.lock("a", epoch, ["s"])
    yield* elapse(leaseMillis)
    assert.deepStrictEqual(yield* store.runners, [])
    const fences = [{ shard: runnerShard("a"), epoch }]
    assert.deepInclude((yield* writerOf().send(commitOf([put("1", 0)], { fences })))[0], { _tag: "Fenced", newest: epoch + 1 })
    assert.strictEqual(yield* store.refresh("a", epoch, leaseMillis), null)
    assert.deepStrictEqual(yield* store.lock("a", epoch, ["t"]), [])
    const again = yield* store.register(runnerOf("a"))
    assert.strictEqual(again.epoch, epoch + 2)
    assert.deepStrictEqual(yield* store.refresh("a", again.epoch, leaseMillis), [])
  }))
}

const shards = (test: Test, elapse: Options["elapse"]): void => {
  test("who asks again for what it holds gets it anew: the first answer may have been lost", Effect.gen(function*() {
    const store = yield* Store
    const a = yield* store.register({ ...runnerOf("a"), leaseMillis: 60_000 })
    yield* store.lock("a", a.epoch, ["s"])
    assert.deepStrictEqual(yield* store.lock("a", a.epoch, ["s", "t"]), [{ shard: "s", epoch: 2 }, { shard: "t", epoch: 1 }])
    assert.deepStrictEqual([...(yield* store.refresh("a", a.epoch, 60_000)) ?? []].toSorted(), ["s", "t"])
  }))

  test("a lock takes what is free, and its epoch grows", Effect.gen(function*() {
    const store = yield* Store
    const a = yield* store.register({ ...runnerOf("a"), leaseMillis: 60_000 })
    const b = yield* store.register({ ...runnerOf("b"), leaseMillis: 60_000 })
    assert.deepStrictEqual(yield* store.lock("a", a.epoch, ["s", "t"]), [{ shard: "s", epoch: 1 }, { shard: "t", epoch: 1 }])
    assert.deepStrictEqual(yield* store.lock("b", b.epoch, ["t", "u"]), [{ shard: "u", epoch: 1 }])
    assert.deepStrictEqual(yield* store.holders(["s", "t", "u", "v"]), ["a", "a", "b", null])
    assert.deepStrictEqual((yield* store.refresh("a", a.epoch, 60_000))?.toSorted(), ["s", "t"])
    yield* store.unlock("a", ["t", "u"])
    assert.deepStrictEqual(yield* store.holders(["s", "t", "u"]), ["a", null, "b"])
    assert.deepStrictEqual(yield* store.lock("b", b.epoch, ["t"]), [{ shard: "t", epoch: 2 }])
    yield* store.unlock("b", null)
    assert.deepStrictEqual(yield* store.holders(["s", "t", "u"]), ["a", null, null])
    assert.deepStrictEqual(yield* store.refresh("b", b.epoch, 60_000), [])
  }))

  test("a lease that is refreshed keeps its locks, one that ends frees them", Effect.gen(function*() {
    const store = yield* Store
    const a = yield* store.register(runnerOf("a"))
    const b = yield* store.register({ ...runnerOf("b"), leaseMillis: 60_000 })
    yield* store.lock("a", a.epoch, ["s", "t"])
    assert.deepStrictEqual((yield* store.refresh("a", a.epoch, 60_000))?.toSorted(), ["s", "t"])
    yield* elapse(leaseMillis)
    assert.deepStrictEqual(yield* store.lock("b", b.epoch, ["s"]), [])
    yield* store.refresh("a", a.epoch, leaseMillis)
    yield* elapse(leaseMillis)
    assert.deepStrictEqual(yield* store.holders(["s"]), [null])
    assert.deepStrictEqual(yield* store.lock("b", b.epoch, ["s"]), [{ shard: "s", epoch: 2 }])
    assert.deepStrictEqual(yield* store.holders(["s", "t"]), ["b", null])
    // Nobody gave it up: it is late, and has what nobody took meanwhile.
    assert.deepStrictEqual(yield* store.refresh("a", a.epoch, 60_000), ["t"])
    assert.deepStrictEqual(yield* store.holders(["s", "t"]), ["b", "a"])
  }))

  test("a runner that registers anew or leaves holds nothing of its past", Effect.gen(function*() {
    const store = yield* Store
    const first = yield* store.register({ ...runnerOf("a"), leaseMillis: 60_000 })
    yield* store.lock("a", first.epoch, ["s"])
    const second = yield* store.register({ ...runnerOf("a"), leaseMillis: 60_000 })
    assert.isAbove(second.epoch, first.epoch)
    assert.deepStrictEqual(yield* store.holders(["s"]), [null])
    assert.strictEqual(yield* store.refresh("a", first.epoch, leaseMillis), null)
    assert.deepStrictEqual(yield* store.lock("a", first.epoch, ["s"]), [])
    assert.deepStrictEqual(yield* store.lock("a", second.epoch, ["s"]), [{ shard: "s", epoch: 2 }])
    yield* store.unregister("a")
    assert.deepStrictEqual(yield* store.holders(["s"]), [null])
    assert.deepStrictEqual(yield* store.lock("a", second.epoch, ["s"]), [])
  }))
}
