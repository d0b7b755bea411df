import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { cpuSetsWithin, parseCpuSets } from "../../../src/actors/host/cpuSets.ts"
import { aHost } from "../../fixtures/numaHosts.ts"

const parsed = (cpuSharedSet: string | null, cpuDedicatedSet: string | null) =>
  Result.match(parseCpuSets({ cpuSharedSet, cpuDedicatedSet }), { onSuccess: (sets) => sets, onFailure: (problems) => problems.join("\n") })

describe("CPUs set apart", () => {
  it.each([
    [null, null, null],
    ["0-1", null, { shared: [0, 1], dedicated: null }],
    [null, "2-7,^5", { shared: null, dedicated: [2, 3, 4, 6, 7] }],
    ["0", "1", { shared: [0], dedicated: [1] }],
    ["0-2", "2-3", "--cpu-shared-set and --cpu-dedicated-set both name CPU 2: a CPU is in one of them at most"],
    ["x", null, "--cpu-shared-set: CPU list 'x': 'x' is no CPU number, range (0-3) or exclusion (^2) below 4096."]
  ] as const)("shared %j and dedicated %j are %j", (shared, dedicated, expected) =>
    assert.deepStrictEqual<unknown>(parsed(shared, dedicated), expected))

  it("are those that the host has", () => {
    const { numa } = aHost()
    assert.deepStrictEqual(cpuSetsWithin({ shared: [0, 99], dedicated: null }, numa), { cpuSets: { shared: [0], dedicated: null } })
    assert.deepStrictEqual(cpuSetsWithin(null, numa), {})
  })
})
