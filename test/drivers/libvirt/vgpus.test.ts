/** Virtual graphics cards: libvirt's words for them, and their life on a host that a test makes up. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { domainXml } from "../../../src/drivers/libvirt/domainXml.ts"
import { mdevParentsIn, mdevsIn, parentsFor, vgpuIds, vgpuTotal } from "../../../src/drivers/libvirt/mdevs.ts"
import { type Client, errorCode, LibvirtError, nodeDeviceFlag } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { ensureVgpus, removeVgpus, vgpusOf } from "../../../src/drivers/libvirt/vgpus.ts"
import { all, first, parse, render } from "../../../src/drivers/libvirt/xml.ts"
import { domainSpec } from "./domainSpec.ts"

const cardXml = (name: string, node: number, available: number) => `
<device>
  <name>${name}</name>
  <capability type='pci'>
    <domain>0</domain><bus>6</bus><slot>0</slot><function>0</function>
    <product id='0x13f2'>GM204GL [Tesla M60]</product><vendor id='0x10de'>NVIDIA Corporation</vendor>
    <capability type='mdev_types'>
      <type id='nvidia-11'><name>GRID M60-0B</name><deviceAPI>vfio-pci</deviceAPI><availableInstances>${2 * available}</availableInstances></type>
      <type id='nvidia-35'><name>GRID M60-1Q</name><deviceAPI>vfio-pci</deviceAPI><availableInstances>${available}</availableInstances></type>
    </capability>
    <numa node='${node}'/>
  </capability>
</device>`
const nameOf = (uuid: string) => `mdev_${uuid.replaceAll("-", "_")}_0000_06_00_0`
const mdevXmlOf = (uuid: string, parent: string) =>
  `<device><name>${nameOf(uuid)}</name><parent>${parent}</parent><capability type='mdev'><type id='nvidia-35'/><uuid>${uuid}</uuid><iommuGroup number='12'/></capability></device>`

/** Cards with so many shares each, by name; as libvirt would, it counts what it gave. */
const aHost = (cards: { readonly [name: string]: number }, mdevTypes = ["nvidia-35"]) => {
  const mdevs = new Map<string, { readonly uuid: string; readonly parent: string }>()
  const left = (name: string) => cards[name]! - [...mdevs.values()].filter(({ parent }) => parent === name).length
  const refused = (code: number, message: string) => Effect.fail(new LibvirtError({ procedure: "p", code, domain: 1, level: 2, message }))
  const client: Partial<Client> = {
    connectListAllNodeDevices: ({ flags = 0 } = {}) =>
      Effect.succeed([...flags & nodeDeviceFlag.mdevTypes ? Object.keys(cards) : [], ...flags & nodeDeviceFlag.mdev ? mdevs.keys() : [], "gone"]),
    nodeDeviceGetXml: ({ name }) => {
      const mdev = mdevs.get(name)
      return mdev !== undefined ? Effect.succeed(mdevXmlOf(mdev.uuid, mdev.parent))
        : name in cards ? Effect.succeed(cardXml(name, Object.keys(cards).indexOf(name), left(name))) : refused(errorCode.noNodeDevice, "not there")
    },
    nodeDeviceCreateXml: ({ xml }) => Effect.suspend(() => {
      const made = parse(xml)
      const parent = first(made, "parent")!.text
      const uuid = first(made, "capability", "uuid")!.text
      if (left(parent) <= 0) return refused(errorCode.internal, "no space left")
      mdevs.set(nameOf(uuid), { uuid, parent })
      return Effect.succeed(nameOf(uuid))
    }),
    nodeDeviceDestroy: ({ name }) => Effect.sync(() => void mdevs.delete(name))
  }
  return { host: { client: client as Client, mdevTypes }, mdevs }
}
const parents = (mdevs: ReturnType<typeof aHost>["mdevs"]) => [...mdevs.values()].map(({ parent }) => parent)

describe("virtual graphics cards", () => {
  it("are of the first type that a card has of those enabled, and all of them are counted whoever has some", () => {
    const card = mdevParentsIn([cardXml("pci_0000_06_00_0", 1, 2), "<device><name>x</name><capability type='pci'/></device>"], ["nvidia-99", "nvidia-35"])
    assert.deepStrictEqual(card, [{ name: "pci_0000_06_00_0", type: "nvidia-35", available: 2, numaNode: 1 }])
    const [uuid] = vgpuIds("3f2504e0-4f89-41d3-9a0c-0305e82c3301", 1)
    const mdevs = mdevsIn([mdevXmlOf(uuid!, "pci_0000_06_00_0"), mdevXmlOf(uuid!, "pci_0000_07_00_0").replace(`<uuid>${uuid}</uuid>`, "")])
    assert.deepStrictEqual(mdevs.map((one) => one.uuid), [uuid, uuid])
    assert.strictEqual(vgpuTotal(card, mdevs), 3)
    assert.deepStrictEqual(mdevParentsIn([cardXml("a", 1, 2)], []), [])
  })

  it("come of cards at the guest's own NUMA nodes, then of those with most left", () => {
    const card = (name: string, available: number, numaNode: number | null) => ({ name, type: "t", available, numaNode })
    const names = (nodes: ReadonlyArray<number>) => parentsFor([card("a", 1, 0), card("b", 9, null), card("c", 2, 1), card("d", 0, 1)], nodes).map(({ name }) => name)
    assert.deepStrictEqual([names([]), names([1]), names([0, 1])], [["b", "c", "a"], ["c", "b", "a"], ["c", "a", "b"]])
  })

  it("are described as libvirt wants them", () => {
    const settings = { virtType: "kvm" as const, arch: "x86_64", nics: "none" as const, vncListen: null, kernel: null, consoleLog: "/c", disks: [], mdevs: ["u-1"] }
    assert.deepStrictEqual(all(parse(domainXml(domainSpec(), settings)), "devices", "hostdev").map((one) => render(one)), [
      "<hostdev mode=\"subsystem\" type=\"mdev\" model=\"vfio-pci\">\n  <source>\n    <address uuid=\"u-1\"/>\n  </source>\n</hostdev>"
    ])
  })

  it.effect("are made once for a server, on cards with some left, and taken away with it", () =>
    Effect.gen(function*() {
      const { host, mdevs } = aHost({ a: 1, b: 2 })
      assert.strictEqual(yield* vgpusOf(host), 3)
      const [one, two] = [domainSpec({ vgpus: 2 }), domainSpec({ vgpus: 1 })]
      const made = yield* ensureVgpus(host, one)
      assert.deepStrictEqual([yield* ensureVgpus(host, one), parents(mdevs)], [made, ["b", "a"]])
      assert.deepStrictEqual([yield* ensureVgpus(host, two), parents(mdevs)], [vgpuIds(two.id, 1), ["b", "a", "b"]])
      assert.strictEqual(yield* vgpusOf(host), 3)
      const refusal = yield* Effect.flip(ensureVgpus(host, domainSpec({ vgpus: 1 })))
      assert.deepStrictEqual([refusal._tag, refusal.message], ["DriverError", "no card of this host has a virtual one left"])
      yield* removeVgpus(host, one.id)
      assert.deepStrictEqual(parents(mdevs), ["b"])
      yield* removeVgpus(host, one.id)
      assert.deepStrictEqual(yield* ensureVgpus(host, domainSpec()), [])
    }))

  it.effect("are nobody's where no type is enabled", () =>
    Effect.gen(function*() {
      const { host } = aHost({ a: 1 }, [])
      assert.strictEqual(yield* vgpusOf(host), 0)
      assert.strictEqual((yield* Effect.flip(ensureVgpus(host, domainSpec({ vgpus: 1 })))).message, "no card of this host has a virtual one left")
      yield* removeVgpus(host, "x")
    }))
})
