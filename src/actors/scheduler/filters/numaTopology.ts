import { Result } from "effect"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { brokenConstraint, type CellLimits } from "../../placement/numa/cellRules.ts"
import { chooseDevices } from "../../placement/devices/chooseDevices.ts"
import type { ClaimedDevice } from "../../placement/devices/Device.ts"
import { requestText } from "../../placement/devices/DeviceRequest.ts"
import { type FittedTopology, fitsWithDevices } from "../../placement/numa/fit.ts"
import type { GuestTopology } from "../../placement/numa/GuestTopology.ts"
import type { HostTopology } from "../../placement/numa/HostTopology.ts"
import { matching } from "../../placement/numa/matching.ts"
import { explain, fit, leastShort, mayFit } from "../../placement/numa/Numa.ts"
import { devicesKey } from "./pciPassthrough.ts"

const limitsOf = ({ ratios }: HostState): CellLimits => ({ cpuRatio: ratios.cpu, ramRatio: ratios.ram })

const fits = (host: HostTopology, guest: GuestTopology, limits: CellLimits): boolean =>
  mayFit(host, guest, limits) && (
    guest.cells.length === 1 ||
    matching(guest.cells.length, host.cells.length, (at, cell) => brokenConstraint(host.cells[cell]!, guest, at, limits) === null) !== null
  )

const keys = new WeakMap<GuestTopology, string>()
const keyOf = (guest: GuestTopology): string => {
  let key = keys.get(guest)
  if (key === undefined) keys.set(guest, key = JSON.stringify(guest))
  return key
}

/** Of devices alone hosts without enough were refused already: what is short is one that is near enough to cells that are free. */
const tooFar = ({ devices }: RequestSpec) =>
  `no NUMA nodes hold the guest's that are near enough to the devices it asks for (${devices.map((one) => `${requestText(one)}: ${one.count}, ${one.policy}`).join("; ")})`

/** Hosts whose NUMA cells hold the guest's, with its devices near enough (Nova: NUMATopologyFilter). */
export const numaTopology = (isPacked: boolean): ClassFilter => ({
  name: "NUMATopologyFilter",
  isResource: true,
  key: (spec) => spec.numa === null ? "" : keyOf(spec.numa) + devicesKey(spec),
  admits: (host, { devices, numa }) => {
    if (numa === null) return true
    const { topology } = host
    if (topology === null) return false
    return devices.length === 0
      ? fits(topology, numa, limitsOf(host))
      : fitsWithDevices(topology, numa, limitsOf(host), { state: host.devices, requests: devices })
  },
  why: (host, spec) => {
    const { numa } = spec
    if (host.topology === null) return { reason: "tells nothing of its NUMA nodes" }
    const found = numa === null ? null : fit(host.topology, numa, { limits: limitsOf(host), isPacked })
    if (found === null || Result.isSuccess(found)) return { reason: spec.devices.length > 0 ? tooFar(spec) : "does not hold the guest's NUMA nodes" }
    const nearest = leastShort(found.failure)
    return {
      reason: explain(found.failure),
      ...nearest === undefined ? {} : { short: { resource: `${nearest.unit} of one NUMA node`, needed: nearest.needed, available: Math.max(0, nearest.available) } }
    }
  }
})

/** Where a guest comes to lie on a host that admits it. */
export interface Place {
  /** `null`: anywhere, as it has no cells; or there is no way. */
  readonly numa: FittedTopology | null
  readonly devices: ReadonlyArray<ClaimedDevice>
}
const nowhere: ReadonlyArray<ClaimedDevice> = []

export const placeOf = (host: HostState, { devices: requests, numa: guest }: RequestSpec, isPacked: boolean): Place => {
  const { topology } = host
  const wanted = host.devices.all.length === 0 ? {} : { devices: { state: host.devices, requests } }
  const numa = guest === null || topology === null
    ? null : Result.getOrNull(fit(topology, guest, { limits: limitsOf(host), isPacked, ...wanted }))
  const cells = numa?.cells.map(({ hostCell }) => hostCell) ?? null
  return { numa, devices: requests.length === 0 ? nowhere : chooseDevices(host.devices, requests, topology, cells) ?? nowhere }
}
