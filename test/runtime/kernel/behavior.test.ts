import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Result, Stream } from "effect"
import { refuse } from "../../../src/actors/shared/Refusal.ts"
import * as Behavior from "../../../src/runtime/kernel/Behavior.ts"
import type { Commit } from "../../../src/runtime/kernel/Journal.ts"
import { Fenced, Journal, JournalUnavailable, VersionConflict } from "../../../src/runtime/kernel/Journal.ts"
import { owningAll } from "../../fixtures/ownership.ts"

type Count = { readonly count: number }

const counter = (reactions: Array<number> = []): Behavior.Rules<Count, number, number> => ({
  type: "Counter",
  id: "c",
  creates: (step) => step === 0,
  decide: (state, step) =>
    step < 0 ? Result.fail(refuse("badRequest", "step: must not be negative")) : Result.succeed(state === null || step > 0 ? [step] : []),
  evolve: (state, step) => ({ count: (state?.count ?? 0) + step }),
  isPending: () => false,
  react: (_, after) => Effect.sync(() => { reactions.push(after.count) })
})

/** A journal of one stream whose next commits can be told how to end. */
const scripted = (stored: { version: number; state: Count | null }, ends: Array<Fenced | VersionConflict | JournalUnavailable> = []) => {
  const commits: Array<Commit> = []
  const loads = { count: 0 }
  const journal = Layer.succeed(Journal, {
    acquire: () => Effect.succeed(1),
    epochOf: () => Effect.succeed(7),
    sync: Effect.void,
    commit: (commit) => Effect.suspend(() => {
      commits.push(commit)
      const end = ends.shift()
      if (end !== undefined) return Effect.fail(end)
      const [append] = commit.appends
      if (append!.expectedVersion !== stored.version) {
        return Effect.fail(new VersionConflict({ stream: append!.stream, expected: append!.expectedVersion, actual: stored.version }))
      }
      stored.version++
      stored.state = append!.state as Count
      return Effect.succeed({ position: commits.length, isDuplicate: false, reply: null })
    }),
    load: (stream) => Effect.sync(() => {
      loads.count++
      return stored.state === null ? Option.none() : Option.some({ stream, version: stored.version, state: stored.state, pending: false })
    }),
    scan: () => Stream.empty,
    feed: () => Stream.empty,
    project: () => Effect.void
  })
  const layer = Layer.merge(journal, owningAll("s", 7))
  return { commits, loads, stored, layer }
}
const conflict = new VersionConflict({ stream: { type: "Counter", id: "c" }, expected: 0, actual: 1 })

describe("Behavior", () => {
  it.effect("commits under its shard's epoch, then reacts, then answers", () => {
    const script = scripted({ version: 3, state: { count: 10 } })
    const reactions: Array<number> = []
    return Effect.gen(function*() {
      const entity = yield* Behavior.make(counter(reactions))
      assert.deepStrictEqual(yield* entity.handle(5), { count: 15 })
      assert.deepStrictEqual([script.commits[0]?.shard, script.commits[0]?.epoch, script.commits[0]?.appends[0]?.expectedVersion], ["s", 7, 3])
      assert.deepStrictEqual(reactions, [15])
      assert.deepStrictEqual(yield* entity.handle(0), { count: 15 })
      assert.strictEqual(script.commits.length, 1)
    }).pipe(Effect.provide(script.layer))
  })

  it.effect("creates without reading, and reads when somebody was there first", () => {
    const script = scripted({ version: 1, state: { count: 4 } })
    return Effect.gen(function*() {
      const entity = yield* Behavior.make(counter())
      assert.deepStrictEqual(yield* entity.handle(0), { count: 4 })
      assert.strictEqual(script.loads.count, 1)
    }).pipe(Effect.provide(script.layer))
  })

  it.effect("decides again on the newer state after a conflict", () => {
    const script = scripted({ version: 1, state: { count: 1 } }, [conflict])
    return Effect.gen(function*() {
      const entity = yield* Behavior.make(counter())
      assert.deepStrictEqual(yield* entity.handle(2), { count: 3 })
      assert.strictEqual(script.loads.count, 2)
    }).pipe(Effect.provide(script.layer))
  })

  it.effect("answers unavailable when it is fenced, and reacts to nothing", () => {
    const script = scripted({ version: 1, state: { count: 1 } }, [new Fenced({ shard: "s", epoch: 7, newest: 8 })])
    const reactions: Array<number> = []
    return Effect.gen(function*() {
      const entity = yield* Behavior.make(counter(reactions))
      const refusal = yield* Effect.flip(entity.handle(1))
      assert.deepStrictEqual([refusal.kind, refusal.message.slice(0, 15)], ["unavailable", "Another process"])
      assert.deepStrictEqual(reactions, [])
    }).pipe(Effect.provide(script.layer))
  })

  it.effect("answers unavailable when the journal does, and reads the truth next time", () => {
    const script = scripted({ version: 1, state: { count: 1 } }, [new JournalUnavailable({ operation: "commit", cause: "disk" })])
    return Effect.gen(function*() {
      const entity = yield* Behavior.make(counter())
      assert.strictEqual((yield* Effect.flip(entity.handle(1))).kind, "unavailable")
      // The commit had come through after all.
      script.stored.version = 2
      script.stored.state = { count: 2 }
      assert.deepStrictEqual(yield* entity.handle(1), { count: 3 })
    }).pipe(Effect.provide(script.layer))
  })

  it.effect("reads the journal again after a defect", () => {
    const script = scripted({ version: 1, state: { count: 1 } })
    return Effect.gen(function*() {
      const rules = counter()
      const entity = yield* Behavior.make({
        ...rules,
        evolve: (state, step) => {
          if (step === 13) throw new Error("unlucky")
          return rules.evolve(state, step)
        }
      })
      assert.deepStrictEqual(yield* entity.handle(1), { count: 2 })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(entity.handle(13))))
      script.stored.version = 5
      script.stored.state = { count: 40 }
      assert.deepStrictEqual(yield* entity.handle(0), { count: 40 })
    }).pipe(Effect.provide(script.layer))
  })

  it.effect("passes refusals on and commits nothing", () => {
    const script = scripted({ version: 1, state: { count: 1 } })
    return Effect.gen(function*() {
      const entity = yield* Behavior.make(counter())
      assert.strictEqual((yield* Effect.flip(entity.handle(-1))).message, "step: must not be negative")
      assert.strictEqual(script.commits.length, 0)
    }).pipe(Effect.provide(script.layer))
  })
})
