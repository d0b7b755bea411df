/** Nothing waits for ever: steps that nobody answers, tasks past their deadline, and what a new process finds pending. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Instance, Work } from "../../../src/actors/instance/Instance.ts"
import { Journal } from "../../../src/runtime/kernel/Journal.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { aCloud, breathe } from "../../fixtures/asked.ts"
import type { Cloud } from "../../fixtures/asked.ts"
import { anInstance } from "../../fixtures/instances.ts"

const pending = (id: string, work: Partial<Work> = {}): Instance =>
  anInstance({
    id, vmState: "building", taskState: "scheduling", host: null, launchedAt: null, powerState: 0, generation: 1,
    work: {
      action: "create", step: "schedule", generation: 1, requestId: "req", touchedAtMillis: 0,
      deadlineMillis: Limits.taskMillisMax, attempt: 1, excludedHosts: [], ...work
    }
  })

/** The server as an earlier process left it: committed, and nobody at work on it. */
const leave = (cloud: Cloud, instance: Instance) =>
  Effect.orDie(Effect.suspend(() =>
    Context.get(cloud.context, Journal).commit({
      shard: "local",
      epoch: 1,
      requestId: null,
      reply: null,
      appends: [{ stream: { type: "Instance", id: instance.id }, expectedVersion: 0, events: [], state: instance, pending: true }]
    })))

const later = Effect.fnUntraced(function*(cloud: Cloud, instance: Instance, millis: number) {
  yield* TestClock.adjust(millis)
  return yield* cloud.settled(instance)
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "kilonova-watchdog-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

describe("the watchdog", () => {
  it.effect("sends a step again that nobody answers, and not before its time", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const lost = pending("00000000-0000-4000-8000-000000000001")
      yield* leave(cloud, lost)
      assert.strictEqual((yield* later(cloud, lost, Limits.stepRetryMillis - Limits.watchdogMillis)).vmState, "building")
      assert.strictEqual((yield* later(cloud, lost, 2 * Limits.watchdogMillis)).vmState, "active")
    }))

  it.effect("ends a task that is past its deadline", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const late = pending("00000000-0000-4000-8000-000000000002", { deadlineMillis: 5_000, touchedAtMillis: 5_000 })
      yield* leave(cloud, late)
      assert.strictEqual((yield* later(cloud, late, 4_000)).vmState, "building")
      const ended = yield* later(cloud, late, 2_000)
      assert.strictEqual(ended.vmState, "error")
      assert.include(ended.fault?.message, "did not finish in time")
    }))

  it.effect("sends every pending step at once when the process starts", () =>
    Effect.gen(function*() {
      const storage = { sqlite: join(yield* folder, "journal.sqlite") }
      const lost = pending("00000000-0000-4000-8000-000000000003")
      yield* Effect.scoped(Effect.flatMap(aCloud({ storage }), (cloud) => leave(cloud, lost)))
      const starting = yield* Effect.forkChild(aCloud({ storage }), { startImmediately: true })
      // Entities are first reached a few milliseconds after their cluster is there; the file takes its own time.
      const until = Effect.fnUntraced(function*(isDone: () => boolean) {
        while (!isDone() && (yield* Clock.currentTimeMillis) < Limits.stepRetryMillis / 2) {
          yield* Effect.andThen(breathe, TestClock.adjust(1))
        }
      })
      yield* until(() => starting.pollUnsafe() !== undefined)
      const cloud = yield* Fiber.join(starting)
      yield* until(() => cloud.index.get(lost.id)?.work === null)
      assert.strictEqual((yield* cloud.settled(lost)).vmState, "active")
    }))
})
