/** What runners and agents tell each other of hardware, in both directions, and from releases that knew less. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { DomainSpec } from "../../../src/drivers/Driver.ts"
import { Hardware, Spec } from "../../../src/drivers/agent/shapes.ts"
import { topologies } from "../../../src/drivers/simulated/topologies.ts"
import { gpu, nic } from "../../fixtures/devices.ts"
import { specOf } from "../specs.ts"

const over = <A, I>(schema: Schema.Codec<A, I>, value: A): A => {
  const text = JSON.stringify(Schema.encodeSync(schema)(value))
  return Schema.decodeUnknownSync(schema)(JSON.parse(text))
}

describe("what crosses the wire", () => {
  it("is the whole of a server's place, and nothing where it has none", () => {
    const placed: DomainSpec = specOf(1, {
      vcpus: 2, cpuTopology: { sockets: 1, cores: 1, threads: 2 }, sharedCpus: [0, 1], isMemoryLocked: true,
      numa: {
        cells: [{ cpus: [0, 1], memoryMb: 64, hostCell: 3, hugePageKb: 2048 }, { cpus: [], memoryMb: 1, hostCell: 0, hugePageKb: null }],
        pins: [{ cpu: 0, hostCpus: [8] }, { cpu: 1, hostCpus: [9, 10] }], emulatorCpus: [11], realtimeCpus: [1]
      }
    })
    assert.deepStrictEqual(over<DomainSpec, unknown>(Spec, placed), placed)
    assert.deepStrictEqual(over<DomainSpec, unknown>(Spec, specOf(2)), specOf(2))
  })

  it("is a host's devices, and which a server and its cards have", () => {
    const [card, vf] = nic(0x81, 1, 0, { physicalNetwork: null, isTrusted: true, resourceClass: "CUSTOM_NIC", traits: ["HW_NIC_SRIOV"] })
    const { name: _, pciDevices: __, ...model } = topologies[0]!
    const hardware = { ...model, hypervisorType: "QEMU", hypervisorVersion: 1, hypervisorHostname: "h", hostIp: "10.0.0.1", devices: [gpu(1), card!, vf!] }
    assert.deepStrictEqual(over(Hardware, hardware), hardware)
    const { resourceClass: ___, traits: ____, ...claimed } = vf!
    const placed = specOf(1, {
      devices: [{ ...gpu(1), alias: "gpu" }], vgpus: 1,
      nics: [{ portId: "p", networkId: "n", macAddress: "fa:16:3e:00:00:01", mtu: 1450, fixedIps: [], vnicType: "direct", vlan: 7, device: { ...claimed, portId: "p" } }]
    })
    assert.deepStrictEqual(over<DomainSpec, unknown>(Spec, placed), placed)
  })

  it("is a host's cores and the CPUs set apart on it", () => {
    const { name: _, pciDevices: __, ...model } = topologies[0]!
    const hardware = { ...model, hypervisorType: "QEMU", hypervisorVersion: 1, hypervisorHostname: "h", hostIp: "10.0.0.1" }
    const apart = { ...hardware, cpuSets: { shared: [0, 1], dedicated: null } }
    assert.deepStrictEqual(over(Hardware, apart), apart)
    assert.deepStrictEqual(over(Hardware, hardware), hardware)
  })
})
