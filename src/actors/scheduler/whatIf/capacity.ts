import { Limits } from "../../../runtime/Limits.ts"
import { claimDevices } from "../../placement/devices/DeviceState.ts"
import { claim } from "../../placement/numa/Numa.ts"
import { placeOf } from "../filters/numaTopology.ts"
import type { HostState } from "../HostState.ts"
import { hostWith, type Load } from "../proof/hostChange.ts"
import { admission } from "../proof/near.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Capacity } from "./WhatIf.ts"

type Admits = (host: HostState) => boolean

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

/** One after the other, each with cells and devices of its own, `most` at most. */
const roomForPlaces = (rules: Rules, admits: Admits, host: HostState, spec: RequestSpec, load: Load, most: number): number => {
  let now = host
  let topology = host.topology
  for (let count = 0; count < most; count++) {
    if (!admits(now)) return count
    const { devices, numa } = placeOf(now, spec, rules.isNumaPacked)
    if (numa !== null && topology !== null) topology = claim(topology, numa)
    const claimed = topology
    now = hostWith(host, load, count + 1, () => claimed, claimDevices(now.devices, devices))
  }
  return most
}

interface Counted {
  readonly capacity: ReadonlyArray<Capacity>
  /** All of it; else there is at least as much. */
  readonly isCounted: boolean
}

/** How many more fit, by zone: as equal servers never take the room of one host from another, the sum over hosts. */
export const capacityOf = (rules: Rules, hosts: Iterable<HostState>, spec: RequestSpec, load: Load): Counted => {
  const admits = admission(rules, spec)
  const zones = new Map<string, { zone: string; hosts: number; servers: number }>()
  let left: number = Limits.capacityFitsMax
  for (const host of hosts) {
    const hasPlace = spec.numa !== null || spec.devices.length > 0
    const servers = hasPlace ? roomForPlaces(rules, admits, host, spec, load, left) : room(admits, host, load)
    if (hasPlace) left -= servers
    if (servers === 0) continue
    const zone = zones.get(host.availabilityZone) ?? { zone: host.availabilityZone, hosts: 0, servers: 0 }
    zones.set(zone.zone, { zone: zone.zone, hosts: zone.hosts + 1, servers: zone.servers + servers })
    if (left === 0) break
  }
  return { capacity: [...zones.values()].toSorted((a, b) => a.zone < b.zone ? -1 : 1), isCounted: left > 0 }
}
