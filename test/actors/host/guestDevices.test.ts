/** What the hypervisor is told of a server's devices. */
import { assert, it } from "vitest"
import { domainSpec } from "../../../src/actors/host/domainSpec.ts"
import { gpu, nic } from "../../fixtures/devices.ts"
import { anInstance } from "../../fixtures/instances.ts"

const [, vf] = nic(0x81, 1)
const card = (portId: string) => ({ portId, networkId: "n", label: "net", macAddress: "fa:16:3e:00:00:01", mtu: 1500, fixedIps: [], isPreexisting: true })

it("those of ports are its cards, the others its own, and virtual graphics cards are counted", () => {
  const { flavor } = anInstance()
  const { devices, nics, vgpus } = domainSpec(anInstance({
    flavor: { ...flavor, extraSpecs: { "resources:VGPU": "1", "resources_b:VGPU": "1" } },
    devices: [{ ...gpu(1), alias: "gpu" }, { ...vf!, portId: "direct" }],
    nics: [{ ...card("direct"), vnicType: "direct", vlan: 7 }, card("normal")]
  }), null, undefined)
  assert.deepStrictEqual([devices?.map(({ address }) => address), vgpus], [["0000:01:00.0"], 2])
  assert.deepStrictEqual(nics.map((one) => [one.portId, one.vnicType, one.device?.address, one.vlan]), [
    ["direct", "direct", "0000:81:01.0", 7], ["normal", undefined, undefined, undefined]
  ])
})

it("a server without any says nothing of them", () =>
  assert.notProperty(domainSpec(anInstance(), null, undefined), "devices"))
