import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Stream } from "effect"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { Records, WritersPromises } from "../../src/runtime/kernel/Records.ts"
import type { Change, Table } from "../../src/runtime/kernel/Records.ts"
import { memoryJournal, owningAll } from "../fixtures/ownership.ts"
import * as RecordsIndex from "../../src/runtime/projections/RecordsIndex.ts"
import * as SqliteJournal from "../../src/runtime/sqlite/SqliteJournal.ts"
import { chance, commitOf } from "./journalModel.ts"

type Flavor = { readonly id: string; readonly name: string; readonly alias: string | null; readonly ram: number }
type KeyPair = { readonly user: string; readonly name: string }

const flavors: Table<Flavor> = {
  type: "flavor",
  key: ({ id }) => id,
  unique: { name: ({ name }) => name, alias: ({ alias }) => alias }
}
const keyPairs: Table<KeyPair> = { type: "keypair", key: ({ name, user }) => `${user}/${name}` }

const flavor = (id: string, name = `name-${id}`, rest: Partial<Flavor> = {}): Flavor => ({
  id,
  name,
  alias: null,
  ram: 512,
  ...rest
})
const create = (record: Flavor): Change<Flavor> => ({ table: flavors, put: record, expect: "absent" })
const write = (...changes: ReadonlyArray<Change<Flavor> | Change<KeyPair>>) =>
  Records.use((records) => records.write(changes as ReadonlyArray<Change>))
const refused = (...changes: ReadonlyArray<Change<Flavor>>) => Effect.flip(write(...changes))

const folder = mkdtempSync(join(tmpdir(), "kilonova-records-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const sqlite = (path: string) => RecordsIndex.layer.pipe(Layer.provideMerge(Layer.merge(SqliteJournal.layer({ path }), owningAll("local", 0))))

const memory = RecordsIndex.layer.pipe(Layer.provideMerge(memoryJournal))
const test = (title: string, body: Effect.Effect<void, unknown, Records | Journal>) =>
  it.effect(title, () => Effect.provide(body, memory, { local: true }))

/** A journal that another writer commits to while it is being read for the first time. */
const busy = Layer.effect(Journal, Effect.map(Journal, (journal) => ({
  ...journal,
  scan: (type?: string) =>
    Stream.unwrap(Effect.gen(function*() {
      const before = yield* Stream.runCollect(journal.scan(type))
      yield* Effect.orDie(journal.commit({
        shard: "records", epoch: null, requestId: null, reply: null,
        appends: [{
          stream: { type: "flavor", id: "7" }, expectedVersion: 0, events: [], state: { order: 1, record: flavor("7") }, pending: false
        }]
      }))
      return Stream.fromIterable(before)
    }))
}))).pipe(Layer.provideMerge(memoryJournal))

describe("records", () => {
  test("written in the name of somebody who was replaced are not written", Effect.gen(function*() {
    const records = yield* Records
    const journal = yield* Journal
    const promises = [{ shard: "conductor", epoch: yield* journal.acquire("conductor") }]
    const inItsName = <A, E>(effect: Effect.Effect<A, E, Records>) => Effect.provideService(effect, WritersPromises, promises)
    yield* inItsName(write(create(flavor("1"))))
    yield* journal.acquire("conductor")
    assert.strictEqual((yield* Effect.flip(inItsName(write(create(flavor("2"))))))._tag, "JournalUnavailable")
    yield* write(create(flavor("3")))
    assert.strictEqual(records.size(flavors), 2)
  }))

  it.effect("what is written while they are read for the first time is there", () =>
    Effect.gen(function*() {
      const records = yield* Records
      assert.strictEqual(records.get(flavors, "7")?.name, "name-7")
      yield* write(create(flavor("8")))
      assert.deepStrictEqual([...records.all(flavors)].map(({ id }) => id), ["7", "8"])
    }).pipe(Effect.provide(Layer.provide(RecordsIndex.layer, busy))))

  test(
    "a write is read back at once, by key and by unique key, in the order of creation",
    Effect.gen(function*() {
      const records = yield* Records
      yield* write(create(flavor("9")), create(flavor("1", "small", { alias: "s" })))
      yield* write(create(flavor("5")), { table: keyPairs, put: { user: "u", name: "k" }, expect: "absent" })
      yield* write({ table: flavors, put: flavor("9", "renamed"), expect: 1 })
      assert.deepStrictEqual(records.get(flavors, "9"), flavor("9", "renamed"))
      assert.strictEqual(records.find(flavors, "alias", "s")?.id, "1")
      assert.strictEqual(records.find(flavors, "name", "renamed")?.id, "9")
      assert.strictEqual(records.find(flavors, "name", "name-9"), undefined)
      const all = records.all(flavors)
      assert.deepStrictEqual([...all].map(({ id }) => id), ["9", "1", "5"])
      assert.strictEqual([...all].length, 3)
      assert.strictEqual(records.size(flavors), 3)
      assert.strictEqual(records.version(flavors, "9"), 2)
      assert.strictEqual(records.version(flavors, "none"), 0)
      assert.deepStrictEqual(records.get(keyPairs, "u/k"), { user: "u", name: "k" })
    })
  )

  test(
    "what the writer saw must still be so",
    Effect.gen(function*() {
      yield* write(create(flavor("1")))
      assert.deepInclude(yield* refused(create(flavor("1"))), { expected: 0, actual: 1 })
      assert.deepInclude(yield* refused({ table: flavors, put: flavor("1"), expect: 7 }), { expected: 7, actual: 1 })
      assert.deepInclude(yield* refused({ table: flavors, remove: "1", expect: 2 }), { expected: 2, actual: 1 })
      assert.deepInclude(yield* refused({ table: flavors, remove: "2", expect: 1 }), { expected: 1, actual: 0 })
      yield* write({ table: flavors, remove: "2", expect: "any" })
      yield* write({ table: flavors, put: flavor("1", "one"), expect: "any" })
    })
  )

  test(
    "a taken unique key is a conflict of its index, and nothing of the write is kept",
    Effect.gen(function*() {
      const records = yield* Records
      yield* write(create(flavor("1", "small")))
      const conflict = yield* refused(create(flavor("2", "other")), create(flavor("3", "small")))
      assert.deepInclude(conflict, { _tag: "VersionConflict", expected: 0, actual: 1 })
      assert.deepStrictEqual({ ...("stream" in conflict ? conflict.stream : {}) }, { type: "flavor/name", id: "small" })
      assert.strictEqual(records.size(flavors), 1)
      assert.strictEqual((yield* refused(create(flavor("4", "x")), create(flavor("5", "x"))))._tag, "VersionConflict")
      yield* write({ table: flavors, remove: "1", expect: 1 })
      yield* write(create(flavor("3", "small")))
      assert.strictEqual(records.find(flavors, "name", "small")?.id, "3")
    })
  )

  test(
    "two records exchange their unique keys in one write",
    Effect.gen(function*() {
      const records = yield* Records
      yield* write(create(flavor("1", "a")), create(flavor("2", "b")))
      yield* write(
        { table: flavors, put: flavor("1", "b"), expect: 1 },
        { table: flavors, put: flavor("2", "a"), expect: 1 }
      )
      assert.strictEqual(records.find(flavors, "name", "a")?.id, "2")
      assert.strictEqual(records.find(flavors, "name", "b")?.id, "1")
    })
  )

  it.effect("of writers racing for a record one wins; those that expect nothing all get through", () =>
    Effect.gen(function*() {
      const records = yield* Records
      const race = (changes: ReadonlyArray<Change<Flavor>>) =>
        Effect.all(changes.map((change) => Effect.exit(write(change))), { concurrency: "unbounded" })
      const creators = yield* race(Array.from({ length: 5 }, (_, ram) => create(flavor("1", "n", { ram }))))
      assert.strictEqual(creators.filter(Exit.isSuccess).length, 1)
      const names = yield* race(Array.from({ length: 5 }, (_, id) => create(flavor(`n${id}`, "taken"))))
      assert.strictEqual(names.filter(Exit.isSuccess).length, 1)
      const any = yield* race(
        Array.from({ length: 5 }, (_, ram) => ({ table: flavors, put: flavor("1", "n", { ram }), expect: "any" }))
      )
      assert.strictEqual(any.filter(Exit.isSuccess).length, 5)
      assert.strictEqual(records.version(flavors, "1"), 6)
    }).pipe(Effect.provide(sqlite(join(folder, `${++files}.db`)))))

  it.effect.each([1, 2, 3, 4])("after a restart everything is as it was, seed %d", (seed) =>
    Effect.gen(function*() {
      const path = join(folder, `${++files}.db`)
      const random = chance(seed)
      const view = Effect.map(Records, (records) =>
        [...records.all(flavors)].map((record) => ({
          record,
          version: records.version(flavors, record.id),
          byName: records.find(flavors, "name", record.name)?.id,
          byAlias: record.alias === null ? null : records.find(flavors, "alias", record.alias)?.id
        })))
      const before = yield* Effect.gen(function*() {
        for (let step = 0; step < 80; step++) {
          const id = `${random.below(12)}`
          const put = flavor(id, `n${random.below(12)}`, { alias: random.happens(0.5) ? null : `a${random.below(12)}` })
          const change: Change<Flavor> = random.happens(0.2)
            ? { table: flavors, remove: id, expect: "any" }
            : { table: flavors, put, expect: "any" }
          yield* Effect.exit(write(change))
        }
        return yield* view
      }).pipe(Effect.provide(sqlite(path)))
      assert.isAbove(before.length, 2)
      for (const { byAlias, byName, record } of before) {
        assert.strictEqual(byName, record.id)
        if (byAlias !== null) assert.strictEqual(byAlias, record.id)
      }
      assert.deepStrictEqual(yield* view.pipe(Effect.provide(sqlite(path), { local: true })), before)
    }))

  test(
    "a watcher hears of its tables' records before the write returns, and of nothing after its scope",
    Effect.gen(function*() {
      const records = yield* Records
      const heard: Array<unknown> = []
      yield* Effect.scoped(Effect.gen(function*() {
        yield* records.watch([flavors], (type, key, record) => heard.push([type, key, record]))
        yield* write(create(flavor("1")), { table: keyPairs, put: { user: "u", name: "k" }, expect: "absent" })
        assert.deepStrictEqual(heard, [["flavor", "1", flavor("1")]])
        yield* write({ table: flavors, remove: "1", expect: "any" })
      }))
      yield* write(create(flavor("2")))
      assert.deepStrictEqual(heard.slice(1), [["flavor", "1", undefined]])
    })
  )

  test(
    "1,000 records are one quick commit, and other streams are none of ours",
    Effect.gen(function*() {
      const records = yield* Records
      const journal = yield* Journal
      let groups = 0
      yield* Effect.scoped(Effect.gen(function*() {
        yield* journal.project(() => groups++)
        yield* write(...Array.from({ length: 1000 }, (_, index) => create(flavor(`${index}`))))
      }))
      assert.strictEqual(groups, 1)
      assert.strictEqual(records.size(flavors), 1000)
      const stream = { type: "flavor", id: "foreign" }
      yield* journal.commit(commitOf([{ stream, expectedVersion: 0, events: [], state: { id: "x" }, pending: false }]))
      assert.strictEqual(records.size(flavors), 1000)
    })
  )
})
