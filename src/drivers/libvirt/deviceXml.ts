/** A guest's PCI devices, in libvirt's words. Pure. */
import type { DomainSpec, NicSpec } from "../Driver.ts"
import { all, el, type Element, first } from "./xml.ts"

const address = (given: string, more: { readonly [name: string]: string } = {}): Element => {
  const [domain, bus, rest = ""] = given.split(":")
  const [slot, fn] = rest.split(".")
  return el("address", { ...more, domain: `0x${domain}`, bus: `0x${bus}`, slot: `0x${slot}`, function: `0x${fn}` })
}

/** libvirt takes it from the host's driver, and gives it back when the guest is off. */
const hostDevice = (given: string): Element =>
  el("hostdev", { mode: "subsystem", type: "pci", managed: "yes" }, el("source", {}, address(given)))

const tagged = (vlan: number | undefined): Element | null => vlan === undefined ? null : el("vlan", {}, el("tag", { id: vlan }))

/** A card that is a device of the host, or lies on one; `null`: a card as any other. */
const cards: { readonly [vnicType: string]: (card: NicSpec, given: string) => Element } = {
  direct: ({ macAddress, vlan }, given) =>
    el("interface", { type: "hostdev", managed: "yes" },
      el("mac", { address: macAddress }),
      el("source", {}, address(given, { type: "pci" })),
      tagged(vlan)),
  macvtap: ({ device, macAddress, vlan }) =>
    el("interface", { type: "direct" },
      el("mac", { address: macAddress }),
      el("source", { dev: device?.interface ?? "", mode: "passthrough" }),
      tagged(vlan),
      el("model", { type: "virtio" })),
  "direct-physical": (_, given) => hostDevice(given)
}

const cardOf = (card: NicSpec): Element | null =>
  card.device === undefined ? null : cards[card.vnicType ?? ""]?.(card, card.device.address) ?? null

export const isDeviceCard = (card: NicSpec): boolean => cardOf(card) !== null

/** Its cards that are devices, and its other devices, each in the order of the specification. */
export const hostDevices = ({ devices = [], nics }: DomainSpec): ReadonlyArray<Element> =>
  [...nics.flatMap((card) => cardOf(card) ?? []), ...devices.map((device) => hostDevice(device.address))]

/** Those that a running guest may be given: a macvtap card stays with it. */
export const pluggable = (spec: DomainSpec): ReadonlyArray<Element> =>
  hostDevices(spec).filter(({ attributes, name }) => name === "hostdev" || attributes["type"] === "hostdev")

/** What keeps libvirt from plugging the devices, in words; `null`: nothing. */
export const unpluggable = ({ nics }: DomainSpec): string | null => {
  const card = nics.find((one) => one.vnicType !== undefined && one.vnicType !== "normal" && cardOf(one) === null)
  if (card !== undefined) return `port ${card.portId} of type ${card.vnicType} has no device of the host`
  const bare = nics.find((one) => one.vnicType === "macvtap" && one.device?.interface === undefined)
  return bare === undefined ? null : `PCI device ${bare.device?.address} for port ${bare.portId} is no network interface of the host`
}

/** The devices of the host that a guest has, out of libvirt's description of it. */
export const hostDevicesIn = (domain: Element): ReadonlyArray<Element> => [
  ...all(domain, "devices", "hostdev"),
  ...all(domain, "devices", "interface").filter(({ attributes }) => attributes["type"] === "hostdev")
]

/** Which device of the host it is, however it is plugged. */
export const deviceKey = (element: Element): string => {
  const { bus = "", domain = "", function: fn = "", slot = "", uuid } = first(element, "source", "address")?.attributes ?? {}
  const part = (text: string, digits: number) => text.replace(/^0x/, "").padStart(digits, "0")
  return uuid ?? `${part(domain, 4)}:${part(bus, 2)}:${part(slot, 2)}.${part(fn, 1)}`
}
