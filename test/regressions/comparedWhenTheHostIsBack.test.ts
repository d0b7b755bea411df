/**
 * A host that was silent when its servers were compared with its guests was left for the next time, ten minutes later.
 * At the start libvirt is never connected yet, so that first comparison never took place.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud } from "../fixtures/asked.ts"

it.effect("what a guest did while its host was silent is seen soon after it is back", () =>
  Effect.gen(function*() {
    const cloud = yield* aCloud()
    const server = yield* cloud.settled(yield* cloud.make("a"))
    yield* cloud.faults.lose(server.host!)
    yield* cloud.faults.changePower(server.host!, server.id, "shutdown")
    yield* TestClock.adjust(Limits.reconcileMillis)
    assert.strictEqual((yield* cloud.settled(server)).vmState, "active")
    yield* cloud.faults.restore(server.host!)
    yield* TestClock.adjust(Limits.reconcileRetryMillis)
    assert.strictEqual((yield* cloud.settled(server)).vmState, "stopped")
  }))
