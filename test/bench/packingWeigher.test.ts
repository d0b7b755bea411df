import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { cases, emptyHost, specs } from "../../bench/packing/cases.ts"
import { changed } from "../../bench/parts/placementFleet.ts"
import { HostTable } from "../../src/actors/scheduler/HostTable.ts"
import { rulesOf } from "../../src/actors/scheduler/registry.ts"
import { defaultSettings } from "../../src/actors/scheduler/settings.ts"
import { packing } from "../../src/actors/scheduler/weighers/packing.ts"

const [plain] = cases
const specOf = specs(plain!)
const flavor = (vcpus: number, ramMb: number) => specOf({ id: 0, atSeconds: 0, endSeconds: 1, batch: 0, vcpus, ramMb })

/** Where one of `wanted` goes when each host has what it is said to have, vCPUs and MB. */
const placed = (
  weights: { readonly [name: string]: number },
  taken: { readonly [hostname: string]: readonly [vcpus: number, ramMb: number] },
  wanted: readonly [vcpus: number, ramMb: number]
): string => {
  const table = new HostTable(rulesOf({ ...defaultSettings, weights }))
  for (const [hostname, [vcpus, ramMb]] of Object.entries(taken)) {
    table.put(changed(emptyHost(plain!, hostname), { hostname, numa: null, spec: flavor(vcpus, ramMb) }, 1))
  }
  return Result.getOrThrow(table.pick(flavor(...wanted))).host.hostname
}

const on = { PackingWeigher: 100_000 }

describe("PackingWeigher", () => {
  it("is off unless an operator gives it a multiplier", () => {
    const taken = { full: [48, 65_536], empty: [0, 0] } as const
    assert.strictEqual(placed({}, taken, [4, 8192]), "empty")
    assert.strictEqual(placed(on, taken, [4, 8192]), "full")
  })

  it("one setting is enough: it outweighs the weighers that spread", () =>
    assert.strictEqual(placed(on, { a: [40, 131_072], b: [41, 200_000], c: [0, 0] }, [4, 8192]), "b"))

  it("keeps a server with much memory away from where its memory would strand vCPUs", () =>
    // On both 20 vCPUs would be left, on the one with 8 GiB.
    assert.strictEqual(placed(on, { full: [36, 196_608], loose: [36, 53_760] }, [8, 57_344]), "loose"))

  it("fills hosts whose memory is what is short, rather than begin another", () =>
    assert.strictEqual(placed(on, { begun: [16, 196_608], empty: [0, 0] }, [4, 32_768]), "begun"))

  it("says a number of hosts without vCPUs or memory, too", () => {
    const spec = flavor(4, 8192)
    for (const none of [{ vcpuCapacity: 0 }, { ramCapacityMb: 0 }, { vcpuCapacity: 0, ramCapacityMb: 0, ramUsedMb: 0 }]) {
      assert.isTrue(Number.isFinite(packing.weigh({ ...emptyHost(plain!, "h"), ...none }, spec)))
    }
  })

  it("counts no pinned vCPUs where CPUs are set apart for them", () => {
    const host = { ...emptyHost(plain!, "h"), isDivided: true }
    const spec = flavor(4, 8192)
    assert.strictEqual(packing.weigh(host, { ...spec, pinnedCpus: 4 }), packing.weigh(host, { ...spec, vcpus: 0 }))
    assert.notStrictEqual(packing.key({ ...spec, pinnedCpus: 4 }), packing.key(spec))
  })

  it("does not mind vCPUs that are stranded already", () =>
    assert.strictEqual(placed(on, { stranded: [40, 250_000], loose: [30, 53_760] }, [2, 4096]), "stranded"))
})
