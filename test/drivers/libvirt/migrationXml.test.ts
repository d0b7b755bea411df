import { assert, describe, it } from "vitest"
import { destinationXml } from "../../../src/drivers/libvirt/migrationXml.ts"
import { specOf } from "../specs.ts"

const live = `<domain type='qemu'>
  <name>instance-1</name>
  <numatune>
    <memory mode='strict' nodeset='0'/>
  </numatune>
  <vcpu placement='static' cpuset='0-3'>1</vcpu>
  <cputune>
    <vcpupin vcpu='0' cpuset='2'/>
  </cputune>
  <devices>
    <disk type='file' device='disk'>
      <source file='/here/disk.qcow2'/>
      <backingStore type='file'>
        <source file='/here/base.qcow2'/>
        <backingStore/>
      </backingStore>
      <target dev='vda'/>
    </disk>
    <disk type='file' device='cdrom'>
      <source file='/here/cdrom.iso'/>
      <backingStore/>
      <address type='drive'/>
    </disk>
    <serial type='file'><source path='/here/console.log'/></serial>
  </devices>
</domain>
`
const numa = {
  cells: [{ cpus: [0], memoryMb: 64, hostCell: 1, hugePageKb: null }], pins: [{ cpu: 0, hostCpus: [7] }], emulatorCpus: [7], realtimeCpus: []
}

describe("a guest's description for another host", () => {
  it("names the other host's CPUs, nodes and files, and keeps all that the guest sees", () => {
    const xml = destinationXml(live, specOf(1, { numa }), "/here", "/there")
    assert.notInclude(xml, "/here")
    assert.notInclude(xml, "backingStore")
    assert.notInclude(xml, "0-3")
    assert.match(xml, /<vcpupin vcpu="0" cpuset="7"\/>|<vcpupin vcpu='0' cpuset='7'\/>/)
    assert.match(xml, /nodeset=["']1["']/)
    for (const kept of ["/there/disk.qcow2", "/there/cdrom.iso", "/there/console.log", "<target dev='vda'/>", "<address type='drive'/>"]) assert.include(xml, kept)
    assert.strictEqual(xml.match(/<vcpu\b/g)?.length, 1)
  })

  it("has no pins left where the server has none there, and gets those it had not", () => {
    const without = destinationXml(live, specOf(1), "/here", "/there")
    assert.notMatch(without, /cputune|numatune|cpuset/)
    const again = destinationXml(without, specOf(1, { numa }), "/there", "/here")
    assert.match(again, /<\/vcpu>\s*<(cputune|numatune)>/)
    assert.include(again, "vcpupin")
  })
})
