import { assert, describe, it } from "@effect/vitest"
import { cpuList, inventoryOf } from "../../../src/drivers/libvirt/inventory.ts"
import type { LibvirtEvent } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { powerAfter, powerOf } from "../../../src/drivers/libvirt/power.ts"

const facts = {
  type: "QEMU", version: 9_002_000, hostname: "node-1", hostIp: "10.0.0.1", memoryKib: 8_388_608, cpus: 4,
  diskBytes: 107_374_182_400, hasKvm: true
}

const capabilities = `
<capabilities><host>
  <cpu><arch>x86_64</arch><model>Skylake-Server</model>
    <feature name='avx2'/><feature name='sse4.2'/><feature name='fma'/><feature name='hypervisor'/></cpu>
  <topology><cells num='2'>
    <cell id='0'><memory unit='KiB'>4194304</memory>
      <pages unit='KiB' size='4'>1000000</pages><pages unit='KiB' size='2048'>160</pages>
      <cpus num='2'>
        <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0-1'/>
        <cpu id='1' socket_id='0' die_id='0' core_id='0' siblings='0-1'/></cpus></cell>
    <cell id='1'><memory unit='GiB'>4</memory>
      <cpus num='2'>
        <cpu id='2' socket_id='1' die_id='0' core_id='0' siblings='2,3'/>
        <cpu id='3' socket_id='1' die_id='0' core_id='0' siblings='2,3'/></cpus></cell>
  </cells></topology></host></capabilities>`

describe("the inventory of a host", () => {
  it("has the NUMA nodes, pages and cores libvirt describes", () => {
    const inventory = inventoryOf(capabilities, facts)
    assert.deepStrictEqual(inventory.numa, [
      { id: 0, cpus: [0, 1], memoryMb: 4_096, pages: [{ sizeKb: 2_048, count: 160 }] },
      { id: 1, cpus: [2, 3], memoryMb: 4_096, pages: [] }
    ])
    assert.deepStrictEqual(inventory.cores, [{ socket: 0, cpus: [0, 1] }, { socket: 1, cpus: [2, 3] }])
    assert.deepInclude(inventory, {
      hypervisorHostname: "node-1", cpuModel: "Skylake-Server", cpuArch: "x86_64", vcpus: 4, memoryMb: 8_192, diskGb: 100
    })
  })

  it("claims processor traits only where guests get the processor", () => {
    const traits = (hasKvm: boolean) => inventoryOf(capabilities, { ...facts, hasKvm }).traits
      .filter((trait) => trait.startsWith("HW_CPU"))
    assert.deepStrictEqual(traits(true), ["HW_CPU_X86_AVX2", "HW_CPU_X86_SSE42", "HW_CPU_X86_FMA3"])
    assert.deepStrictEqual(traits(false), [])
  })

  it("is one node where libvirt describes none", () =>
    assert.deepStrictEqual(inventoryOf("<capabilities><host/></capabilities>", facts).numa, [
      { id: 0, cpus: [0, 1, 2, 3], memoryMb: 8_192, pages: [] }
    ]))

  it("reads CPU lists", () => assert.deepStrictEqual(cpuList("0-2,7,9-9"), [0, 1, 2, 7, 9]))
})

describe("power", () => {
  it.each([
    ["running", false, "running"], ["blocked", false, "running"], ["paused", false, "paused"],
    ["shutdown", false, "running"], ["shutoff", false, "shutdown"], ["shutoff", true, "suspended"],
    ["crashed", false, "crashed"], ["nostate", false, "nostate"]
  ] as const)("state %s, saved %s, is %s", (state, isSaved, power) =>
    assert.strictEqual(powerOf(state, isSaved), power))

  it.each([
    ["started", 0, { power: "running", reason: "started" }],
    ["suspended", 0, { power: "paused", reason: "suspended" }],
    ["resumed", 0, { power: "running", reason: "resumed" }],
    ["stopped", 0, { power: "shutdown", reason: "shutdown" }],
    ["stopped", 1, { power: "shutdown", reason: "destroyed" }],
    ["stopped", 2, { power: "crashed", reason: "crashed" }],
    ["stopped", 4, { power: "suspended", reason: "saved" }],
    ["defined", 0, undefined],
    ["undefined", 0, undefined],
    ["shutdown", 1, undefined]
  ] as const)("event %s with detail %s", (event, detail, expected) => {
    const domain = { name: "n", uuid: "3f2504e0-4f89-41d3-9a0c-0305e82c3301", id: 1 }
    assert.deepStrictEqual(powerAfter({ _tag: "Lifecycle", domain, event, detail } satisfies LibvirtEvent), expected)
  })
})
