import { Result } from "effect"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import { brokenConstraint, type CellLimits } from "../../placement/numa/cellRules.ts"
import type { FittedTopology } from "../../placement/numa/fit.ts"
import type { GuestTopology } from "../../placement/numa/GuestTopology.ts"
import type { HostTopology } from "../../placement/numa/HostTopology.ts"
import { matching } from "../../placement/numa/matching.ts"
import { explain, fit, mayFit } from "../../placement/numa/Numa.ts"

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

/** Hosts whose NUMA cells hold the guest's (Nova: NUMATopologyFilter). */
export const numaTopology = (isPacked: boolean): ClassFilter => ({
  name: "NUMATopologyFilter",
  isResource: true,
  key: ({ numa }) => numa === null ? "" : keyOf(numa),
  admits: (host, { numa }) => numa === null || (host.topology !== null && fits(host.topology, numa, limitsOf(host))),
  why: (host, { numa }) => {
    if (host.topology === null) return { reason: "tells nothing of its NUMA nodes" }
    const found = numa === null ? null : fit(host.topology, numa, { limits: limitsOf(host), isPacked })
    if (found === null || Result.isSuccess(found)) return { reason: "does not hold the guest's NUMA nodes" }
    const { refusals } = found.failure
    const nearest = refusals.filter(({ available, needed }) => needed > available).toSorted((a, b) => a.needed - a.available - (b.needed - b.available))[0]
    return {
      reason: explain(found.failure),
      ...nearest === undefined ? {} : { short: { resource: `${nearest.unit} of one NUMA node`, needed: nearest.needed, available: nearest.available } }
    }
  }
})

/** Where the guest's cells come to lie on a host that admits it; `null`: it has none, or there is no way. */
export const placeOf = (host: HostState, guest: GuestTopology | null, isPacked: boolean): FittedTopology | null =>
  guest === null || host.topology === null ? null : Result.getOrNull(fit(host.topology, guest, { limits: limitsOf(host), isPacked }))
