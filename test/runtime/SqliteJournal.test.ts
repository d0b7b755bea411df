import { mkdtempSync, writeFileSync, openSync, writeSync, closeSync, rmSync, mkdirSync } from "node:fs"
import { spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Stream } from "effect"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import * as SqliteJournal from "../../src/runtime/sqlite/SqliteJournal.ts"
import { journalContract } from "./journalContract.ts"
import { append, commitOf } from "./journalModel.ts"

const folder = mkdtempSync(join(tmpdir(), "kilonova-journal-"))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const nextPath = () => join(folder, `journal-${++files}.db`)
const lastPath = () => join(folder, `journal-${files}.db`)

journalContract("sqlite", {
  fresh: () => SqliteJournal.layer({ path: nextPath() }),
  again: () => SqliteJournal.layer({ path: lastPath() })
})

const opened = (path: string, bytesMax?: number) =>
  SqliteJournal.layer(bytesMax === undefined ? { path } : { path, bytesMax })
const write = (id: string, expectedVersion = 0, state: string | number = 1) =>
  Journal.use((journal) => journal.commit(commitOf([append(id, expectedVersion, state)])))
const refusal = (path: string) =>
  Effect.flip(Effect.provide(Effect.void, opened(path))).pipe(
    Effect.tap((error) => Effect.sync(() => assert.include(error.message, path)))
  )

describe("a file that cannot be used is refused by name, with the cure", () => {
  it.effect("in a folder that is not there", () =>
    Effect.map(refusal(join(folder, "nowhere", "j.db")), ({ reason }) => assert.strictEqual(reason, "unwritable")))

  it.effect("a folder", () => {
    const path = nextPath()
    mkdirSync(path)
    return Effect.map(refusal(path), ({ reason }) => assert.strictEqual(reason, "unwritable"))
  })

  it.effect("no SQLite file", () => {
    const path = nextPath()
    writeFileSync(path, "hello, this is a text file and not a database\n".repeat(200))
    return Effect.map(refusal(path), ({ reason }) => assert.strictEqual(reason, "damaged"))
  })

  it.effect("somebody else's tables", () => {
    const path = nextPath()
    const db = new DatabaseSync(path)
    db.exec("CREATE TABLE songs (title)")
    db.close()
    return Effect.map(refusal(path), ({ reason }) => assert.strictEqual(reason, "foreign"))
  })

  it.effect("of a newer release", () =>
    Effect.gen(function*() {
      const path = nextPath()
      yield* Effect.provide(write("1"), opened(path))
      const db = new DatabaseSync(path)
      db.exec("UPDATE meta SET value = 99 WHERE key = 'schema'")
      db.close()
      assert.strictEqual((yield* refusal(path)).reason, "newer")
    }))

  it.effect("of pages that were overwritten", () =>
    Effect.gen(function*() {
      const path = nextPath()
      yield* Effect.provide(write("1"), opened(path))
      const file = openSync(path, "r+")
      writeSync(file, Buffer.alloc(3000, 0x5a), 0, 3000, 100)
      closeSync(file)
      assert.strictEqual((yield* refusal(path)).reason, "damaged")
    }))

  it.effect("held by another, until that one closes it", () =>
    Effect.gen(function*() {
      const path = nextPath()
      yield* Effect.gen(function*() {
        yield* write("1")
        assert.strictEqual((yield* refusal(path)).reason, "locked")
        yield* write("2")
      }).pipe(Effect.provide(opened(path)))
      yield* write("3").pipe(Effect.provide(opened(path), { local: true }))
    }))
})

it.effect("on a full disk commits fail, nothing of them is kept, and it goes on when there is space", () =>
  Effect.gen(function*() {
    const path = nextPath()
    const big = "x".repeat(50_000)
    const seen: Array<string> = []
    yield* Effect.gen(function*() {
      const journal = yield* Journal
      yield* journal.project((entries) => entries.forEach(({ stream }) => seen.push(stream.id)))
      const exits = yield* Effect.forEach(Array.from({ length: 20 }, (_, index) => `${index}`), (id) =>
        Effect.exit(write(id, 0, big)))
      const failed = exits.filter(Exit.isFailure)
      assert.isAbove(failed.length, 0)
      yield* write("small")
      assert.strictEqual(seen.length, 21 - failed.length)
    }).pipe(Effect.scoped, Effect.provide(opened(path, 1_000_000)))
    const kept = yield* Journal.use((journal) => Stream.runCollect(journal.scan())).pipe(Effect.provide(opened(path)))
    assert.sameMembers(kept.map(({ stream }) => stream.id), seen)
  }))

it.effect("a closed journal refuses, and what was under way is finished first", () =>
  Effect.gen(function*() {
    const path = nextPath()
    const escaped = yield* Effect.gen(function*() {
      const journal = yield* Journal
      yield* Effect.forkDetach(journal.commit(commitOf([append("late", 0, 1)])), { startImmediately: true })
      return journal
    }).pipe(Effect.provide(opened(path)))
    const refused = yield* Effect.flip(escaped.commit(commitOf([append("after", 0, 1)])))
    assert.strictEqual(refused._tag, "JournalUnavailable")
    const kept = yield* Journal.use((journal) => Stream.runCollect(journal.scan())).pipe(
      Effect.provide(opened(path), { local: true })
    )
    assert.deepStrictEqual(kept.map(({ stream }) => stream.id), ["late"])
  }))

it.effect("when the file does what it never should, nothing more is written and every writer is told", () =>
  Effect.gen(function*() {
    const path = nextPath()
    yield* Effect.gen(function*() {
      yield* write("1")
      const other = new DatabaseSync(path)
      other.exec("DROP TABLE feed")
      other.close()
      for (const id of ["2", "3"]) assert.strictEqual((yield* Effect.flip(write(id)))._tag, "JournalUnavailable")
      const db = new DatabaseSync(path)
      assert.deepStrictEqual(db.prepare("SELECT id FROM streams").all().map(({ id }) => id), ["1"])
      db.close()
    }).pipe(Effect.provide(opened(path)))
  }))

it.live("writers beyond the queue's limit are refused at once, the others are served", () =>
  Effect.gen(function*() {
    const journal = yield* Journal
    const commits = Array.from({ length: Limits.journalQueueMax + 5 }, (_, id) => commitOf([append(`${id}`, 0, id)]))
    const exits = yield* Effect.forEach(commits, (commit) => Effect.exit(journal.commit(commit)), {
      concurrency: "unbounded"
    })
    assert.strictEqual(exits.filter(Exit.isFailure).length, 5)
    assert.strictEqual((yield* Stream.runCollect(journal.feed(0))).length, Limits.journalQueueMax)
  }).pipe(Effect.provide(opened(nextPath()))))

const startStorm = (path: string) =>
  spawn(process.execPath, [join(import.meta.dirname, "commitStorm.ts"), path], { stdio: ["ignore", "pipe", "inherit"] })

/** Kills a process amid a storm of commits; answers what it had been told was committed. */
const storm = (path: string, kill: number): Promise<ReadonlyArray<string>> =>
  new Promise((resolve, reject) => {
    const child = startStorm(path)
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      if (output.length > kill) child.kill("SIGKILL")
    })
    child.on("error", reject)
    child.on("close", () => resolve(output.split("\n").slice(0, -1)))
  })

it.live("a file that another process writes to is refused, and free as soon as that one is gone", () =>
  Effect.gen(function*() {
    const path = nextPath()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => startStorm(path)),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    yield* Effect.callback<void>((resume) => void child.stdout.once("data", () => resume(Effect.void)))
    child.stdout.resume()
    assert.strictEqual((yield* refusal(path)).reason, "locked")
    const gone = Effect.callback<void>((resume) => void child.once("close", () => resume(Effect.void)))
    yield* Effect.all([gone, Effect.sync(() => child.kill("SIGKILL"))], { concurrency: "unbounded" })
    yield* write("after").pipe(Effect.provide(opened(path)))
  }))

it.live.each([200, 9_000, 40_000])("after kill -9 every acknowledged commit is there, and none in part (%d)", (kill) =>
  Effect.gen(function*() {
    const path = nextPath()
    const acknowledged = yield* Effect.promise(() => storm(path, kill))
    assert.isAbove(acknowledged.length, 10)
    yield* Effect.gen(function*() {
      const journal = yield* Journal
      const streams = yield* Stream.runCollect(journal.scan())
      const left = new Set(streams.filter(({ stream }) => stream.type === "left").map(({ stream }) => stream.id))
      const right = new Set(streams.filter(({ stream }) => stream.type === "right").map(({ stream }) => stream.id))
      assert.deepStrictEqual(left, right)
      assert.deepStrictEqual(acknowledged.filter((id) => !left.has(id)), [])
      assert.strictEqual((yield* Stream.runCollect(journal.feed(0))).length, streams.length)
    }).pipe(Effect.provide(opened(path)))
  }))

it.live("100,000 streams are read quickly after a restart", () =>
  Effect.gen(function*() {
    const path = nextPath()
    const state = { name: "server", flavor: { vcpus: 2, ram: 2048 }, metadata: { a: "b".repeat(300) } }
    yield* Effect.forEach(Array.from({ length: 100 }, (_, index) => index), (group) =>
      Journal.use((journal) =>
        journal.commit(commitOf(Array.from({ length: 1000 }, (_, index) => append(`${group}-${index}`, 0, state))))
      )).pipe(Effect.provide(opened(path)))
    const started = performance.now()
    const count = yield* Journal.use((journal) => Stream.runCount(journal.scan())).pipe(
      Effect.provide(opened(path), { local: true })
    )
    const millis = performance.now() - started
    assert.strictEqual(count, 100_000)
    assert.isBelow(millis, 10_000, "ten times what it takes on a slow machine")
    console.log(`opened and read ${count} streams in ${Math.round(millis)} ms`)
  }))
