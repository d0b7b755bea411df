import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { cpuTopologyOf } from "../../../../src/actors/placement/numa/cpuTopology.ts"
import { numaOf } from "../../../../src/actors/placement/numa/numaOf.ts"
import { wishOf } from "./guests.ts"

const flavor = (extraSpecs: { readonly [key: string]: string } = {}, vcpus = 4) => ({ vcpus, ramMb: 2048, extraSpecs })
const answerOf = (...asked: Parameters<typeof numaOf>) =>
  Result.match(numaOf(...asked), { onFailure: ({ code, kind }) => `${kind} ${code}`, onSuccess: (guest) => guest === null ? "none" : `${guest.cells.length} cells` })

describe("a flavor with an image", () => {
  it("may say anything that does not bear on CPUs and memory", () =>
    assert.strictEqual(answerOf(flavor({ "hw:boot_menu": "x", own: "y" }), { hw_disk_bus: "bogus", numa_nodes: "x" }), "none"))

  it("reads the texts of image properties", () => {
    assert.strictEqual(answerOf(flavor(), { hw_numa_nodes: "2" }), "2 cells")
    assert.strictEqual(answerOf(flavor({ "hw:cpu_policy": "dedicated" }), { "trait:HW_CPU_HYPERTHREADING": "required" }), "1 cells")
  })

  it.each<[string, { readonly [key: string]: string }]>([
    ["numa nodes", { hw_numa_nodes: "two" }], ["policies", { hw_cpu_policy: "pinned" }], ["memory", { "hw_numa_mem.0": "much" }], ["cores", { hw_cpu_cores: "1.5" }]
  ])("refuses images with unreadable %s", (_, image) => assert.strictEqual(answerOf(flavor(), image), "badRequest InvalidRequest"))

  it("must agree on where PCI devices are", () => {
    const key = "hw:pci_numa_affinity_policy"
    assert.strictEqual(answerOf(flavor({ [key]: "required" }), { hw_pci_numa_affinity_policy: "legacy" }), "forbidden ImagePCINUMAPolicyForbidden")
    assert.strictEqual(answerOf(flavor({ [key]: "near" }), {}), "badRequest InvalidPCINUMAAffinity")
    assert.strictEqual(answerOf(flavor({ [key]: "socket" }), { hw_pci_numa_affinity_policy: "socket" }), "none")
  })

  it("keeps the limits of sockets, cores and threads", () => {
    assert.strictEqual(answerOf(flavor({ "hw:cpu_max_cores": "2" }), { hw_cpu_max_cores: "4" }), "badRequest ImageVCPULimitsRangeExceeded")
    assert.strictEqual(answerOf(flavor({ "hw:cpu_max_cores": "2" }), { hw_cpu_cores: "4" }), "badRequest ImageVCPUTopologyRangeExceeded")
  })

  it("of absurdly many CPUs is refused at once", () =>
    assert.strictEqual(answerOf(flavor({ "hw:cpu_realtime": "yes" }, 2 ** 31 - 1), {}), "badRequest InvalidRequest"))
})

describe("a CPU topology", () => {
  const topologyOf = (...asked: Parameters<typeof wishOf>) =>
    Result.match(cpuTopologyOf(wishOf(...asked)), { onFailure: ({ code }) => code, onSuccess: ({ cores, sockets, threads }) => `${sockets}:${cores}:${threads}` })

  it.each([
    ["is all sockets where nobody says", "8:1:1", 8, {}, {}],
    ["keeps to the limits, fewest threads first", "2:4:1", 8, { cpu_max_sockets: "2" }, {}],
    ["has threads where cores and sockets end", "2:2:2", 8, { cpu_max_sockets: "2", cpu_max_cores: "2" }, {}],
    ["meets as many wishes as it can", "2:1:4", 8, { cpu_threads: "4" }, {}],
    ["meets two wishes rather than one", "1:4:2", 8, { cpu_cores: "4", cpu_threads: "2", cpu_sockets: "3" }, {}],
    ["is the image's wish, of which one word replaces all of the flavor's", "2:4:1", 8, { cpu_threads: "8" }, { cpu_cores: 4 }],
    ["drops a flavor's wish that the image's limit forbids", "8:1:1", 8, { cpu_threads: "8", cpu_cores: "2" }, { cpu_max_threads: 4 }],
    ["is impossible where the limits are too low", "ImageVCPULimitsRangeImpossible", 7, { cpu_max_sockets: "2", cpu_max_cores: "2", cpu_max_threads: "2" }, {}],
    ["is refused where a word is no number", "InvalidRequest", 8, { cpu_cores: "many" }, {}]
  ] as const)("%s", (_, topology, vcpus, hw, image) => assert.strictEqual(topologyOf(vcpus, 0, { hw, image }), topology))
})
