/** The read model of servers: the order of lists, what a restart may not change, and what is forgotten. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { InstanceIndex } from "../../src/runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import * as MemoryJournal from "../../src/runtime/memory/MemoryJournal.ts"
import * as InstancesIndex from "../../src/runtime/projections/InstancesIndex.ts"
import { anInstance } from "../fixtures/instances.ts"

const versions = () => {
  const known = new Map<string, number>()
  return (id: string) => {
    const version = known.get(id) ?? 0
    known.set(id, version + 1)
    return version
  }
}

/** Writes servers as their actors would. */
const writer = Effect.map(Journal, (journal) => {
  const versionOf = versions()
  return (...instances: ReadonlyArray<Instance>) =>
    Effect.orDie(Effect.forEach(instances, (instance) =>
      journal.commit({
        shard: "local", epoch: null, requestId: null, reply: null,
        appends: [{
          stream: { type: "Instance", id: instance.id }, expectedVersion: versionOf(instance.id), events: [], state: instance, pending: false
        }]
      }), { discard: true }))
})

const at = (id: string, second: number, more: Partial<Instance> = {}) =>
  anInstance({ id, createdAt: `2030-01-01T00:00:${String(second).padStart(2, "0")}.000Z`, ...more })

const idsOf = (servers: Iterable<Instance>) => [...servers].map(({ id }) => id)

/** A second index over the same journal: what a new process would see. */
const restarted = Effect.gen(function*() {
  const journal = yield* Journal
  return yield* Effect.provide(
    Effect.map(InstanceIndex, (index) => index),
    Layer.provide(Layer.fresh(InstancesIndex.layer), Layer.succeed(Journal, journal))
  )
})

const layers = Layer.provideMerge(InstancesIndex.layer, MemoryJournal.layer)

describe("the index of servers", () => {
  it.effect("lists the newest first, in launch order within a moment, whatever order they were committed in", () =>
    Effect.gen(function*() {
      const write = yield* writer
      const index = yield* InstanceIndex
      yield* write(at("b", 2), at("d2", 4, { launchIndex: 1 }), at("a", 1), at("d1", 4, { launchIndex: 0 }), at("c", 3, { projectId: "other" }))
      assert.deepStrictEqual(idsOf(index.ofProject(null)), ["d2", "d1", "c", "b", "a"])
      assert.deepStrictEqual(idsOf(index.ofProject("project")), ["d2", "d1", "b", "a"])
    }).pipe(Effect.provide(layers)))

  it.effect("keeps its order through changes and a restart", () =>
    Effect.gen(function*() {
      const write = yield* writer
      const index = yield* InstanceIndex
      yield* write(at("c", 3), at("a", 1), at("b", 2))
      yield* write(at("a", 1, { name: "renamed" }))
      assert.deepStrictEqual(idsOf(index.ofProject(null)), ["c", "b", "a"])
      const again = yield* restarted
      assert.deepStrictEqual(idsOf(again.ofProject(null)), ["c", "b", "a"])
      assert.deepStrictEqual([again.size(), again.usageOfProject("project").instances], [3, 3])
    }).pipe(Effect.provide(layers)))

  it.effect("counts live servers where they are, and no longer where they were", () =>
    Effect.gen(function*() {
      const write = yield* writer
      const index = yield* InstanceIndex
      const flavor = { ...anInstance().flavor, vcpus: 2 }
      yield* write(at("a", 1), at("b", 2, { flavor }))
      assert.deepStrictEqual([idsOf(index.onHost("host-1")), index.usageOfHost("host-1").cores], [["a", "b"], 3])
      yield* write(at("b", 2, { flavor: { ...flavor, vcpus: 4 } }))
      assert.strictEqual(index.usageOfHost("host-1").cores, 5)
      yield* write(at("b", 2, { flavor, host: "host-2" }), at("a", 1, { vmState: "deleted" }))
      assert.deepStrictEqual([idsOf(index.onHost("host-1")), idsOf(index.onHost("host-2"))], [[], ["b"]])
      assert.deepStrictEqual([index.usageOfHost("host-1").instances, index.usageOfUser("project", "user").instances], [0, 1])
    }).pipe(Effect.provide(layers)))

  it.effect("forgets the servers deleted first when too many were", () =>
    Effect.gen(function*() {
      const write = yield* writer
      const index = yield* InstanceIndex
      const count = Limits.deletedKeptMax + 2
      const deleted = Array.from({ length: count }, (_, n) => anInstance({ id: `d${n}`, launchIndex: n, vmState: "deleted", host: null }))
      yield* write(at("live", 1), ...deleted)
      assert.strictEqual(index.size(), Limits.deletedKeptMax + 1)
      assert.deepStrictEqual([index.get("d0"), index.get("d1")], [undefined, undefined])
      assert.isDefined(index.get("live"))
      const listed = idsOf(index.ofProject("project"))
      assert.deepStrictEqual([listed.length, listed[0], listed.at(-1)], [Limits.deletedKeptMax + 1, `d${count - 1}`, "live"])
    }).pipe(Effect.provide(layers)), 60_000)

  it.effect("loses what is removed from the journal, and nothing else", () =>
    Effect.gen(function*() {
      const write = yield* writer
      const journal = yield* Journal
      const index = yield* InstanceIndex
      yield* write(at("a", 1), at("b", 2), at("c", 3), at("d", 4))
      for (const id of ["a", "b", "d"]) {
        yield* journal.commit({
          shard: "local", epoch: null, requestId: null, reply: null,
          appends: [{ stream: { type: "Instance", id }, expectedVersion: 1, events: [], state: null, pending: false }]
        })
      }
      yield* write(at("e", 5))
      for (const project of [null, "project"]) assert.deepStrictEqual(idsOf(index.ofProject(project)), ["e", "c"])
      assert.deepStrictEqual([idsOf(index.onHost("host-1")), index.usageOfProject("project").instances], [["c", "e"], 2])
    }).pipe(Effect.provide(layers)))

  it.effect("says that something changed", () =>
    Effect.gen(function*() {
      const write = yield* writer
      const index = yield* InstanceIndex
      const before = index.revision()
      yield* write(at("a", 1))
      assert.isAbove(index.revision(), before)
    }).pipe(Effect.provide(layers)))
})
