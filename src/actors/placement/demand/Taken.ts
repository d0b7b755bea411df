/** What servers take of hosts and of other providers, in Placement's classes. */
import type { Host } from "../../host/Host.ts"
import { type Allocations, type Instance, isLive } from "../../instance/Instance.ts"
import { type Resources, resources } from "../resourceClasses.ts"
import { type Demand, demandOf } from "./Demand.ts"
import type { Others } from "./groups.ts"

/** What a set of servers takes of one host; CPUs as `Demand` counts them. */
export interface Taken {
  readonly vcpus: number
  readonly pinnedCpus: number
  readonly emulatorCpus: number
  readonly ramMb: number
  readonly diskGb: number
  /** Of the host's own provider. */
  readonly others: Resources
}

const noOthers: Resources = new Map()
export const nothingTaken: Taken = { vcpus: 0, pinnedCpus: 0, emulatorCpus: 0, ramMb: 0, diskGb: 0, others: noOthers }

/** Amounts by class, of all of these providers together. */
const totalOf = (allocations: Allocations): ReadonlyMap<string, number> => {
  const total = new Map<string, number>()
  for (const amounts of Object.values(allocations)) {
    for (const [resource, amount] of Object.entries(amounts)) total.set(resource, (total.get(resource) ?? 0) + amount)
  }
  return total
}

/** What is left for the host's own provider to give. */
const ownOthers = (asked: Others, elsewhere: Resources): Resources => {
  if (asked.length === 0) return noOthers
  return new Map(asked.map(([name, amount]) => [name, amount - (elsewhere.get(name) ?? 0)] as const).filter(([, amount]) => amount > 0))
}

export const takenBy = (demand: Demand, allocations: Allocations | undefined): Taken => {
  const elsewhere = allocations === undefined ? noOthers : totalOf(allocations)
  const left = (resource: string, amount: number) => amount - (elsewhere.get(resource) ?? 0)
  return {
    vcpus: left("VCPU", demand.vcpus), pinnedCpus: demand.pinnedCpus, emulatorCpus: demand.emulatorCpus,
    ramMb: left("MEMORY_MB", demand.ramMb), diskGb: left("DISK_GB", demand.diskGb),
    others: ownOthers(demand.resources, elsewhere)
  }
}

const pinnedIn = (numa: Instance["numa"]): number => {
  let pinned = 0
  for (const { guest } of numa?.cells ?? []) pinned += guest.dedicatedCpus.length
  return pinned
}

type Placed = Pick<Instance, "flavor" | "imageProperties" | "allocations" | "numa">
/** Pinned are the CPUs that it has, whatever its flavor would ask for now. */
export const takenByServer = (server: Placed): Taken => {
  const taken = takenBy(demandOf(server), server.allocations)
  const pinnedCpus = pinnedIn(server.numa)
  return taken.pinnedCpus === pinnedCpus ? taken : { ...taken, pinnedCpus }
}

const sum = (a: Resources, b: Resources, count: number): Resources => {
  if (b.size === 0) return a
  const total = new Map(a)
  for (const [resource, amount] of b) {
    const after = (total.get(resource) ?? 0) + count * amount
    if (after === 0) total.delete(resource)
    else total.set(resource, after)
  }
  return total
}

/** `a`, and `count` times `b`; a negative count takes away. */
export const plus = (a: Taken, b: Taken, count = 1): Taken => ({
  vcpus: a.vcpus + count * b.vcpus,
  pinnedCpus: a.pinnedCpus + count * b.pinnedCpus,
  emulatorCpus: a.emulatorCpus + count * b.emulatorCpus,
  ramMb: a.ramMb + count * b.ramMb,
  diskGb: a.diskGb + count * b.diskGb,
  others: sum(a.others, b.others, count)
})

/** Where CPUs are set apart, pinned guests take none of those that are shared. */
export const isDivided = ({ cpuSets }: Pick<Host, "cpuSets">): boolean => cpuSets !== undefined

/** As Placement counts it: of a host whose CPUs are divided, PCPU beside VCPU. */
export const resourcesOf = (taken: Taken, host: Pick<Host, "cpuSets"> | undefined): Resources => {
  const { diskGb, emulatorCpus, others, pinnedCpus, ramMb, vcpus } = taken
  const cpus: { readonly [name: string]: number } = host !== undefined && isDivided(host) ? { VCPU: vcpus - pinnedCpus, PCPU: pinnedCpus + emulatorCpus } : { VCPU: vcpus }
  const own = resources({ ...cpus, MEMORY_MB: ramMb, DISK_GB: diskGb })
  return others.size === 0 ? own : new Map([...own, ...others])
}

/** What a live server holds of providers beside its host's own. */
export const elsewhereOf = (server: Instance | undefined): Allocations =>
  server?.allocations === undefined || server.host === null || !isLive(server) ? {} : server.allocations
