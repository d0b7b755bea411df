/** What answers hold: one row a key, with the versions that know it. */
import type { Allocation } from "../../../actors/placement/allocations.ts"
import type { Candidate } from "../../../actors/placement/candidates.ts"
import { capacityOf, type Inventory, type Provider } from "../../../actors/placement/Provider.ts"
import type { Resources } from "../../../actors/placement/resourceClasses.ts"
import { holds, type Window } from "../Window.ts"
import { behaviours } from "./behaviours.ts"
import { manners } from "./fault.ts"

interface Field<A> extends Window {
  readonly key: string
  readonly from: (source: A) => unknown
}
export type Shown = Readonly<Record<string, unknown>>

const field = <A>(key: string, from: (source: A) => unknown, when: Window = {}): Field<A> => ({ key, from, ...when })

/** Rows by version, folded once: a list shows thousands of sources. */
const folded = new WeakMap<object, Array<unknown>>()
const rowsAt = <A>(fields: ReadonlyArray<Field<A>>, version: number): ReadonlyArray<Field<A>> => {
  let versions = folded.get(fields)
  if (versions === undefined) folded.set(fields, versions = [])
  return (versions[version] ??= fields.filter((row) => holds(row, version))) as ReadonlyArray<Field<A>>
}

/** The keys of one version. */
export const show = <A>(fields: ReadonlyArray<Field<A>>, version: number, source: A): Shown => {
  const shown: Record<string, unknown> = {}
  for (const row of rowsAt(fields, version)) shown[row.key] = row.from(source)
  return shown
}

export const amounts = (resources: Resources): Shown => Object.fromEntries(resources)

/** Links are paths: Placement does not know its own host. */
const providerPath = (uuid: string): string => `${manners.prefix}/resource_providers/${uuid}`
export const resourceClassOf = (name: string): Shown =>
  ({ name, links: [{ rel: "self", href: `${manners.prefix}/resource_classes/${name}` }] })

const providerLinks: ReadonlyArray<Field<Provider>> = [
  field("self", ({ uuid }) => providerPath(uuid)),
  ...["inventories", "usages"].map((rel) => link(rel)),
  link("aggregates", { since: 1 }),
  link("traits", { since: 6 }),
  link("allocations", { since: 11 })
]
function link(rel: string, when: Window = {}): Field<Provider> {
  return field(rel, ({ uuid }) => `${providerPath(uuid)}/${rel}`, when)
}

export interface ShownProvider {
  readonly provider: Provider
  readonly generation: number
}
const provider: ReadonlyArray<Field<ShownProvider>> = [
  field("uuid", (shown) => shown.provider.uuid),
  field("name", (shown) => shown.provider.name),
  field("generation", (shown) => shown.generation),
  field("parent_provider_uuid", (shown) => shown.provider.parentUuid, { since: 14 }),
  field("root_provider_uuid", (shown) => shown.provider.rootUuid, { since: 14 })
]
export const providerAt = (version: number, shown: ShownProvider): Shown => ({
  ...show(provider, version, shown),
  links: rowsAt(providerLinks, version).map((row) => ({ rel: row.key, href: row.from(shown.provider) }))
})

export const inventoryOf = (inventory: Inventory): Shown => ({
  total: inventory.total,
  reserved: inventory.reserved,
  min_unit: inventory.minUnit,
  max_unit: inventory.maxUnit,
  step_size: inventory.stepSize,
  allocation_ratio: inventory.allocationRatio
})

export const aggregates: ReadonlyArray<Field<ShownProvider>> = [
  field("aggregates", (shown) => [...shown.provider.aggregates]),
  field("resource_provider_generation", (shown) => shown.generation, { since: 19 })
]

/** What a provider's list shows of a consumer. */
export const allocationOfProvider: ReadonlyArray<Field<Allocation>> = [
  field("resources", (allocation) => amounts(allocation.resources)),
  field("consumer_generation", (allocation) => allocation.consumerGeneration, { since: 28 })
]
/** What a consumer's own answer shows beside its resources. */
export const consumer: ReadonlyArray<Field<Allocation>> = [
  field("project_id", (allocation) => allocation.projectId, { since: 12 }),
  field("user_id", (allocation) => allocation.userId, { since: 12 }),
  field("consumer_generation", (allocation) => allocation.consumerGeneration, { since: 28 }),
  field("consumer_type", (allocation) => allocation.consumerType, { since: 38 })
]

/** The body of a later PUT of these allocations, at the same version. */
export const allocationRequestAt = (version: number, suffixes: ReadonlyArray<string>): (candidate: Candidate) => Shown => {
  const rows: ReadonlyArray<Field<Candidate>> = [
    field("allocations", ({ provider, resources }) => [{ resource_provider: { uuid: provider.uuid }, resources: amounts(resources) }], { until: 11 }),
    field("allocations", ({ provider, resources }) => ({ [provider.uuid]: { resources: amounts(resources) } }), behaviours.allocationsByProvider),
    field("mappings", ({ provider }) => Object.fromEntries(suffixes.map((suffix) => [suffix, [provider.uuid]])), { since: 34 })
  ]
  return (candidate) => show(rows, version, candidate)
}

const summary: ReadonlyArray<Field<Candidate>> = [
  field("traits", ({ provider }) => [...provider.traits], { since: 17 }),
  field("parent_provider_uuid", ({ provider }) => provider.parentUuid, { since: 29 }),
  field("root_provider_uuid", ({ provider }) => provider.rootUuid, { since: 29 })
]
export const summaryAt = (version: number, candidate: Candidate): Shown => ({
  resources: Object.fromEntries(
    [...candidate.provider.inventories]
      .filter(([resource]) => holds(behaviours.allResourcesShown, version) || candidate.resources.has(resource))
      .map(([resource, inventory]) => [resource, { capacity: capacityOf(inventory), used: candidate.used.get(resource) ?? 0 }])
  ),
  ...show(summary, version, candidate)
})
