/** Ports whose cards are devices of the host (SR-IOV): what they ask for. */
import { Schema } from "effect"
import { type PciNumaPolicy, pciNumaPolicies } from "../numa/HardwareWish.ts"
import type { DeviceType } from "./Device.ts"
import type { DeviceRequest } from "./DeviceRequest.ts"

/** A port of a server that needs a device, as the server keeps it. */
export const DevicePort = Schema.Struct({
  portId: Schema.String,
  vnicType: Schema.String,
  /** Of the port's network; `null`: none, an overlay. */
  physicalNetwork: Schema.NullOr(Schema.String),
  /** The port insists on a virtual function that is trusted, or on one that is not. */
  isTrusted: Schema.optionalKey(Schema.Boolean),
  /** The port's own word on nearness, stronger than that of flavor and image. */
  policy: Schema.optionalKey(Schema.Literals(pciNumaPolicies))
})
export type DevicePort = typeof DevicePort.Type

/** The kinds of cards that are devices, with the type that each must be; `null`: any but those that must be asked for. */
export const deviceVnics: { readonly [vnicType: string]: DeviceType | null } = { direct: null, macvtap: null, "direct-physical": "type-PF" }

export const portRequest = (
  { isTrusted, physicalNetwork, policy: own, portId, vnicType }: DevicePort, policy: PciNumaPolicy | null
): DeviceRequest => {
  const type = deviceVnics[vnicType]
  return {
    name: `${vnicType} port`,
    count: 1,
    matches: [{ physicalNetwork, ...(type == null ? {} : { type }), ...(isTrusted === undefined ? {} : { isTrusted }) }],
    policy: own ?? policy ?? "legacy",
    portId
  }
}
