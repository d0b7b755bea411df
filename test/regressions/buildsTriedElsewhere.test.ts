/**
 * A build that may succeed elsewhere is tried on another host. When none was left, the fault told of the hosts that
 * were excluded and no longer of what had gone wrong on them: on a cloud of one machine, nothing at all.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { aCloud } from "../fixtures/asked.ts"

it.effect("operators are told what the last host said", () =>
  Effect.gen(function*() {
    const cloud = yield* aCloud({ hosts: 1 })
    yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no room for its disk", isRetryable: true })
    const { fault, vmState } = yield* cloud.settled(yield* cloud.make("a"))
    assert.strictEqual(vmState, "error")
    assert.match(fault!.message, /^Exceeded maximum number of retries\./)
    assert.match(fault!.details!, /^no room for its disk\n/)
  }))
