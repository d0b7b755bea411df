/** What a server keeps of its place in NUMA cells, and when it gives it up. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { decide } from "../../../src/actors/instance/decide.ts"
import { evolve } from "../../../src/actors/instance/evolve.ts"
import { Instance, type Step } from "../../../src/actors/instance/Instance.ts"
import type { Outcome } from "../../../src/actors/instance/InstanceCommand.ts"
import type { NumaFit } from "../../../src/actors/instance/numaFit.ts"
import { anInstance, noon } from "../../fixtures/instances.ts"

const numa: NumaFit = {
  cells: [{
    guest: { id: 0, sharedCpus: [], dedicatedCpus: [0, 1], memoryMb: 512 }, hostCell: 1, pageSizeKb: null,
    pins: [[0, 8], [1, 40]], reserved: [], taken: [8, 40]
  }]
}
const working = (step: Step, more: Partial<Instance> = {}, action = "create"): Instance => anInstance({
  vmState: "building", taskState: "spawning", launchedAt: null, generation: 1,
  work: { action, step, generation: 1, requestId: "req-1", touchedAtMillis: noon, deadlineMillis: noon + 1000, attempt: 1, excludedHosts: [] },
  ...more
})
const after = (instance: Instance, outcome: typeof Outcome.Type): Instance => {
  const command = { _tag: "Advance", generation: instance.generation, outcome, atMillis: noon, promises: [] } as const
  return Result.getOrThrow(decide(instance.id, instance, command)).reduce<Instance>(evolve, instance)
}
const failed = (more: { readonly isRetryable: boolean; readonly mayStay?: boolean }): typeof Outcome.Type =>
  ({ _tag: "Failed", message: "no", details: null, code: 500, ...more })

describe("a server's place", () => {
  it("comes with its host, and a server without one does not speak of it", () => {
    const placed = (some: { readonly numa?: NumaFit | null }) =>
      after(working("schedule", { host: null }), { _tag: "Placed", host: "host-1", availabilityZone: "nova", nics: [], ...some })
    assert.deepStrictEqual(placed({ numa }).numa, numa)
    assert.isFalse("numa" in placed({}))
    assert.isFalse("numa" in placed({ numa: null }))
  })

  it("is given up with the host: after a build that moves on, after one that failed, and when the server is gone", () => {
    const moved = after(working("spawn", { numa }), failed({ isRetryable: true }))
    assert.deepStrictEqual([moved.host, moved.numa, moved.work?.step], [null, null, "schedule"])
    const unwinding = after(working("spawn", { numa }), failed({ isRetryable: false }))
    assert.deepStrictEqual([unwinding.vmState, unwinding.numa, unwinding.work?.step], ["error", numa, "destroy"])
    const released = after(after(unwinding, { _tag: "Done" }), { _tag: "Done" })
    assert.deepStrictEqual([released.work, released.host, released.numa], [null, null, null])
    const deleted = after(working("release", { numa, vmState: "active", taskState: "deleting" }, "delete"), { _tag: "Done" })
    assert.deepStrictEqual([deleted.vmState, deleted.numa], ["deleted", null])
  })

  it("that another had does not rule the host out; a host that failed is ruled out", () => {
    const excluded = (mayStay: boolean) => after(working("spawn", { numa }), failed({ isRetryable: true, mayStay })).work?.excludedHosts
    assert.deepStrictEqual([excluded(true), excluded(false)], [[], ["host-1"]])
  })

  it("stays while the server is switched off and on", () => {
    const stopping = working("drive", { numa, vmState: "active", taskState: "powering-off" }, "stop")
    assert.deepStrictEqual(after(stopping, { _tag: "Done" }).numa, numa)
  })

  it("is read from states that have one and from those of before", () => {
    const read = (state: Instance) => Schema.decodeUnknownSync(Instance)(JSON.parse(JSON.stringify(state)))
    assert.deepStrictEqual(read(anInstance({ numa })), anInstance({ numa }))
    assert.deepStrictEqual(read(anInstance()), anInstance())
  })
})
