import { Schema } from "effect"

/** One entry of a create request's `networks`. */
export const NetworkRequest = Schema.Struct({
  networkId: Schema.NullOr(Schema.String),
  portId: Schema.NullOr(Schema.String),
  fixedIp: Schema.NullOr(Schema.String),
  tag: Schema.NullOr(Schema.String)
})
export type NetworkRequest = typeof NetworkRequest.Type

/** A plugged port as a server carries it: enough for `addresses`, for the hypervisor and for the metadata service. */
export const Nic = Schema.Struct({
  portId: Schema.String,
  networkId: Schema.String,
  /** The network's name: the key in the server's `addresses`. */
  label: Schema.String,
  macAddress: Schema.String,
  mtu: Schema.Int,
  fixedIps: Schema.Array(Schema.Struct({
    address: Schema.String,
    version: Schema.Literals([4, 6]),
    prefix: Schema.Int,
    subnetId: Schema.String
  })),
  /** The port was given by the user and outlives the server. */
  isPreexisting: Schema.Boolean,
  /** How the card is made, where it is a device of the host, in Neutron's words; absent: the usual way. */
  vnicType: Schema.optionalKey(Schema.String),
  /** The VLAN that such a card tags with. */
  vlan: Schema.optionalKey(Schema.Int)
})
export type Nic = typeof Nic.Type
