/** A backup of a store that is written to all the while is the store at one position, to the last version. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Fiber, Layer, Stream } from "effect"
import { Store } from "../../../src/runtime/kernel/Store.ts"
import type { StoreAppend } from "../../../src/runtime/kernel/Store.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { backup, snapshot } from "../../../src/runtime/main/backup.ts"
import { clusterOptions } from "../../../src/runtime/main/options.ts"
import { restore } from "../../../src/runtime/main/restore.ts"
import { resolve } from "../../../src/runtime/main/settings.ts"
import { examine } from "../../../src/runtime/main/verify.ts"
import { describeRedis, redisServer, temporaryFolder } from "../../fixtures/redisServer.ts"
import { openStore } from "../redis/use.ts"

const settingsOf = (url: string) => {
  const resolved = resolve(clusterOptions, { flags: { redis: url, logLevel: "none" }, environment: {}, file: null })
  if (resolved._tag === "Failure") throw new Error(resolved.failure.join())
  return resolved.success.settings
}

/** What the commands say is not what these tests are about. */
const quiet = Effect.provideService(Console.Console, { ...console, log: () => {} })

const key = (type: string, id: string) => JSON.stringify([type, id])

/** Creates, changes and removes streams; knows each version it has made. */
const makeWriter = (store: Store["Service"], writer: string, next: () => number) => {
  const versions = new Map<string, number>()
  let number = 0
  let known = 0
  return {
    write: (streams: ReadonlyArray<{ readonly type: string; readonly id: string }>) =>
      Effect.gen(function*() {
        const appends = streams.map(({ id, type }): StoreAppend => {
          const expected = versions.get(key(type, id)) ?? 0
          const isRemoved = expected > 0 && next() < 0.2
          versions.set(key(type, id), isRemoved ? 0 : expected + 1)
          return { type, id, expected, pending: next() < 0.5, state: isRemoved ? null : JSON.stringify({ at: next(), text: "ä\n\"" }), events: "[]" }
        })
        const commits = appends.map((append) => ({ fences: [], requestId: null, reply: "null", appends: [append] }))
        const answers = yield* store.commit({ writer, number: ++number, known, commits })
        const last = answers.at(-1)
        if (last?._tag !== "Applied") return yield* Effect.die(new Error(JSON.stringify(last)))
        known = last.position
      })
  }
}

const contents = (store: Store["Service"]) =>
  Effect.map(Stream.runCollect(store.scan(null)), (found) => new Map(found.map((one) => [key(one.type, one.id), JSON.stringify(one)])))

const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  const mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  return ((mixed ^ (mixed >>> 7)) >>> 0) / 2 ** 32
}

describe("a backup's order", () => {
  it.live("a stream that was read before it was removed, and is written after, stays removed", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "backup")
      let position = 0
      // One more than a page: the last is read with the first page, and written with the second.
      const rows = Array.from({ length: Limits.scanPageMax + 1 }, (_, index) =>
        ({ type: "t", id: `i${index}`, version: 1, pending: false, state: "1" }))
      const removal = { ...rows.at(-1)!, position: 1, state: null, events: "[]", writer: "w" }
      const store = Layer.mock(Store, {
        head: Effect.sync(() => ({ cloudId: "c", timeline: 1, position, oldest: 1, atMillis: 0 })),
        scan: () => Stream.fromIterable(rows),
        read: (after) => Effect.sync(() => {
          position = 1
          return after === 0 ? [removal] : []
        }),
        runners: Effect.succeed([]),
        epochs: (shards) => Effect.succeed(shards.map(() => 0))
      })
      yield* quiet(Effect.scoped(Effect.provide(snapshot(file), store)))
      const { streams } = yield* examine(file)
      assert.strictEqual(streams.get("t"), Limits.scanPageMax)
    }))
})

describeRedis("a backup", () => {
  it.live("is the state at its position, whatever is written meanwhile; a restore has the same streams and versions", () =>
    Effect.gen(function*() {
      const seed = 20_260_712
      const next = random(seed)
      const [source, target, folder] = [yield* redisServer(), yield* redisServer(), yield* temporaryFolder]
      const file = join(folder, "backup")
      const store = yield* openStore({ url: source.url, history: 1_000_000 })
      const writer = makeWriter(store, "w", next)
      const anyone = () => ({ type: `t${Math.floor(next() * 5)}`, id: `i${Math.floor(next() * 4_000)}` })
      const some = (count: number) => [...new Map(Array.from({ length: count }, () => {
        const one = anyone()
        return [key(one.type, one.id), one] as const
      })).values()]
      for (let batch = 0; batch < 60; batch++) yield* writer.write(some(500))
      const { position: before } = yield* store.head

      const storm = yield* Effect.forkChild(Effect.forever(Effect.suspend(() => writer.write(some(50)))))
      yield* quiet(backup(settingsOf(source.url), file))
      const { position: after } = yield* store.head
      yield* Fiber.interrupt(storm)

      const checked = yield* examine(file)
      const { position, scanned } = checked.trailer
      const meanwhile = checked.trailer.changes
      assert.isTrue(before < position && position <= after, `seed ${seed}`)
      yield* quiet(restore(settingsOf(target.url), file))
      const restored = yield* openStore({ url: target.url })
      const found = yield* contents(restored)
      const [head, origin] = [yield* restored.head, yield* store.head]
      assert.deepStrictEqual([head.cloudId, head.timeline, head.position, head.oldest], [origin.cloudId, 2, position, position + 1])

      // The feed from its beginning to the position makes the same state.
      const replayed = new Map<string, string>()
      for (let at = 0; at < position;) {
        for (const { id, pending, position: here, state, type, version } of yield* store.read(at, 1_000)) {
          at = here
          if (here > position) break
          if (state === null) replayed.delete(key(type, id))
          else replayed.set(key(type, id), JSON.stringify({ type, id, version, pending, state }))
        }
      }
      assert.strictEqual(found.size, replayed.size)
      for (const [name, stream] of replayed) assert.strictEqual(found.get(name), stream, `seed ${seed}`)
      // Whoever goes on writing there meets the versions it knows.
      const [one] = replayed.values()
      const { id, type, version } = JSON.parse(one!) as { type: string; id: string; version: number }
      const answer = yield* restored.commit({
        writer: "next", number: 1, known: position,
        commits: [version - 1, version].map((expected) => ({
          fences: [], requestId: null, reply: "null", appends: [{ type, id, expected, pending: false, state: "1", events: "[]" }]
        }))
      })
      assert.deepStrictEqual(answer, [{ _tag: "Conflict", append: 0, actual: version }, { _tag: "Applied", position: position + 1 }])
      yield* Console.log(`  seed ${seed}: ${scanned} streams scanned, ${meanwhile} changes meanwhile, ${found.size} streams at ${position}`)
    }), 60_000)

  it.live("fails, and leaves no file, where the feed no longer has what changed meanwhile", () =>
    Effect.gen(function*() {
      const [source, folder] = [yield* redisServer(), yield* temporaryFolder]
      const store = yield* openStore({ url: source.url, history: 1_000_000 })
      const writer = makeWriter(store, "w", random(1))
      const all = Array.from({ length: 20_000 }, (_, index) => ({ type: "t", id: `i${index}` }))
      for (let at = 0; at < all.length; at += 500) yield* writer.write(all.slice(at, at + 500))
      const trimmer = yield* Effect.forkChild(Effect.forever(Effect.andThen(
        Effect.suspend(() => writer.write(all.slice(0, 200))),
        source.cli("XTRIM", "{kilonova:cell1}:feed", "MAXLEN", "=", "1")
      )))
      const error = yield* Effect.flip(quiet(backup(settingsOf(source.url), join(folder, "backup"))))
      yield* Fiber.interrupt(trimmer)
      assert.include(error.message, "The cloud changes faster than it is read")
      assert.deepStrictEqual(readdirSync(folder), [])
    }), 60_000)
})
