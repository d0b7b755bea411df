/**
 * The start asked each host for its inventory and waited for the answer: a slow hypervisor (libvirt's proves how its
 * guests run first) kept the whole cloud from serving, and one that did not answer at that moment was unknown for ever.
 */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { hosts } from "../../src/actors/host/Host.ts"
import { Faults } from "../../src/drivers/simulated/Faults.ts"
import { Kilonova } from "../../src/runtime/Kilonova.ts"
import { Records } from "../../src/runtime/kernel/Records.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { simulated } from "../../src/runtime/main/fleet.ts"
import { breathe } from "../fixtures/asked.ts"

const stumbling = Layer.effectDiscard(Effect.gen(function*() {
  const { inject } = yield* Faults
  yield* inject({ operation: "inventory", host: "sim-0002" }, { _tag: "Fail", message: "not yet" }, 2)
  yield* inject({ operation: "inventory", host: "sim-0003" }, { _tag: "Hang" })
})).pipe(Layer.provideMerge(simulated({ hosts: 3 })))

it.effect("a cloud starts without the hosts that do not answer, and has them once they do", () =>
  Effect.gen(function*() {
    const context = yield* Layer.build(Kilonova.layer({ listen: null, fleet: stumbling }))
    const records = Context.get(context, Records)
    const sizes = () => [...records.all(hosts)].map(({ hostname, number, vcpus }) => `${hostname} ${number} ${vcpus > 0 ? "known" : "empty"}`)
    assert.deepStrictEqual(sizes(), ["sim-0001 1 known", "sim-0002 2 empty", "sim-0003 3 empty"])
    const { id, serviceId } = records.get(hosts, "sim-0002")!

    yield* TestClock.adjust(Limits.inventoryRetryMillis)
    yield* breathe
    assert.strictEqual(records.get(hosts, "sim-0002")!.vcpus, 0)
    yield* TestClock.adjust(Limits.inventoryRetryMillis)
    yield* breathe
    assert.deepStrictEqual(sizes(), ["sim-0001 1 known", "sim-0002 2 known", "sim-0003 3 empty"])
    assert.deepInclude(records.get(hosts, "sim-0002"), { id, serviceId })

    yield* Context.getUnsafe(context, Faults).clear
    yield* breathe
    assert.deepStrictEqual(sizes(), ["sim-0001 1 known", "sim-0002 2 known", "sim-0003 3 known"])
  }))
