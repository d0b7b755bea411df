/** Where CPUs and memory lie, as a person who knows libvirt would write it. */
import { assert, describe, it } from "@effect/vitest"
import type { DomainNuma, DomainSpec } from "../../../src/drivers/Driver.ts"
import { domainXml, type GuestSettings } from "../../../src/drivers/libvirt/domainXml.ts"
import { cpuSet } from "../../../src/drivers/libvirt/numaXml.ts"
import { first, parse, render } from "../../../src/drivers/libvirt/xml.ts"
import { domainSpec } from "./domainSpec.ts"

const settings: GuestSettings = {
  virtType: "qemu", arch: "x86_64", nics: "none", vncListen: null, kernel: null, consoleLog: "/g/console.log", disks: []
}

/** The part of a domain that is about NUMA, in the order it stands there. */
const partOf = (change: Partial<DomainSpec>, virtType: GuestSettings["virtType"] = "qemu"): string => {
  const domain = parse(domainXml(domainSpec(change), { ...settings, virtType }))
  return ["memoryBacking", "numatune", "vcpu", "cputune", "cpu"]
    .flatMap((name) => first(domain, name) ?? []).map((element) => render(element)).join("\n")
}

const pinned: DomainNuma = {
  cells: [{ cpus: [0, 1], memoryMb: 1024, hostCell: 1, hugePageKb: null }],
  pins: [{ cpu: 0, hostCpus: [8] }, { cpu: 1, hostCpus: [40] }],
  emulatorCpus: [8, 40],
  realtimeCpus: []
}

describe("the description of a guest with NUMA nodes", () => {
  it("pins its CPUs, its emulator and its memory", () =>
    assert.strictEqual(partOf({ vcpus: 2, memoryMb: 1024, numa: pinned, cpuTopology: { sockets: 1, cores: 1, threads: 2 } }, "kvm"), `<numatune>
  <memory mode="strict" nodeset="1"/>
  <memnode cellid="0" mode="strict" nodeset="1"/>
</numatune>
<vcpu placement="static">2</vcpu>
<cputune>
  <vcpupin vcpu="0" cpuset="8"/>
  <vcpupin vcpu="1" cpuset="40"/>
  <emulatorpin cpuset="8,40"/>
</cputune>
<cpu mode="host-model">
  <topology sockets="1" cores="1" threads="2"/>
  <numa>
    <cell id="0" cpus="0-1" memory="1048576" unit="KiB"/>
  </numa>
</cpu>`))

  it("lets CPUs that are not pinned float over the CPUs of their host node, each node's memory in its own", () => {
    const floating = [...Array(4).keys()].map((cpu) => ({ cpu, hostCpus: cpu < 2 ? [0, 1, 2, 3] : [4, 5, 6, 7] }))
    assert.strictEqual(partOf({
      vcpus: 4, memoryMb: 3072, cpuTopology: { sockets: 4, cores: 1, threads: 1 },
      numa: {
        cells: [{ cpus: [0, 1], memoryMb: 1024, hostCell: 0, hugePageKb: null }, { cpus: [2, 3], memoryMb: 2048, hostCell: 1, hugePageKb: null }],
        pins: floating, emulatorCpus: [0, 1, 2, 3, 4, 5, 6, 7], realtimeCpus: []
      }
    }), `<numatune>
  <memory mode="strict" nodeset="0-1"/>
  <memnode cellid="0" mode="strict" nodeset="0"/>
  <memnode cellid="1" mode="strict" nodeset="1"/>
</numatune>
<vcpu placement="static">4</vcpu>
<cputune>
  <vcpupin vcpu="0" cpuset="0-3"/>
  <vcpupin vcpu="1" cpuset="0-3"/>
  <vcpupin vcpu="2" cpuset="4-7"/>
  <vcpupin vcpu="3" cpuset="4-7"/>
  <emulatorpin cpuset="0-7"/>
</cputune>
<cpu>
  <topology sockets="4" cores="1" threads="1"/>
  <numa>
    <cell id="0" cpus="0-1" memory="1048576" unit="KiB"/>
    <cell id="1" cpus="2-3" memory="2097152" unit="KiB"/>
  </numa>
</cpu>`)
  })

  it("takes each node's memory from pages of its size, locks it, and runs realtime CPUs before anything else", () =>
    assert.strictEqual(partOf({
      vcpus: 4, memoryMb: 2048, isMemoryLocked: true,
      numa: {
        cells: [{ cpus: [0, 1], memoryMb: 1024, hostCell: 2, hugePageKb: 2048 }, { cpus: [2, 3], memoryMb: 1024, hostCell: 0, hugePageKb: 1_048_576 }],
        pins: [10, 11, 12, 13].map((hostCpu, cpu) => ({ cpu, hostCpus: [hostCpu] })), emulatorCpus: [10], realtimeCpus: [1, 2, 3]
      }
    }), `<memoryBacking>
  <hugepages>
    <page size="2048" unit="KiB" nodeset="0"/>
    <page size="1048576" unit="KiB" nodeset="1"/>
  </hugepages>
  <nosharepages/>
  <locked/>
</memoryBacking>
<numatune>
  <memory mode="strict" nodeset="0,2"/>
  <memnode cellid="0" mode="strict" nodeset="2"/>
  <memnode cellid="1" mode="strict" nodeset="0"/>
</numatune>
<vcpu placement="static">4</vcpu>
<cputune>
  <vcpupin vcpu="0" cpuset="10"/>
  <vcpupin vcpu="1" cpuset="11"/>
  <vcpupin vcpu="2" cpuset="12"/>
  <vcpupin vcpu="3" cpuset="13"/>
  <emulatorpin cpuset="10"/>
  <vcpusched vcpus="1-3" scheduler="fifo" priority="1"/>
</cputune>
<cpu>
  <numa>
    <cell id="0" cpus="0-1" memory="1048576" unit="KiB" memAccess="shared"/>
    <cell id="1" cpus="2-3" memory="1048576" unit="KiB" memAccess="shared"/>
  </numa>
</cpu>`))
})

describe("the description of a guest without NUMA nodes", () => {
  it("keeps to the CPUs that are set apart for sharing", () =>
    assert.strictEqual(partOf({ vcpus: 2, sharedCpus: [0, 1, 2, 32, 33] }), `<vcpu placement="static" cpuset="0-2,32-33">2</vcpu>`))
  it("says nothing where none are", () => assert.strictEqual(partOf({ vcpus: 2 }), `<vcpu placement="static">2</vcpu>`))
  it("locks its memory alone", () =>
    assert.strictEqual(partOf({ isMemoryLocked: true }), `<memoryBacking>
  <locked/>
</memoryBacking>
<vcpu placement="static">1</vcpu>`))
})

describe("a set of CPUs", () => {
  it.each([
    [[], ""], [[3], "3"], [[0, 1], "0-1"], [[5, 0, 1, 2, 9, 8], "0-2,5,8-9"]
  ] as const)("%j is written %j", (cpus, text) => assert.strictEqual(cpuSet(cpus), text))
})
