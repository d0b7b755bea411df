/** A host's PCI devices, read from libvirt's descriptions of its node devices. Pure. */
import type { FoundDevice } from "../../actors/placement/devices/Device.ts"
import { all, type Element, first, parse } from "./xml.ts"

const number = (text: string | undefined): number => Number(text ?? "") || 0
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

const addressOf = (domain: number, bus: number, slot: number, fn: number): string =>
  `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${hex(fn, 1)}`

const addressIn = ({ attributes }: Element): string =>
  addressOf(number(attributes["domain"]), number(attributes["bus"]), number(attributes["slot"]), number(attributes["function"]))

const idOf = (element: Element | undefined): string => hex(number(element?.attributes["id"]), 4)

const capability = (device: Element, type: string): Element | undefined =>
  all(device, "capability").find(({ attributes }) => attributes["type"] === type)

const textOf = (element: Element, ...path: ReadonlyArray<string>): string => first(element, ...path)?.text ?? ""

/** What lies on a PCI device, by its libvirt name. */
interface Children {
  readonly interfaces: ReadonlyMap<string, Element>
  readonly vdpa: ReadonlySet<string>
}

const childrenOf = (devices: ReadonlyArray<Element>): Children => {
  const interfaces = new Map<string, Element>()
  const vdpa = new Set<string>()
  for (const device of devices) {
    const parent = textOf(device, "parent")
    const net = capability(device, "net")
    if (net !== undefined && !interfaces.has(parent)) interfaces.set(parent, net)
    if (capability(device, "vdpa") !== undefined) vdpa.add(parent)
  }
  return { interfaces, vdpa }
}

const found = (device: Element, pci: Element, { interfaces, vdpa }: Children): FoundDevice => {
  const name = textOf(device, "name")
  const physical = capability(pci, "phys_function")
  const parent = physical === undefined ? undefined : first(physical, "address")
  const numa = first(pci, "numa")?.attributes["node"]
  const net = interfaces.get(name)
  return {
    address: addressOf(...(["domain", "bus", "slot", "function"] as const).map((part) => number(textOf(pci, part))) as [number, number, number, number]),
    vendorId: idOf(first(pci, "vendor")),
    productId: idOf(first(pci, "product")),
    type: vdpa.has(name) ? "vdpa"
      : capability(pci, "virt_functions") !== undefined ? "type-PF"
      : parent !== undefined ? "type-VF" : "type-PCI",
    // Linux says -1 where it does not know.
    numaNode: numa === undefined || number(numa) < 0 ? null : number(numa),
    ...(parent === undefined ? {} : { parent: addressIn(parent) }),
    ...(net === undefined ? {} : { interface: textOf(net, "interface"), macAddress: textOf(net, "address") })
  }
}

/** Of the descriptions of all PCI devices, network interfaces and vDPA devices. */
export const devicesIn = (descriptions: ReadonlyArray<string>): ReadonlyArray<FoundDevice> => {
  const devices = descriptions.map(parse)
  const children = childrenOf(devices)
  return devices.flatMap((device) => {
    const pci = capability(device, "pci")
    return pci === undefined ? [] : [found(device, pci, children)]
  }).sort((a, b) => a.address < b.address ? -1 : 1)
}
