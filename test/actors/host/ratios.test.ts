/** What operators said through Placement and aggregates holds where servers are placed and where hosts take them. */
import { assert, describe, it } from "@effect/vitest"
import { shortOf } from "../../../src/actors/host/claims.ts"
import { defaultRatios, type Host } from "../../../src/actors/host/Host.ts"
import { nothingTaken } from "../../../src/actors/placement/demand/Taken.ts"
import { overlayOf } from "../../../src/actors/placement/providerOverlay.ts"
import { ratiosOf } from "../../../src/actors/scheduler/ratios.ts"

const host = { vcpus: 10, memoryMb: 10_512, diskGb: 100 } as Host
const full = (vcpus: number, ratios = defaultRatios) => shortOf(host, { ...nothingTaken, vcpus }, new Map(), ratios)

const said = overlayOf({
  uuid: "u", name: null, parentUuid: null, generation: 1, aggregates: [], traits: [], inventories: {},
  hostRatios: { VCPU: { allocationRatio: 2, reserved: 1 } }
} as unknown as Parameters<typeof overlayOf>[0])

describe("a host's ratios", () => {
  it("are Nova's where nobody said anything", () => {
    assert.strictEqual(full(40), null)
    assert.strictEqual(full(41), "VCPU: 41 needed in all, 40 there")
  })

  it("are what Placement was told, with what it reserves", () => {
    const ratios = ratiosOf([], said.ratios)
    assert.strictEqual(full(18, ratios), null)
    assert.strictEqual(full(19, ratios), "VCPU: 19 needed in all, 18 there")
  })

  it("are an aggregate's first of all", () =>
    assert.strictEqual(ratiosOf([{ name: "a", hosts: [], metadata: { cpu_allocation_ratio: "1.5" } }] as never, said.ratios).cpu, 1.5))
})
