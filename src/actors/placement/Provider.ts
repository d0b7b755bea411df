import type { Host } from "../host/Host.ts"
import { sharedCpuCountOf } from "../host/numa.ts"
import { noOverlay, type ProviderOverlay } from "./providerOverlay.ts"
import type { Inventory, ProviderRecord } from "./records.ts"
import type { Resources } from "./resourceClasses.ts"
import { traitsOf } from "./traits.ts"

/** Who gives resources. A host's provider is a view of its record, and of what clients added to it. */
export interface Provider {
  readonly uuid: string
  readonly name: string
  readonly parentUuid: string | null
  readonly rootUuid: string
  /** Of a compute host's own provider; `null` of one that a client made. */
  readonly hostname: string | null
  /** ISO 8601. */
  readonly updatedAt: string
  readonly inventories: ReadonlyMap<string, Inventory>
  /** Classes that a host's record measures: clients change their ratio and their reserve, and nothing else. */
  readonly measured: ReadonlySet<string>
  readonly traits: ReadonlySet<string>
  /** UUIDs of aggregates. */
  readonly aggregates: ReadonlySet<string>
}

const inventory = (total: number, allocationRatio: number, reserved: number): Inventory =>
  ({ total, reserved: Math.min(reserved, total), minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio })

/** What may be promised in all; whole, and no larger than JSON's numbers are exact. */
export const capacityOf = ({ allocationRatio, reserved, total }: Inventory): number =>
  Math.min(Number.MAX_SAFE_INTEGER, Math.trunc((total - reserved) * allocationRatio)) + 0

type Inventories = ReadonlyMap<string, Inventory>
const noInventories: Inventories = new Map()

/** What the host's record measures beside memory, disk and the CPUs that are shared: those set apart, and what its driver adds. */
export const otherInventoriesOf = (host: Host, { hostRatios }: Pick<ProviderOverlay, "hostRatios">): Inventories => {
  if (host.cpuSets === undefined && host.resources === undefined) return noInventories
  const totals = { PCPU: host.cpuSets?.dedicated?.length ?? 0, ...host.resources }
  return new Map(Object.entries(totals).filter(([, total]) => total > 0)
    .map(([resource, total]) => [resource, { ...inventory(total, 1, 0), ...hostRatios[resource] }]))
}

const measuredOf = (host: Host, overlay: ProviderOverlay): Inventories => {
  const { ratios } = overlay
  const usual = [
    ["VCPU", inventory(sharedCpuCountOf(host), ratios.cpu, ratios.reservedCpus)] as const,
    ["MEMORY_MB", inventory(host.memoryMb, ratios.ram, ratios.reservedRamMb)] as const,
    ["DISK_GB", inventory(host.diskGb, ratios.disk, ratios.reservedDiskGb)] as const
  ]
  return new Map([...usual.filter(([, { total }]) => total > 0), ...otherInventoriesOf(host, overlay)])
}

interface HostSurroundings {
  readonly overlay?: ProviderOverlay
  /** UUIDs of those that administrators put the host in. */
  readonly aggregates?: ReadonlyArray<string>
  /** When a client last said something of it. */
  readonly saidAt?: string
}

/** Every host is a root. */
export const providerOf = (host: Host, { aggregates = [], overlay = noOverlay, saidAt = "" }: HostSurroundings = {}): Provider => {
  const measured = measuredOf(host, overlay)
  return {
    uuid: host.id,
    name: host.hostname,
    parentUuid: null,
    rootUuid: host.id,
    hostname: host.hostname,
    updatedAt: saidAt > host.updatedAt ? saidAt : host.updatedAt,
    // What a client said of a class before the driver measured it holds no more.
    inventories: new Map([...overlay.inventories, ...measured]),
    measured: new Set(measured.keys()),
    traits: new Set([...traitsOf(host), ...overlay.traits].toSorted()),
    aggregates: new Set([...aggregates, ...overlay.aggregates])
  }
}

const nothing: ReadonlySet<string> = new Set()

/** A provider that a client made. */
export const providerFrom = (record: ProviderRecord, parentUuid: string | null, rootUuid: string): Provider => ({
  uuid: record.uuid,
  name: record.name ?? record.uuid,
  parentUuid,
  rootUuid,
  hostname: null,
  updatedAt: record.updatedAt,
  inventories: new Map(Object.entries(record.inventories)),
  measured: nothing,
  traits: new Set(record.traits.toSorted()),
  aggregates: new Set(record.aggregates)
})

/** What a provider must have to be an answer; everything empty admits all. */
export interface Wanted {
  readonly resources: Resources
  /** One trait at least of each set. */
  readonly required: ReadonlyArray<ReadonlySet<string>>
  readonly forbidden: ReadonlySet<string>
  /** One aggregate at least of each set. */
  readonly memberOf: ReadonlyArray<ReadonlySet<string>>
  readonly notMemberOf: ReadonlySet<string>
  /** Any provider of the tree. */
  readonly inTree: string | null
}
export const anything: Wanted = {
  resources: new Map(), required: [], forbidden: new Set(), memberOf: [], notMemberOf: new Set(), inTree: null
}

/** May so much be given out in one portion? */
export const isPortion = ({ maxUnit, minUnit, stepSize }: Inventory, amount: number): boolean =>
  amount >= minUnit && amount <= maxUnit && amount % stepSize === 0

/** Is there room for so much more, given out in one portion? */
export const hasRoom = (provider: Provider, used: Resources, resource: string, amount: number): boolean => {
  const has = provider.inventories.get(resource)
  return has !== undefined && isPortion(has, amount) && (used.get(resource) ?? 0) + amount <= capacityOf(has)
}

const meets = (
  has: ReadonlySet<string>, required: ReadonlyArray<ReadonlySet<string>>, forbidden: ReadonlySet<string>
): boolean => forbidden.isDisjointFrom(has) && required.every((any) => !any.isDisjointFrom(has))

/** Traits wanted of a set of them: one provider's, or all of a tree's together. */
export type WantedTraits = Pick<Wanted, "required" | "forbidden">
export const meetsTraits = (traits: ReadonlySet<string>, wanted: WantedTraits): boolean =>
  meets(traits, wanted.required, wanted.forbidden)

export const isMember = ({ aggregates }: Provider, wanted: Pick<Wanted, "memberOf" | "notMemberOf">): boolean =>
  meets(aggregates, wanted.memberOf, wanted.notMemberOf)

/** Everything but the tree. */
export const admits = (provider: Provider, used: Resources, wanted: Wanted): boolean =>
  meetsTraits(provider.traits, wanted) && isMember(provider, wanted) &&
  [...wanted.resources].every(([resource, amount]) => hasRoom(provider, used, resource, amount))
