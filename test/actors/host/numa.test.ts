/** A host's last word on a server: what may not be promised twice. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { shortOf } from "../../../src/actors/host/claims.ts"
import { defaultRatios } from "../../../src/actors/host/Host.ts"
import { emptyTopologyOf, numaRefusal } from "../../../src/actors/host/numa.ts"
import { registered } from "../../../src/actors/host/registration.ts"
import { nothingTaken } from "../../../src/actors/placement/demand/Taken.ts"
import { claim, fit } from "../../../src/actors/placement/numa/Numa.ts"
import { gpu } from "../../fixtures/devices.ts"
import { anInstance } from "../../fixtures/instances.ts"
import { aHost } from "../../fixtures/numaHosts.ts"
import { guestOf } from "../placement/numa/guests.ts"

const empty = emptyTopologyOf(aHost())
const fitted = (specs: Record<string, string>, memoryMb = 1024, vcpus = 2) => Result.getOrThrow(fit(empty, guestOf(vcpus, memoryMb, specs)))
const refusal = (numa: ReturnType<typeof fitted>, others = empty) => numaRefusal(anInstance({ numa }), () => others)

describe("a place in NUMA cells", () => {
  it("is granted where nobody is", () => assert.isNull(refusal(fitted({ cpu_policy: "dedicated" }))))

  it("is refused for a CPU that another has", () => {
    const numa = fitted({ cpu_policy: "dedicated" })
    assert.strictEqual(refusal(numa, claim(empty, numa)), "CPUs 0, 4 of NUMA node 0 are taken")
  })

  it("is refused for pages that others have", () => {
    const numa = fitted({ mem_page_size: "large" })
    assert.strictEqual(refusal(numa, claim(empty, numa)), "pages of 2048 KiB of NUMA node 0 are taken")
  })

  it("is refused to a pinned server for memory that others have, though it asked for no page size", () => {
    const first = fitted({ cpu_policy: "dedicated" }, 2048)
    const other = { cells: first.cells.map((cell) => ({ ...cell, pins: [[0, 1], [1, 5]] as const, taken: [1, 5] })) }
    assert.isNull(refusal(other, empty))
    assert.strictEqual(refusal(other, claim(empty, first)), "memory of NUMA node 0 is taken")
    const floating = fitted({ numa_nodes: "1" }, 2048)
    assert.isNull(refusal(floating, claim(empty, first)))
  })

  it("is refused on a node that is not there", () =>
    assert.strictEqual(refusal(fitted({ cpu_policy: "dedicated" }), { cells: [] }), "NUMA node 0 is not there"))

  it("must have been picked for a server that asks for one", () => {
    const plain = anInstance()
    const asks = { ...plain, flavor: { ...plain.flavor, extraSpecs: { "hw:cpu_policy": "dedicated" } } }
    assert.strictEqual(numaRefusal(asks, () => empty), "the pick named no NUMA nodes for a server that asks for them")
    assert.isNull(numaRefusal(plain, () => empty))
  })
})

describe("shared and pinned CPUs", () => {
  const apart = aHost({ cpuSets: { shared: [0, 4], dedicated: [1, 2, 3, 5, 6, 7] } })
  it.each([
    ["count together where none are set apart", aHost(), 32, 6, null],
    ["count together where none are set apart, up to the ratio", aHost(), 33, 6, "VCPU: 33 needed in all, 32 there"],
    ["count apart where they are", apart, 14, 6, null],
    ["count apart, shared ones up to the ratio of theirs", apart, 15, 6, "VCPU: 9 needed in all, 8 there"],
    ["leave none to share where all are for pinned guests", aHost({ cpuSets: { shared: null, dedicated: [0, 1] } }), 3, 2, "VCPU: 1 needed in all, 0 there"]
  ] as const)("%s", (_, host, cores, pinned, expected) =>
    assert.strictEqual(shortOf(host, { ...nothingTaken, vcpus: cores, pinnedCpus: pinned }, new Map(), defaultRatios), expected))
})

describe("a host's record", () => {
  const { availabilityZone: _, createdAt: _1, disabledReason: _2, hostname: _3, id: _4, isDisabled: _5, isForcedDown: _6, number: _7,
    serviceId: _8, serviceNumber: _9, updatedAt: _10, ...facts } = aHost()
  const inventory = { ...facts, hypervisorHostname: "host-1", cores: facts.cores ?? [] }
  const birth = () => ({ number: 1, id: "id", serviceId: "service" })
  const now = "2030-01-02T00:00:00.000Z"

  it("learns the siblings that records of before did not have, and is written no second time", () => {
    const { cores: _, ...old } = aHost()
    const learned = registered("host-1", old, inventory, birth, now)
    assert.deepStrictEqual(learned?.cores, aHost().cores)
    assert.isUndefined(registered("host-1", learned, inventory, birth, now))
  })
  it("follows the devices that guests may have, and forgets them when there are none", () => {
    const set = registered("host-1", aHost(), { ...inventory, devices: [gpu(1), gpu(2)] }, birth, now)
    assert.deepStrictEqual(set?.devices, [gpu(1), gpu(2)])
    assert.isUndefined(registered("host-1", set, { ...inventory, devices: [gpu(1), gpu(2)] }, birth, now))
    assert.deepStrictEqual(registered("host-1", set, { ...inventory, devices: [gpu(2)] }, birth, now)?.devices, [gpu(2)])
    for (const none of [inventory, { ...inventory, devices: [] }]) assert.isFalse("devices" in registered("host-1", set, none, birth, now)!)
  })
  it("follows the CPUs that are set apart, and forgets them when they no longer are", () => {
    const cpuSets = { shared: [0], dedicated: [1, 2] }
    const set = registered("host-1", aHost(), { ...inventory, cpuSets }, birth, now)
    assert.deepStrictEqual(set?.cpuSets, cpuSets)
    assert.isFalse("cpuSets" in registered("host-1", set, inventory, birth, now)!)
  })
})
