/**
 * Nova's power state of a suspended server is "shutdown". A simulated hypervisor that came back with its cloud took it
 * at its word and refused to resume; libvirt's, which tells a saved guest from one that is off, had the server's power
 * state changed with every look at it.
 */
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { powerStates } from "../../src/actors/instance/states.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud, asked } from "../fixtures/asked.ts"
import type { Cloud } from "../fixtures/asked.ts"
import { freshFolder } from "../fixtures/cloud.ts"

/** The journal's file has its own clock. */
const idle = (cloud: Cloud, server: Instance) => Effect.repeat(cloud.settled(server), { until: ({ work }) => work === null })

const perform = (cloud: Cloud, id: string, action: "suspend" | "resume", vmState: string) =>
  Effect.gen(function*() {
    yield* cloud.servers.perform(asked(`req-${action}`), id, action)
    const server = yield* idle(cloud, cloud.index.get(id)!)
    assert.deepStrictEqual([action, server.vmState, server.fault], [action, vmState, null])
  })

it.effect("a suspended server is left as it is by every comparison, and resumes in the next cloud", () =>
  Effect.gen(function*() {
    const sqlite = join(yield* freshFolder, "journal.sqlite")
    const id = yield* Effect.scoped(Effect.gen(function*() {
      const cloud = yield* aCloud({ storage: { sqlite } })
      const made = yield* cloud.make("a")
      yield* idle(cloud, made)
      yield* perform(cloud, made.id, "suspend", "suspended")
      yield* TestClock.adjust(Limits.reconcileMillis)
      assert.strictEqual((yield* cloud.settled(made)).powerState, powerStates.shutdown)
      return made.id
    }))
    const cloud = yield* aCloud({ storage: { sqlite } })
    yield* perform(cloud, id, "resume", "active")
  }))
