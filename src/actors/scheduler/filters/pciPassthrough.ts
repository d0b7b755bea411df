import type { ClassFilter } from "../Filter.ts"
import { freeFor, holdsDevices } from "../../placement/devices/chooseDevices.ts"
import type { DeviceRequest } from "../../placement/devices/DeviceRequest.ts"
import type { RequestSpec } from "../RequestSpec.ts"

const keys = new WeakMap<ReadonlyArray<DeviceRequest>, string>()

/** What a request asks of devices, as a text: whose port it is does not matter. Empty: nothing. */
export const devicesKey = ({ devices }: RequestSpec): string => {
  if (devices.length === 0) return ""
  let key = keys.get(devices)
  if (key === undefined) keys.set(devices, key = JSON.stringify(devices.map(({ portId: _, ...rest }) => rest)))
  return key
}

const all = ({ devices, together }: RequestSpec): ReadonlyArray<DeviceRequest> =>
  together === 1 ? devices : devices.map((one) => ({ ...one, count: one.count * together }))

const countOf = (requests: ReadonlyArray<DeviceRequest>): number => requests.reduce((sum, { count }) => sum + count, 0)

/** Hosts with a free PCI device for each that the flavor or a port asks for (Nova: PciPassthroughFilter). */
export const pciPassthrough: ClassFilter = {
  name: "PciPassthroughFilter",
  isResource: true,
  key: (spec) => spec.devices.length === 0 ? "" : `${devicesKey(spec)} ${spec.together}`,
  // Most hosts have none; the rest of it is counting.
  admits: (host, spec) => spec.devices.length === 0 || (host.devices.free.length > 0 && holdsDevices(host.devices, all(spec))),
  why: (host, spec) => {
    const requests = all(spec)
    const { count, name } = requests.find((one) => freeFor(host.devices, one) < one.count) ?? { count: 0, name: "" }
    if (name === "") {
      return { reason: `its free PCI devices do not do for all at once: ${countOf(requests)} needed (${requests.map((one) => `${one.name}: ${one.count}`).join(", ")})` }
    }
    const short = { resource: name, needed: count, available: freeFor(host.devices, requests.find((one) => one.name === name)!) }
    return { reason: `${short.available} PCI devices ${name} free of ${count} needed`, short }
  }
}
