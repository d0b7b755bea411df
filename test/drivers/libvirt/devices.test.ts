/** PCI devices in libvirt's words: those of a host as its documentation shows them, and those of a guest. */
import { assert, describe, it } from "@effect/vitest"
import { domainXml, type GuestSettings } from "../../../src/drivers/libvirt/domainXml.ts"
import { unpluggable } from "../../../src/drivers/libvirt/deviceXml.ts"
import { devicesIn } from "../../../src/drivers/libvirt/nodeDevices.ts"
import { all, parse, render } from "../../../src/drivers/libvirt/xml.ts"
import { gpu, nic } from "../../fixtures/devices.ts"
import { domainSpec } from "./domainSpec.ts"

const pci = (name: string, [bus, slot, fn]: readonly [number, number, number], product: string, more: string) => `
<device>
  <name>${name}</name>
  <path>/sys/devices/pci0000:80/0000:80:01.0/${name}</path>
  <parent>pci_0000_80_01_0</parent>
  <driver><name>i40e</name></driver>
  <capability type='pci'>
    <class>0x020000</class>
    <domain>0</domain>
    <bus>${bus}</bus>
    <slot>${slot}</slot>
    <function>${fn}</function>
    <product id='${product}'>Ethernet Controller X710 for 10GbE SFP+</product>
    <vendor id='0x8086'>Intel Corporation</vendor>
    ${more}
  </capability>
</device>`
const net = (parent: string, name: string, mac: string) => `
<device>
  <name>net_${name}_${mac.replaceAll(":", "_")}</name>
  <parent>${parent}</parent>
  <capability type='net'><interface>${name}</interface><address>${mac}</address><capability type='80203'/></capability>
</device>`

const host = [
  pci("pci_0000_81_00_0", [129, 0, 0], "0x1572", `
    <capability type='virt_functions' maxCount='64'>
      <address domain='0x0000' bus='0x81' slot='0x02' function='0x0'/>
      <address domain='0x0000' bus='0x81' slot='0x02' function='0x1'/>
    </capability>
    <iommuGroup number='61'><address domain='0x0000' bus='0x81' slot='0x00' function='0x0'/></iommuGroup>
    <numa node='1'/>`),
  pci("pci_0000_81_02_1", [129, 2, 1], "0x154c", `
    <capability type='phys_function'><address domain='0x0000' bus='0x81' slot='0x00' function='0x0'/></capability><numa node='1'/>`),
  pci("pci_0000_81_02_0", [129, 2, 0], "0x154c", `
    <capability type='phys_function'><address domain='0x0000' bus='0x81' slot='0x00' function='0x0'/></capability><numa node='1'/>`),
  pci("pci_0000_01_00_0", [1, 0, 0], "0x10fb", "<numa node='-1'/>"),
  net("pci_0000_81_00_0", "ens1f0", "3c:fd:fe:00:00:01"),
  net("pci_0000_81_02_0", "ens1f0v0", "3c:fd:fe:00:00:02"),
  `<device><name>vdpa_vdpa0</name><parent>pci_0000_81_02_1</parent><capability type='vdpa'><chardev>/dev/vhost-vdpa-0</chardev></capability></device>`,
  "<device><name>computer</name><capability type='system'/></device>"
]

describe("the devices of a host", () => {
  it("are its PCI devices, functions with their card, with the interfaces that they are", () =>
    assert.deepStrictEqual(devicesIn(host), [
      { address: "0000:01:00.0", vendorId: "8086", productId: "10fb", type: "type-PCI", numaNode: null },
      { address: "0000:81:00.0", vendorId: "8086", productId: "1572", type: "type-PF", numaNode: 1, interface: "ens1f0", macAddress: "3c:fd:fe:00:00:01" },
      {
        address: "0000:81:02.0", vendorId: "8086", productId: "154c", type: "type-VF", numaNode: 1, parent: "0000:81:00.0",
        interface: "ens1f0v0", macAddress: "3c:fd:fe:00:00:02"
      },
      { address: "0000:81:02.1", vendorId: "8086", productId: "154c", type: "vdpa", numaNode: 1, parent: "0000:81:00.0" }
    ]))
})

const settings: GuestSettings = {
  virtType: "kvm", arch: "x86_64", nics: "bridge", vncListen: null, kernel: null, consoleLog: "/g/console.log", disks: []
}
const card = (vnicType: string, more = {}) => ({
  portId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", networkId: "11111111-2222-3333-4444-555555555555",
  macAddress: "fa:16:3e:00:00:01", mtu: 1_450, fixedIps: [], vnicType, ...more
})
const [pf, vf] = nic(0x81, 1)
const written = (spec: Parameters<typeof domainSpec>[0]) => {
  const devices = all(parse(domainXml(domainSpec(spec), settings)), "devices")
  return ["interface", "hostdev"].flatMap((name) => all(devices[0]!, name)).map((element) => render(element))
}

describe("the devices of a guest", () => {
  it("of its own are taken from the host", () =>
    assert.deepStrictEqual(written({ devices: [{ ...gpu(0x3b), alias: "gpu" }] }), [`<hostdev mode="subsystem" type="pci" managed="yes">
  <source>
    <address domain="0x0000" bus="0x3b" slot="0x00" function="0x0"/>
  </source>
</hostdev>`]))

  it("are its cards, with their port's address and network", () =>
    assert.deepStrictEqual(written({
      nics: [card("direct", { device: vf, vlan: 7 }), card("macvtap", { device: vf, vlan: 8 }), card("direct-physical", { device: pf })]
    }), [`<interface type="hostdev" managed="yes">
  <mac address="fa:16:3e:00:00:01"/>
  <source>
    <address type="pci" domain="0x0000" bus="0x81" slot="0x01" function="0x0"/>
  </source>
  <vlan>
    <tag id="7"/>
  </vlan>
</interface>`, `<interface type="direct">
  <mac address="fa:16:3e:00:00:01"/>
  <source dev="ens129v0" mode="passthrough"/>
  <vlan>
    <tag id="8"/>
  </vlan>
  <model type="virtio"/>
</interface>`, `<hostdev mode="subsystem" type="pci" managed="yes">
  <source>
    <address domain="0x0000" bus="0x81" slot="0x00" function="0x0"/>
  </source>
</hostdev>`]))

  it("leave its other cards as they are", () =>
    assert.deepStrictEqual(written({ nics: [card("normal")] }).map((text) => text.split("\n")[0]), [`<interface type="bridge">`]))

  it("that cannot be plugged are told of", () => {
    const { interface: _, ...bare } = vf!
    assert.deepStrictEqual([card("direct"), card("macvtap", { device: bare }), card("macvtap", { device: vf }), card("normal")].map((one) => unpluggable(domainSpec({ nics: [one] }))), [
      `port ${card("").portId} of type direct has no device of the host`,
      `PCI device 0000:81:01.0 for port ${card("").portId} is no network interface of the host`,
      null, null
    ])
  })
})
