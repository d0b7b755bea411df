import { Limits } from "../../../runtime/Limits.ts"
import type { Allocations } from "../../instance/Instance.ts"
import { nothingTaken, plus, takenBy } from "../../placement/demand/Taken.ts"
import { claimDevices } from "../../placement/devices/DeviceState.ts"
import type { Steps } from "../../shared/Steps.ts"
import { claim } from "../../placement/numa/Numa.ts"
import { placeOf } from "../filters/numaTopology.ts"
import type { HostState } from "../HostState.ts"
import { hostWith, type Load } from "../proof/hostChange.ts"
import { admission } from "../proof/near.ts"
import { allocationsOf, isAsking } from "../providerTree.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Capacity } from "./WhatIf.ts"

type Admits = (host: HostState) => boolean

const nothing: Load = { taken: nothingTaken, numa: null, allocations: null, devices: [] }
const loadOf = (spec: RequestSpec): Load => ({ ...nothing, taken: takenBy(spec, undefined) })

/** A host that refuses one more refuses any number more: the edge is between a number that fits and one that does not. */
const room = (admits: Admits, host: HostState, load: Load): number => {
  const fits = (count: number) => admits(hostWith(host, load, count - 1, () => host.topology))
  if (!fits(1)) return 0
  let good = 1
  let bad = 2
  while (bad < Limits.capacityPerHostMax && fits(bad)) [good, bad] = [bad, 2 * bad]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (fits(middle)) good = middle
    else bad = middle
  }
  return good
}

/** Where it matters what of the host each has, they are placed one by one. */
const hasPlaces = (host: HostState, spec: RequestSpec): boolean =>
  spec.numa !== null || spec.devices.length > 0 || (host.tree !== null && isAsking(spec))

const withOne = (all: Load, spec: RequestSpec, allocations: Allocations | null): Load => {
  const sums: Record<string, Record<string, number>> = { ...all.allocations }
  for (const [uuid, amounts] of Object.entries(allocations ?? {})) {
    const known = sums[uuid] = { ...sums[uuid] }
    for (const [resource, amount] of Object.entries(amounts)) known[resource] = (known[resource] ?? 0) + amount
  }
  return { ...all, taken: plus(all.taken, takenBy(spec, allocations ?? undefined)), allocations: sums }
}

/** One after the other, each with cells, devices and providers of its own, `most` at most. */
function* roomForPlaces(rules: Rules, admits: Admits, host: HostState, spec: RequestSpec, most: number): Steps<number> {
  let now = host
  let topology = host.topology
  let all = nothing
  for (let count = 1; count <= most; count++) {
    if (!admits(now)) return count - 1
    const { devices, numa } = placeOf(now, spec, rules.isNumaPacked)
    if (numa !== null && topology !== null) topology = claim(topology, numa)
    const claimed = topology
    all = withOne(all, spec, allocationsOf(now, spec))
    now = { ...hostWith(host, all, 1, () => claimed, claimDevices(now.devices, devices)), instances: host.instances + count }
    if (yield) return count
  }
  return most
}

interface Counted {
  readonly capacity: ReadonlyArray<Capacity>
  /** All of it; else there is at least as much. */
  readonly isCounted: boolean
}

/** How many more fit, by zone: as equal servers never take the room of one host from another, the sum over hosts. What several hosts share is counted for each. */
export function* capacityOf(rules: Rules, hosts: Iterable<HostState>, spec: RequestSpec): Steps<Counted> {
  const admits = admission(rules, spec)
  const load = loadOf(spec)
  const zones = new Map<string, { zone: string; hosts: number; servers: number }>()
  let left: number = Limits.capacityFitsMax
  let isCounted = true
  for (const host of hosts) {
    if (left === 0 || (yield)) {
      isCounted = false
      break
    }
    const isPlaced = hasPlaces(host, spec)
    const servers = isPlaced ? yield* roomForPlaces(rules, admits, host, spec, left) : room(admits, host, load)
    if (isPlaced) left -= servers
    if (servers === 0) continue
    const zone = zones.get(host.availabilityZone) ?? { zone: host.availabilityZone, hosts: 0, servers: 0 }
    zones.set(zone.zone, { zone: zone.zone, hosts: zone.hosts + 1, servers: zone.servers + servers })
  }
  return { capacity: [...zones.values()].toSorted((a, b) => a.zone < b.zone ? -1 : 1), isCounted: isCounted && left > 0 }
}
