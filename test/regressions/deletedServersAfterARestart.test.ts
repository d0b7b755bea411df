/**
 * The index keeps the servers that were deleted last. After a restart it took those that were created last: an old server
 * deleted a moment ago was gone from `GET /servers?deleted=true` and from the action log, ones deleted long ago were not.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { isoOf } from "../../src/actors/shared/time.ts"
import { InstanceIndex } from "../../src/runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import * as MemoryJournal from "../../src/runtime/memory/MemoryJournal.ts"
import * as InstancesIndex from "../../src/runtime/projections/InstancesIndex.ts"
import { anInstance, noon } from "../fixtures/instances.ts"

const write = (instance: Instance) =>
  Effect.flatMap(Journal, (journal) =>
    journal.commit({
      shard: "local", epoch: null, requestId: null, reply: null,
      appends: [{ stream: { type: "Instance", id: instance.id }, expectedVersion: 0, events: [], state: instance, pending: false }]
    }))

const count = Limits.deletedKeptMax + 1
/** The older a server, the later it was deleted. */
const deleted = (n: number) =>
  anInstance({ id: `d${n}`, host: null, vmState: "deleted", createdAt: isoOf(noon + n), updatedAt: isoOf(noon + 2 * count - n) })

it.effect("the servers deleted last are the ones that are kept", () =>
  Effect.gen(function*() {
    for (let n = 0; n < count; n++) yield* write(deleted(n))
    const kept = (ids: ReadonlyArray<string>) =>
      Effect.map(InstanceIndex, (index) => ids.filter((id) => index.get(id) !== undefined))
    yield* Effect.gen(function*() {
      assert.deepStrictEqual(yield* kept(["d0", "d1", `d${count - 1}`]), ["d0", "d1"])
      yield* write(anInstance({ id: "next", host: null, vmState: "deleted", createdAt: isoOf(noon), updatedAt: isoOf(noon + 3 * count) }))
      assert.deepStrictEqual(yield* kept(["d0", `d${count - 2}`, "next"]), ["d0", "next"])
    }).pipe(Effect.provide(InstancesIndex.layer))
  }).pipe(Effect.provide(MemoryJournal.layer)), 60_000)
