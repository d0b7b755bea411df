/**
 * An entity that met a defect was started again and given the same message again, for ever. So one server whose stored
 * task no rule knows (written by a newer version, say) could not even be deleted; and the watchdog, which waits for the
 * servers it wakes, waited for that one: no lost step of any other server was sent again.
 */
import { assert, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud } from "../fixtures/asked.ts"
import { anInstance } from "../fixtures/instances.ts"

const pending = (id: string, action: string, deadlineMillis: number): Instance =>
  anInstance({
    id, vmState: "building", host: null, launchedAt: null, generation: 1,
    work: {
      action, step: "schedule", generation: 1, requestId: "req", touchedAtMillis: 0, deadlineMillis, attempt: 1, excludedHosts: []
    }
  })

it.effect("one server that no rule fits does not keep the watchdog from the others", () =>
  Effect.gen(function*() {
    const cloud = yield* aCloud()
    const strange = pending("00000000-0000-4000-8000-000000000001", "teleport", Limits.watchdogMillis)
    const lost = pending("00000000-0000-4000-8000-000000000002", "create", Limits.taskMillisMax)
    yield* Context.get(cloud.context, Journal).commit({
      shard: "local",
      epoch: 1,
      requestId: null,
      reply: null,
      appends: [strange, lost].map((instance) => ({
        stream: { type: "Instance", id: instance.id }, expectedVersion: 0, events: [], state: instance, pending: true
      }))
    })
    yield* TestClock.adjust(Limits.stepRetryMillis + 2 * Limits.watchdogMillis)
    assert.strictEqual((yield* cloud.settled(lost)).vmState, "active")
  }))
