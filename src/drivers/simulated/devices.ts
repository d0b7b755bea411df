/** PCI devices of simulated hosts: as machines have them, or as a file describes them. */
import { Schema } from "effect"
import { deviceTypes, type FoundDevice } from "../../actors/placement/devices/Device.ts"

export const gpu = (address: string, numaNode: number): FoundDevice =>
  ({ address, vendorId: "10de", productId: "1eb8", type: "type-PCI", numaNode })

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")

/** A network card of one port and its virtual functions, as Linux numbers them; `bus` as `0000:af`. */
export const nic = (bus: string, name: string, vfs: number, numaNode: number): ReadonlyArray<FoundDevice> => {
  const parent = `${bus}:00.0`
  const mac = (index: number) => `3c:fd:fe:${bus.slice(-2)}:00:${hex(index, 2)}`
  return [
    { address: parent, vendorId: "8086", productId: "1572", type: "type-PF", numaNode, interface: name, macAddress: mac(0) },
    ...Array.from({ length: vfs }, (_, index): FoundDevice => ({
      address: `${bus}:${hex(2 + (index >> 3), 2)}.${index & 7}`,
      vendorId: "8086", productId: "154c", type: "type-VF", numaNode, parent, interface: `${name}v${index}`, macAddress: mac(index + 1)
    }))
  ]
}

const matching = (pattern: RegExp, rule: string) => Schema.String.check(Schema.isPattern(pattern, { message: rule }))
const Address = matching(/^[\da-f]{4}:[\da-f]{2}:[01][\da-f]\.[0-7]$/, "Expected an address, as 0000:81:00.0 in lower case")
const Id = matching(/^[\da-f]{4}$/, "Expected four hex digits in lower case")

/** One device of a topologies file. */
export const PciDevice = Schema.Struct({
  address: Address,
  vendor_id: Id,
  product_id: Id,
  dev_type: Schema.optionalKey(Schema.Literals(deviceTypes)),
  numa_node: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  parent_addr: Schema.optionalKey(Address),
  devname: Schema.optionalKey(Schema.NonEmptyString),
  mac_address: Schema.optionalKey(Schema.NonEmptyString)
})
type PciDevice = typeof PciDevice.Type

/** Of what kind it is follows from who is whose parent, where it is not said. */
const typeOf = ({ address, dev_type, parent_addr }: PciDevice, all: ReadonlyArray<PciDevice>) =>
  dev_type ?? (parent_addr !== undefined ? "type-VF" : all.some((other) => other.parent_addr === address) ? "type-PF" : "type-PCI")

export const describedDevices = (all: ReadonlyArray<PciDevice>): ReadonlyArray<FoundDevice> =>
  all.map((one): FoundDevice => ({
    address: one.address,
    vendorId: one.vendor_id,
    productId: one.product_id,
    type: typeOf(one, all),
    numaNode: one.numa_node ?? null,
    ...(one.parent_addr === undefined ? {} : { parent: one.parent_addr }),
    ...(one.devname === undefined ? {} : { interface: one.devname }),
    ...(one.mac_address === undefined ? {} : { macAddress: one.mac_address })
  }))

/** `[3]: …`: what contradicts the rest of the host. */
export const wrongDevice = (all: ReadonlyArray<PciDevice>, nodes: ReadonlySet<number>): string | undefined => {
  const seen = new Set<string>()
  for (const [at, { address, numa_node }] of all.entries()) {
    if (seen.has(address)) return `[${at}].address: ${address} stands there twice`
    if (numa_node != null && !nodes.has(numa_node)) return `[${at}].numa_node: the host has no node ${numa_node}`
    seen.add(address)
  }
  return undefined
}
