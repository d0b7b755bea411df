/** What would have to be otherwise for a request to fit: looked for on hosts that one filter alone refuses. */
import { Limits } from "../../../runtime/Limits.ts"
import type { GuestTopology } from "../../placement/numa/GuestTopology.ts"
import { capacityOf, isPortion } from "../../placement/Provider.ts"
import { holdsLess, shortDevices } from "../filters/pciPassthrough.ts"
import type { Steps } from "../../shared/Steps.ts"
import type { HostState } from "../HostState.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { moveOf, type Movable } from "./moves.ts"
import { admission, type Near, nearOf } from "./near.ts"
import type { Relaxation } from "./Proof.ts"

interface Amount {
  readonly needed: number
  readonly free: number
  /** Where it is not the filter's own. */
  readonly resource?: string
}

/** How much of it is free; a host may have given out more than it has. */
const free: Readonly<Record<string, (host: HostState, spec: RequestSpec) => Amount | undefined>> = {
  PciPassthroughFilter: (host, spec) => {
    const short = shortDevices(host, spec)
    // What is short besides would keep it out all the same.
    return short === null || !holdsLess(host, spec, short) ? undefined : { needed: short.request.count, free: short.free, resource: `PCI devices ${short.request.name}` }
  },
  MEMORY_MB: (host, spec) => ({ needed: spec.ramMb * spec.together, free: host.ramCapacityMb - host.ramUsedMb }),
  DISK_GB: (host, spec) => ({ needed: spec.diskGb * spec.together, free: host.diskCapacityGb - host.diskUsedGb }),
  VCPU: (host, spec) => ({
    needed: (host.isDivided ? spec.vcpus - spec.pinnedCpus : spec.vcpus) * spec.together,
    free: Math.min(host.vcpus * spec.together, host.vcpuCapacity - host.vcpusUsed)
  })
}

/** Of a class that not every host has, where it alone is short. */
const freeOfOther = (name: string, { others, tree }: HostState, spec: RequestSpec): (Amount & { readonly resource: string }) | undefined => {
  const wanted = name === "PCPU" ? [["PCPU", spec.pinnedCpus + spec.emulatorCpus] as const] : tree === null && spec.groups.length === 0 ? spec.resources : []
  const short = wanted.flatMap(([resource, amount]) => {
    const has = others.get(resource)
    if (has === undefined || !isPortion(has.inventory, amount)) return []
    const free = capacityOf(has.inventory) - has.used
    return amount * spec.together > free ? [{ resource, needed: amount * spec.together, free }] : []
  })
  return short.length === 1 ? short[0] : undefined
}

/** Per zone and resource the least that is short. */
const shortages = (near: ReadonlyArray<Near>, spec: RequestSpec): ReadonlyArray<Relaxation> => {
  const least = new Map<string, { readonly resource: string; readonly zone: string; short: number; hosts: number }>()
  for (const { by, host } of near) {
    const amount = free[by.name]?.(host, spec) ?? freeOfOther(by.name, host, spec)
    if (amount === undefined) continue
    const short = Math.ceil((amount.needed - amount.free) / spec.together)
    const resource = amount.resource ?? by.name
    const key = `${resource} ${host.availabilityZone}`
    const known = least.get(key)
    if (known === undefined || short < known.short) least.set(key, { resource, zone: host.availabilityZone, short, hosts: 1 })
    else if (short === known.short) known.hosts++
  }
  return [...least.values()].map((one) => ({ _tag: "Shortage", ...one }))
}

const zones = (near: ReadonlyArray<Near>): ReadonlyArray<Relaxation> => {
  const counts = new Map<string, number>()
  for (const { by, host } of near) {
    if (by.name === "AvailabilityZoneFilter") counts.set(host.availabilityZone, (counts.get(host.availabilityZone) ?? 0) + 1)
  }
  return [...counts].map(([zone, hosts]) => ({ _tag: "Zone", zone, hosts }))
}

const isOfGroup = ({ by }: Near) => by.name === "ServerGroupAffinityFilter" || by.name === "ServerGroupAntiAffinityFilter"
const isOfCells = ({ by }: Near) => by.name === "NUMATopologyFilter" || by.name === "PCPU"

/** CPUs of its cells float; so it may lie at least wherever the same guest without cells may. */
const unpinned = (guest: GuestTopology): GuestTopology => ({
  ...guest,
  cpuPolicy: null, threadPolicy: null, emulatorThreads: null,
  cells: guest.cells.map((cell) => ({
    ...cell, dedicatedCpus: [], sharedCpus: [...cell.sharedCpus, ...cell.dedicatedCpus].toSorted((a, b) => a - b)
  }))
})

/** The request as each relaxation would have it: without its pinning, or with this page size (KiB). */
const withoutPinning = (spec: RequestSpec): RequestSpec =>
  ({ ...spec, pinnedCpus: 0, emulatorCpus: 0, isForPcpus: false, numa: spec.numa === null ? null : unpinned(spec.numa) })
const withPages = (spec: RequestSpec, pageSize: number): RequestSpec =>
  ({ ...spec, numa: spec.numa === null ? null : { ...spec.numa, pageSize } })

const pageSizes = (near: ReadonlyArray<Near>, guest: GuestTopology): ReadonlyArray<number> => {
  const sizes = new Set<number>()
  // Nearly all say the same: one list for each would be most of the work.
  for (const { host } of near) for (const { pages } of host.topology?.cells ?? []) for (const { sizeKb } of pages) sizes.add(sizeKb)
  return [...sizes].filter((size) => typeof guest.pageSize !== "number" || size < guest.pageSize)
    .toSorted((a, b) => b - a).slice(0, Limits.relaxationPageSizesMax)
}

const cells = (rules: Rules, near: ReadonlyArray<Near>, spec: RequestSpec): ReadonlyArray<Relaxation> => {
  if (spec.numa === null) return []
  const fits = (hosts: ReadonlyArray<Near>, variant: RequestSpec) => {
    const admits = admission(rules, variant)
    return hosts.filter(({ host }) => admits(host)).length
  }
  const ofCells = near.filter(isOfCells)
  const sizes = spec.numa.pageSize === null ? [] : pageSizes(ofCells, spec.numa)
  return [
    ...sizes.map((pageSizeKb): Relaxation => ({ _tag: "PageSize", pageSizeKb, hosts: fits(ofCells, withPages(spec, pageSizeKb)) })),
    ...spec.pinnedCpus === 0 ? [] : [{ _tag: "Unpinned" as const, hosts: fits(ofCells, withoutPinning(spec)) }]
  ].filter(({ hosts }) => hosts > 0)
}

/** Those of each kind that let most hosts in come first; of what is short, the least. */
const inOrder = (all: ReadonlyArray<Relaxation>): ReadonlyArray<Relaxation> =>
  all.toSorted((a, b) => a._tag !== b._tag ? 0 : a._tag === "Shortage" && b._tag === "Shortage" ? a.short - b.short : b.hosts - a.hosts)

/** Of each kind a few, in the order in which they ask least of who wants the server. */
export function* relaxationsOf(
  rules: Rules, hosts: Iterable<HostState>, spec: RequestSpec, movable: Movable
): Steps<ReadonlyArray<Relaxation>> {
  const near = yield* nearOf(rules, hosts, spec)
  const few = (all: ReadonlyArray<Relaxation>) => inOrder(all).slice(0, Limits.relaxationsOfKindMax)
  const grouped = near.filter(isOfGroup).length
  const move = yield* moveOf(rules, near, spec, movable)
  return [
    ...few(zones(near)),
    ...few(cells(rules, near, spec)),
    ...grouped === 0 ? [] : [{ _tag: "Group" as const, hosts: grouped }],
    ...few(shortages(near, spec)),
    ...move === null ? [] : [move]
  ]
}
