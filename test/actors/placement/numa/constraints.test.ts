/** What guests ask for, and what they may not ask for together: written from the reference's documented rules, not from its rows. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { guestTopologyOf } from "../../../../src/actors/placement/numa/constraints.ts"
import { guestOf, type Words, wishOf } from "./guests.ts"

const codeOf = (words: Words, vcpus = 4, memoryMb = 2048) =>
  Result.match(guestTopologyOf(wishOf(vcpus, memoryMb, words)), { onFailure: ({ code }) => code ?? "", onSuccess: () => "fine" })

describe("a guest's topology", () => {
  it("is none where nobody asks for one", () => {
    for (const words of [{}, { hw: { cpu_policy: "shared" } }, { more: { "resources:VCPU": "4" } }, { hw: { mem_page_size: "0" } }] as Array<Words>) {
      assert.isNull(Result.getOrThrow(guestTopologyOf(wishOf(4, 2048, words))))
    }
  })

  it("divides CPUs and memory evenly among nodes", () =>
    assert.deepStrictEqual(guestOf(4, 2048, { numa_nodes: "2" }).cells, [
      { id: 0, sharedCpus: [0, 1], dedicatedCpus: [], memoryMb: 1024 },
      { id: 1, sharedCpus: [2, 3], dedicatedCpus: [], memoryMb: 1024 }
    ]))

  it("is as uneven as its lists say, each CPU shared or dedicated as the mask says", () =>
    assert.deepStrictEqual(
      guestOf(4, 2048, {
        numa_nodes: "2", "numa_cpus.0": "3", "numa_mem.0": "512", "numa_cpus.1": "0-2", "numa_mem.1": "1536",
        cpu_policy: "mixed", cpu_dedicated_mask: "^1-2"
      }).cells,
      [
        { id: 0, sharedCpus: [], dedicatedCpus: [3], memoryMb: 512 },
        { id: 1, sharedCpus: [1, 2], dedicatedCpus: [0], memoryMb: 1536 }
      ]
    ))

  it("is one node where only pinning, pages or persistent memory are asked for", () => {
    for (const hw of [{ cpu_policy: "dedicated" }, { mem_page_size: "large" }, { pmem: "6GB" }]) assert.lengthOf(guestOf(4, 2048, hw).cells, 1)
  })

  it("is pinned by resources:PCPU, with a CPU more for isolated emulator threads", () => {
    const guest = Result.getOrThrow(guestTopologyOf(wishOf(4, 2048, { hw: { emulator_threads_policy: "isolate" }, more: { "resources1:PCPU": "5" } })))
    assert.deepStrictEqual([guest?.cpuPolicy, guest?.emulatorThreads, guest?.cells[0]!.dedicatedCpus], ["dedicated", "isolate", [0, 1, 2, 3]])
  })

  it("has its thread policy from the trait of hyperthreading", () => {
    const policyOf = (trait: string) =>
      Result.getOrThrow(guestTopologyOf(wishOf(4, 2048, { hw: { cpu_policy: "dedicated" }, more: { "trait:HW_CPU_HYPERTHREADING": trait } })))?.threadPolicy
    assert.deepStrictEqual([policyOf("required"), policyOf("forbidden")], ["require", "isolate"])
  })

  it.each([["2048", 2048], ["2MB", 2048], ["1GiB", 1_048_576], ["16Mb", 2048], ["small", "small"], ["any", "any"]] as const)(
    "of page size %s has pages of %s", (text, size) => assert.strictEqual(guestOf(4, 2048, { mem_page_size: text }).pageSize, size))

  it("takes the image's page size where the flavor leaves it open", () => {
    const guest = Result.getOrThrow(guestTopologyOf(wishOf(4, 2048, { hw: { mem_page_size: "large" }, image: { mem_page_size: "2MB" } })))
    assert.strictEqual(guest?.pageSize, 2048)
  })

  it.each<[string, Words]>([
    ["InvalidCPUAllocationPolicy", { hw: { cpu_policy: "pinned" } }],
    ["ImageCPUPinningForbidden", { hw: { cpu_policy: "shared" }, image: { cpu_policy: "dedicated" } }],
    ["ImageCPUPinningForbidden", { hw: { cpu_policy: "mixed" }, image: { cpu_policy: "dedicated" } }],
    ["fine", { hw: { cpu_policy: "dedicated" }, image: { cpu_policy: "shared" } }],
    ["InvalidCPUThreadAllocationPolicy", { hw: { cpu_thread_policy: "avoid" } }],
    ["ImageCPUThreadPolicyForbidden", { hw: { cpu_policy: "dedicated", cpu_thread_policy: "require" }, image: { cpu_thread_policy: "isolate" } }],
    ["fine", { hw: { cpu_policy: "dedicated", cpu_thread_policy: "prefer" }, image: { cpu_thread_policy: "isolate" } }],
    ["CPUThreadPolicyConfigurationInvalid", { hw: { cpu_thread_policy: "require" } }],
    ["InvalidEmulatorThreadsPolicy", { hw: { emulator_threads_policy: "apart" } }],
    ["BadRequirementEmulatorThreadsPolicy", { hw: { emulator_threads_policy: "isolate" } }],
    ["InvalidMixedInstanceDedicatedMask", { hw: { cpu_policy: "mixed", cpu_dedicated_mask: "0-3" } }],
    ["InvalidMixedInstanceDedicatedMask", { hw: { cpu_policy: "mixed", cpu_dedicated_mask: "^0-3" } }],
    ["InvalidMixedInstanceDedicatedMask", { hw: { cpu_policy: "mixed", cpu_dedicated_mask: "4" } }],
    ["RequiredMixedInstancePolicy", { hw: { cpu_policy: "dedicated", cpu_dedicated_mask: "0" } }],
    ["RequiredMixedOrRealtimeCPUMask", { hw: { cpu_policy: "mixed" } }],
    ["RequiredMixedOrRealtimeCPUMask", { hw: { cpu_policy: "mixed", cpu_dedicated_mask: "0", cpu_realtime: "yes", cpu_realtime_mask: "^0" } }],
    ["fine", { hw: { cpu_policy: "mixed", cpu_realtime: "yes", cpu_realtime_mask: "^0" } }],
    ["RealtimeConfigurationInvalid", { hw: { cpu_realtime: "yes", cpu_realtime_mask: "^0" } }],
    ["RealtimeMaskNotFoundOrInvalid", { hw: { cpu_policy: "dedicated", cpu_realtime: "yes" } }],
    ["RealtimeMaskNotFoundOrInvalid", { hw: { cpu_policy: "dedicated", cpu_realtime: "yes", cpu_realtime_mask: "^0-3" } }],
    ["RealtimeMaskNotFoundOrInvalid", { hw: { cpu_policy: "dedicated", cpu_realtime: "yes", cpu_realtime_mask: "3-4" } }],
    ["fine", { hw: { cpu_policy: "dedicated", cpu_realtime: "yes", emulator_threads_policy: "share" } }],
    ["fine", { hw: { cpu_policy: "dedicated", cpu_realtime: "yes" }, image: { cpu_realtime_mask: "^1" } }],
    ["InvalidRequest", { hw: { cpu_policy: "dedicated" }, more: { "resources:PCPU": "4" } }],
    ["InvalidRequest", { more: { "resources:PCPU": "2", "resources:VCPU": "2" } }],
    ["InvalidRequest", { more: { "resources:PCPU": "3" } }],
    ["InvalidRequest", { hw: { emulator_threads_policy: "isolate" }, more: { "resources:PCPU": "4" } }],
    ["InvalidRequest", { hw: { cpu_policy: "dedicated", cpu_thread_policy: "prefer" }, more: { "trait:HW_CPU_HYPERTHREADING": "required" } }],
    ["InvalidNUMANodesNumber", { hw: { numa_nodes: "0" } }],
    ["InvalidNUMANodesNumber", { hw: { numa_nodes: "two" } }],
    ["InvalidNUMANodesNumber", { hw: { numa_nodes: "02" } }],
    ["ImageNUMATopologyForbidden", { hw: { numa_nodes: "2" }, image: { numa_nodes: 2 } }],
    ["ImageNUMATopologyForbidden", { hw: { numa_nodes: "1", "numa_cpus.0": "0-3", "numa_mem.0": "2048" }, image: { "numa_cpus.0": "0-3" } }],
    ["ImageNUMATopologyAsymmetric", { hw: { numa_nodes: "3" } }],
    ["ImageNUMATopologyIncomplete", { hw: { numa_nodes: "2", "numa_cpus.0": "0-1", "numa_cpus.1": "2-3" } }],
    ["ImageNUMATopologyIncomplete", { hw: { numa_nodes: "2", "numa_cpus.0": "0-3", "numa_mem.0": "2048" } }],
    ["ImageNUMATopologyCPUOutOfRange", { hw: { numa_nodes: "1", "numa_cpus.0": "0-4", "numa_mem.0": "2048" } }],
    ["ImageNUMATopologyCPUDuplicates", { hw: { numa_nodes: "2", "numa_cpus.0": "0-2", "numa_cpus.1": "2-3", "numa_mem.0": "1024", "numa_mem.1": "1024" } }],
    ["ImageNUMATopologyCPUsUnassigned", { hw: { numa_nodes: "1", "numa_cpus.0": "0-2", "numa_mem.0": "2048" } }],
    ["ImageNUMATopologyMemoryOutOfRange", { hw: { numa_nodes: "1", "numa_cpus.0": "0-3", "numa_mem.0": "1024" } }],
    ["Invalid", { hw: { numa_nodes: "1", "numa_cpus.0": "3-0", "numa_mem.0": "2048" } }],
    ["Invalid", { hw: { numa_nodes: "1", "numa_cpus.0": "0-4294967295", "numa_mem.0": "2048" } }],
    ["MemoryPageSizeInvalid", { hw: { mem_page_size: "big" } }],
    ["MemoryPageSizeForbidden", { image: { mem_page_size: "2048" } }],
    ["MemoryPageSizeForbidden", { hw: { mem_page_size: "small" }, image: { mem_page_size: "2048" } }],
    ["LockMemoryForbidden", { hw: { locked_memory: "true" } }],
    ["fine", { hw: { locked_memory: "true", mem_page_size: "small" } }],
    ["FlavorImageLockedMemoryConflict", { hw: { locked_memory: "true", mem_page_size: "small" }, image: { locked_memory: false } }],
    ["FlavorImageConflict", { hw: { mem_encryption: "true" }, image: { mem_encryption: false } }],
    ["FlavorImageConflict", { hw: { mem_encryption: "true" } }],
    ["InvalidMachineType", { hw: { mem_encryption: "true" }, image: { firmware_type: "uefi", machine_type: "pc" } }],
    ["StatelessFirmwareRequired", { hw: { mem_encryption: "true", mem_encryption_model: "amd-sev-snp" }, image: { firmware_type: "uefi" } }],
    ["fine", { hw: { mem_encryption: "true" }, image: { firmware_type: "uefi", machine_type: "pc-q35-9.0" } }]
  ])("answers %s to %j", (code, words) => assert.strictEqual(codeOf(words), code))

  it("takes CPU lists of any order, with spaces, exclusions and empty rules", () =>
    assert.deepStrictEqual(
      guestOf(4, 2048, { cpu_policy: "mixed", cpu_dedicated_mask: " ^2 ,3, 0 - 2,," }).cells[0]!.sharedCpus, [2]))

  it("of a list that repeats itself without end is read at once", () => {
    const started = process.cpuUsage()
    assert.strictEqual(codeOf({ image: { "numa_cpus.0": "0-4095,".repeat(16_000) } }), "fine")
    assert.isBelow(process.cpuUsage(started).user, 1_000_000)
  })

  it("is refused for what the reference looks at first, where several things are wrong", () => {
    assert.strictEqual(codeOf({ hw: { cpu_policy: "x", cpu_thread_policy: "x", numa_nodes: "x" } }), "InvalidCPUAllocationPolicy")
    assert.strictEqual(codeOf({ hw: { cpu_dedicated_mask: "9", numa_nodes: "x", emulator_threads_policy: "x" } }), "InvalidMixedInstanceDedicatedMask")
    assert.strictEqual(codeOf({ hw: { numa_nodes: "x", mem_page_size: "x", locked_memory: "yes" } }), "InvalidNUMANodesNumber")
  })
})
