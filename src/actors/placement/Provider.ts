import { type AllocationRatios, defaultRatios, type Host } from "../host/Host.ts"
import type { Resources } from "./resourceClasses.ts"
import { traitsOf } from "./traits.ts"

/** How much of one resource class a provider has, and in what portions it is given out. */
export interface Inventory {
  readonly total: number
  readonly reserved: number
  readonly minUnit: number
  readonly maxUnit: number
  readonly stepSize: number
  readonly allocationRatio: number
}

/** Who gives resources. A host's provider is a view of its record: nothing of it is stored a second time. */
export interface Provider {
  readonly uuid: string
  readonly name: string
  readonly parentUuid: string | null
  readonly rootUuid: string
  /** ISO 8601. */
  readonly updatedAt: string
  readonly inventories: ReadonlyMap<string, Inventory>
  readonly traits: ReadonlySet<string>
  /** UUIDs of aggregates. */
  readonly aggregates: ReadonlySet<string>
}

const inventory = (total: number, allocationRatio: number, reserved = 0): Inventory =>
  ({ total, reserved, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio })

/** What may be promised in all. */
export const capacityOf = ({ allocationRatio, reserved, total }: Inventory): number => Math.floor((total - reserved) * allocationRatio)

/** Every host is a root: what is inside of it (cells, devices) is not told apart yet. */
export const providerOf = (host: Host, ratios: AllocationRatios = defaultRatios): Provider => ({
  uuid: host.id,
  name: host.hostname,
  parentUuid: null,
  rootUuid: host.id,
  updatedAt: host.updatedAt,
  inventories: new Map(
    [
      ["VCPU", inventory(host.vcpus, ratios.cpu)] as const,
      ["MEMORY_MB", inventory(host.memoryMb, ratios.ram, Math.min(ratios.reservedRamMb, host.memoryMb))] as const,
      ["DISK_GB", inventory(host.diskGb, ratios.disk)] as const
    ].filter(([, { total }]) => total > 0)
  ),
  traits: traitsOf(host),
  aggregates: new Set()
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

/** Is there room for so much more, given out in one portion? */
export const hasRoom = (provider: Provider, used: Resources, resource: string, amount: number): boolean => {
  const has = provider.inventories.get(resource)
  return has !== undefined && amount >= has.minUnit && amount <= has.maxUnit && amount % has.stepSize === 0 &&
    (used.get(resource) ?? 0) + amount <= capacityOf(has)
}

const meets = (
  has: ReadonlySet<string>, required: ReadonlyArray<ReadonlySet<string>>, forbidden: ReadonlySet<string>
): boolean => forbidden.isDisjointFrom(has) && required.every((any) => !any.isDisjointFrom(has))

export const hasTraits = (provider: Provider, wanted: Pick<Wanted, "required" | "forbidden">): boolean =>
  meets(provider.traits, wanted.required, wanted.forbidden)

export const admits = (provider: Provider, used: Resources, wanted: Wanted): boolean =>
  (wanted.inTree === null || wanted.inTree === provider.rootUuid) &&
  hasTraits(provider, wanted) &&
  meets(provider.aggregates, wanted.memberOf, wanted.notMemberOf) &&
  [...wanted.resources].every(([resource, amount]) => hasRoom(provider, used, resource, amount))
