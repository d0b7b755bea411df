/** PCI devices: what a host gives to its guests, and what a guest has of them. Addresses as `0000:81:00.0`. */
import { Schema } from "effect"

export const deviceTypes = ["type-PCI", "type-PF", "type-VF", "vdpa"] as const
export type DeviceType = (typeof deviceTypes)[number]

const Text = Schema.String.check(Schema.isMaxLength(255))
const facts = {
  address: Text,
  /** Four hex digits each. */
  vendorId: Text,
  productId: Text,
  type: Schema.Literals(deviceTypes),
  /** `null`: the machine does not tell. */
  numaNode: Schema.NullOr(Schema.Int),
  /** Of a virtual function: the address of its physical one. */
  parent: Schema.optionalKey(Text),
  /** The host's network interface that it is. */
  interface: Schema.optionalKey(Text),
  macAddress: Schema.optionalKey(Text)
}

/** A device as the machine has it. */
export const FoundDevice = Schema.Struct(facts)
export type FoundDevice = typeof FoundDevice.Type

/** A device that the operator lets guests have, with what was said of it: Nova's `[pci]device_spec`. */
export const HostDevice = Schema.Struct({
  ...facts,
  /** `null`: of no physical network, for overlays. */
  physicalNetwork: Schema.optionalKey(Schema.NullOr(Text)),
  isTrusted: Schema.optionalKey(Schema.Boolean),
  resourceClass: Schema.optionalKey(Text),
  traits: Schema.optionalKey(Schema.Array(Text))
})
export type HostDevice = typeof HostDevice.Type

/** A device that a guest has, and what it asked it for: an alias of its flavor or a port. Plain JSON, as servers keep it. */
export const ClaimedDevice = Schema.Struct({
  address: Schema.String,
  vendorId: Schema.String,
  productId: Schema.String,
  type: Schema.Literals(deviceTypes),
  numaNode: Schema.NullOr(Schema.Int),
  parent: Schema.optionalKey(Schema.String),
  interface: Schema.optionalKey(Schema.String),
  macAddress: Schema.optionalKey(Schema.String),
  physicalNetwork: Schema.optionalKey(Schema.NullOr(Schema.String)),
  isTrusted: Schema.optionalKey(Schema.Boolean),
  alias: Schema.optionalKey(Schema.String),
  portId: Schema.optionalKey(Schema.String)
})
export type ClaimedDevice = typeof ClaimedDevice.Type
