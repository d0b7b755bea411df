import { assert, describe, it } from "@effect/vitest"
import { domainXml, type GuestSettings } from "../../../src/drivers/libvirt/domainXml.ts"
import { all, first, parse, render } from "../../../src/drivers/libvirt/xml.ts"
import { domainSpec, imageSource } from "./domainSpec.ts"

const settings: GuestSettings = {
  virtType: "qemu", arch: "x86_64", nics: "user", vncListen: null, kernel: null, consoleLog: "/g/console.log",
  disks: [{ path: "/g/disk.qcow2", format: "qcow2", device: "disk" }]
}
const id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
const nic = {
  portId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", networkId: "11111111-2222-3333-4444-555555555555",
  macAddress: "fa:16:3e:00:00:01", mtu: 1_450, fixedIps: ["10.0.0.5/24"]
}

describe("the description of a guest", () => {
  it("is what a person would write", () =>
    assert.strictEqual(domainXml(domainSpec({ id }), settings), `<domain type="qemu">
  <name>instance-3f2504e0</name>
  <uuid>${id}</uuid>
  <metadata>
    <kilonova:instance xmlns:kilonova="https://kilonova.dev/xmlns/libvirt/1">
      <kilonova:name>web</kilonova:name>
      <kilonova:owner project="project-1" user="user-1"/>
      <kilonova:image/>
    </kilonova:instance>
  </metadata>
  <memory unit="MiB">64</memory>
  <vcpu placement="static">1</vcpu>
  <sysinfo type="smbios">
    <system>
      <entry name="manufacturer">Kilonova</entry>
      <entry name="product">OpenStack Compute</entry>
      <entry name="serial">${id}</entry>
      <entry name="uuid">${id}</entry>
      <entry name="family">Virtual Machine</entry>
    </system>
  </sysinfo>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <smbios mode="sysinfo"/>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <clock offset="utc"/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="writeback" discard="unmap"/>
      <source file="/g/disk.qcow2"/>
      <target dev="vda" bus="virtio"/>
      <boot order="1"/>
    </disk>
    <serial type="file">
      <source path="/g/console.log" append="on"/>
      <target port="0"/>
    </serial>
    <console type="file">
      <source path="/g/console.log" append="on"/>
      <target type="serial" port="0"/>
    </console>
    <rng model="virtio">
      <backend model="random">/dev/urandom</backend>
    </rng>
    <memballoon model="virtio">
      <stats period="10"/>
    </memballoon>
  </devices>
</domain>
`))

  it("boots a kernel directly where the image names one", () => {
    const image = imageSource({ properties: { os_command_line: "console=ttyS0 quiet" } })
    const os = first(parse(domainXml(domainSpec({ image }), {
      ...settings, kernel: { path: "/g/kernel", ramdisk: "/g/ramdisk" }
    })), "os")
    assert(os !== undefined)
    assert.strictEqual(first(os, "kernel")?.text, "/g/kernel")
    assert.strictEqual(first(os, "initrd")?.text, "/g/ramdisk")
    assert.strictEqual(first(os, "cmdline")?.text, "console=ttyS0 quiet")
  })

  it.each([
    ["user", { type: "user", source: undefined, target: undefined, mtu: undefined }],
    ["bridge", { type: "bridge", source: "brq11111111-22", target: "tapaaaaaaaa-bb", mtu: "1450" }]
  ] as const)("attaches a card by %s", (nics, expected) => {
    const card = first(parse(domainXml(domainSpec({ nics: [nic] }), { ...settings, nics })), "devices", "interface")
    assert(card !== undefined)
    assert.strictEqual(first(card, "mac")?.attributes["address"], nic.macAddress)
    assert.deepStrictEqual({
      type: card.attributes["type"],
      source: first(card, "source")?.attributes["bridge"],
      target: first(card, "target")?.attributes["dev"],
      mtu: first(card, "mtu")?.attributes["size"]
    }, expected)
  })

  it("honours the image's hardware properties", () => {
    const image = imageSource({
      properties: { hw_disk_bus: "sata", hw_vif_model: "e1000", hw_machine_type: "pc", hw_qemu_guest_agent: "yes" }
    })
    const domain = parse(domainXml(domainSpec({ image, nics: [nic] }), settings))
    assert.strictEqual(first(domain, "os", "type")?.attributes["machine"], "pc")
    assert.deepStrictEqual(first(domain, "devices", "disk", "target")?.attributes, { dev: "sda", bus: "sata" })
    assert.strictEqual(first(domain, "devices", "interface", "model")?.attributes["type"], "e1000")
    assert.strictEqual(first(domain, "devices", "channel", "target")?.attributes["name"], "org.qemu.guest_agent.0")
  })

  it("gives KVM guests the host's processor and TCG guests none", () => {
    const cpu = (virtType: "kvm" | "qemu") => first(parse(domainXml(domainSpec(), { ...settings, virtType })), "cpu")
    assert.deepStrictEqual(cpu("kvm")?.attributes, { mode: "host-model" })
    assert.isUndefined(cpu("qemu"))
  })

  it("lets no name break out of its element", () => {
    const displayName = `</kilonova:name><devices evil='"'>\u0000&\ud800`
    const domain = parse(domainXml(domainSpec({ displayName }), settings))
    const names = all(domain, "metadata", "kilonova:instance", "kilonova:name")
    assert.deepStrictEqual(names.map(({ text }) => text), [`</kilonova:name><devices evil='"'>&\ufffd`])
    assert.strictEqual(all(domain, "devices").length, 1)
  })
})

describe("xml", () => {
  it("reads what it writes", () => {
    const text = `<a x="1 &amp; 2">\n  <b>t &lt; u</b>\n  <c/>\n</a>`
    assert.strictEqual(render(parse(`<?xml version='1.0'?><!-- no -->${text}`)), text)
  })
})
