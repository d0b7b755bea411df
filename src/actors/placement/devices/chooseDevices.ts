import type { HostTopology } from "../numa/HostTopology.ts"
import { assign, type Wish } from "./assign.ts"
import type { ClaimedDevice, HostDevice } from "./Device.ts"
import { type DeviceRequest, isOfPf, isWanted } from "./DeviceRequest.ts"
import type { DeviceState } from "./DeviceState.ts"
import { distance, isNear, type Near, nearOf } from "./nearness.ts"

/** The nearest first; then those whose physical function is no more to be had whole; then as the host lists them. */
const inOrder = (devices: ReadonlyArray<HostDevice>, near: Near | null, { opened }: DeviceState): ReadonlyArray<HostDevice> =>
  devices.toSorted((a, b) =>
    distance(near, a) - distance(near, b) || (opened.has(a.parent ?? "") ? 0 : 1) - (opened.has(b.parent ?? "") ? 0 : 1))

/** In the order of their liking, where somebody wants to know which and not only whether; `null`: too few of one kind. */
const wishesOf = (
  state: DeviceState, requests: ReadonlyArray<DeviceRequest>, near: Near | null, isOrdered: boolean
): ReadonlyArray<Wish> | null => {
  const wishes: Array<Wish> = []
  for (const request of requests) {
    const devices = state.free.filter((device) => isWanted(request, device) && isNear(request.policy, near, device))
    if (devices.length < request.count) return null
    const wish = { devices: isOrdered ? inOrder(devices, near, state) : devices, isOfPf: isOfPf(request) }
    for (let one = 0; one < request.count; one++) wishes.push(wish)
  }
  return wishes
}

const chosen = (state: DeviceState, requests: ReadonlyArray<DeviceRequest>, near: Near | null): ReadonlyArray<HostDevice> | null => {
  const wishes = wishesOf(state, requests, near, true)
  return wishes === null ? null : assign(wishes)
}

/** The same, where nobody wants to know which. Devices of one kind never stand in each other's way. */
const areThere = (state: DeviceState, requests: ReadonlyArray<DeviceRequest>, near: Near | null): boolean => {
  const wishes = wishesOf(state, requests, near, false)
  return wishes !== null && (requests.length === 1 || assign(wishes) !== null)
}

const claimed = ({ resourceClass: _, traits: __, ...device }: HostDevice, { name, portId }: DeviceRequest): ClaimedDevice =>
  ({ ...device, ...(portId === undefined ? { alias: name } : { portId }) })

/**
 * The devices for a guest that lies in these cells of its host (`null`: it has no cells, and nearness is no matter);
 * `null`: there is no way.
 */
export const chooseDevices = (
  state: DeviceState, requests: ReadonlyArray<DeviceRequest>, host: HostTopology | null, cells: Iterable<number> | null
): ReadonlyArray<ClaimedDevice> | null => {
  const devices = chosen(state, requests, host === null || cells === null ? null : nearOf(host, cells))
  const askers = requests.flatMap((request) => Array.from({ length: request.count }, () => request))
  return devices === null ? null : devices.map((device, at) => claimed(device, askers[at]!))
}

/** Could it have its devices, wherever its cells lie? */
export const holdsDevices = (state: DeviceState, requests: ReadonlyArray<DeviceRequest>): boolean => areThere(state, requests, null)

/** How many of the host's free devices are of the kind, whoever else wants them. */
export const freeFor = (state: DeviceState, request: DeviceRequest): number =>
  state.free.reduce((count, device) => isWanted(request, device) ? count + 1 : count, 0)

/** Sets of so many of the elements at most, the smaller first. */
function* subsets<A>(of: ReadonlyArray<A>, most: number): Iterable<ReadonlyArray<A>> {
  let level: ReadonlyArray<readonly [chosen: ReadonlyArray<A>, next: number]> = [[[], 0]]
  for (let size = 0; size <= most && level.length > 0; size++) {
    for (const [chosenOnes] of level) yield chosenOnes
    level = level.flatMap(([chosenOnes, next]) => of.slice(next).map((one, at) => [[...chosenOnes, one], next + at + 1] as const))
  }
}

/**
 * The smallest sets of host cells, `most` in each, that bring devices near enough: a guest that lies in one of them, and
 * wherever else, can have its devices. One empty set: any cells will do. None: no cells do.
 */
export const cellSetsFor = (
  state: DeviceState, requests: ReadonlyArray<DeviceRequest>, host: HostTopology, most: number
): ReadonlyArray<ReadonlyArray<number>> => {
  const wanted = state.free.filter((device) => device.numaNode !== null && requests.some((request) => isWanted(request, device)))
  const useful = host.cells.map(({ id }) => id).filter((id) => {
    const near = nearOf(host, [id])
    return wanted.some((device) => distance(near, device) < 2)
  })
  const found: Array<ReadonlyArray<number>> = []
  for (const cells of subsets(useful, most)) {
    if (found.some((smaller) => smaller.every((id) => cells.includes(id)))) continue
    if (areThere(state, requests, nearOf(host, cells))) found.push(cells)
  }
  return found
}
