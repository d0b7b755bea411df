import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import { freeFor, holdsDevices } from "../../placement/devices/chooseDevices.ts"
import { type DeviceRequest, requestText } from "../../placement/devices/DeviceRequest.ts"
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

/** The kind of devices of which a host has too few; `null`: it has enough of each, but not for all at once. */
export const shortDevices = (host: HostState, spec: RequestSpec): { readonly request: DeviceRequest; readonly free: number } | null => {
  for (const request of all(spec)) {
    const free = freeFor(host.devices, request)
    if (free < request.count) return { request, free }
  }
  return null
}

/** Would it hold the request, were so many fewer asked for of what is short? */
export const holdsLess = (host: HostState, spec: RequestSpec, { free, request }: NonNullable<ReturnType<typeof shortDevices>>): boolean => {
  const less = Math.ceil((request.count - free) / spec.together) * spec.together
  return holdsDevices(host.devices, all(spec).map((one) =>
    one.name === request.name && one.portId === request.portId ? { ...one, count: one.count - less } : one))
}

/** Hosts with a free PCI device for each that the flavor or a port asks for (Nova: PciPassthroughFilter). */
export const pciPassthrough: ClassFilter = {
  name: "PciPassthroughFilter",
  isResource: true,
  key: (spec) => spec.devices.length === 0 ? "" : `${devicesKey(spec)} ${spec.together}`,
  // Most hosts have none; the rest of it is counting.
  admits: (host, spec) => spec.devices.length === 0 || (host.devices.free.length > 0 && holdsDevices(host.devices, all(spec))),
  why: (host, spec) => {
    const short = shortDevices(host, spec)
    if (short === null) {
      const requests = all(spec)
      return { reason: `its free PCI devices do not do for all at once: ${countOf(requests)} needed (${requests.map((one) => `${requestText(one)}: ${one.count}`).join(", ")})` }
    }
    const resource = requestText(short.request)
    const { count } = short.request
    return { reason: `${short.free} PCI devices ${resource} free of ${count} needed`, short: { resource, needed: count, available: short.free } }
  }
}
