/** What answers hold: one row a key, with the versions that know it. */
import type { Allocation } from "../../../actors/placement/allocations.ts"
import type { Candidate } from "../../../actors/placement/candidates/CandidatesRequest.ts"
import { capacityOf, type Provider } from "../../../actors/placement/Provider.ts"
import type { Inventory } from "../../../actors/placement/records.ts"
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

/** Remembered: thousands of candidates give the same resources. */
const amountsShown = new WeakMap<Resources, Shown>()
export const amounts = (resources: Resources): Shown => {
  let shown = amountsShown.get(resources)
  if (shown === undefined) amountsShown.set(resources, shown = Object.fromEntries(resources))
  return shown
}

/** Inside of the face. */
export const providerPath = (uuid: string): string => `/resource_providers/${uuid}`
export const classPath = (name: string): string => `/resource_classes/${name}`
export const traitPath = (name: string): string => `/traits/${name}`

/** Links are paths: Placement does not know its own host. */
const linkTo = (path: string): string => `${manners.prefix}${path}`
export const resourceClassOf = (name: string): Shown => ({ name, links: [{ rel: "self", href: linkTo(classPath(name)) }] })

const providerLinks: ReadonlyArray<Field<Provider>> = [
  field("self", ({ uuid }) => linkTo(providerPath(uuid))),
  ...["inventories", "usages"].map((rel) => link(rel)),
  link("aggregates", { since: 1 }),
  link("traits", { since: 6 }),
  link("allocations", { since: 11 })
]
function link(rel: string, when: Window = {}): Field<Provider> {
  return field(rel, ({ uuid }) => `${linkTo(providerPath(uuid))}/${rel}`, when)
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

/** ECMAScript's, which TypeScript does not know yet: this text, as it is. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown }
/** A number with a point, as clients print what they are sent. */
const float = (value: number): unknown => /^-?\d+$/.test(String(value)) ? rawJSON(`${value}.0`) : value

export const inventoryOf = (inventory: Inventory): Shown => ({
  total: inventory.total,
  reserved: inventory.reserved,
  min_unit: inventory.minUnit,
  max_unit: inventory.maxUnit,
  step_size: inventory.stepSize,
  allocation_ratio: float(inventory.allocationRatio)
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

const byKey = <K, V>(entries: ReadonlyMap<K, V>, keyOf: (key: K) => string, shownAs: (value: V) => unknown): Shown =>
  Object.fromEntries(entries.entries().map(([key, value]) => [keyOf(key), shownAs(value)]))

const given = ({ allocations }: Candidate): ReadonlyArray<readonly [uuid: string, resources: Shown]> =>
  [...allocations].map(([{ uuid }, resources]) => [uuid, amounts(resources)])

/** The body of a later PUT of these allocations, at the same version. */
export const allocationRequest: ReadonlyArray<Field<Candidate>> = [
  field(
    "allocations",
    (candidate) => given(candidate).map(([uuid, resources]) => ({ resource_provider: { uuid }, resources })),
    { until: 11 }
  ),
  field(
    "allocations",
    (candidate) => byKey(candidate.allocations, ({ uuid }) => uuid, (resources) => ({ resources: amounts(resources) })),
    behaviours.allocationsByProvider
  ),
  field(
    "mappings",
    ({ mappings }) => byKey(mappings, (suffix) => suffix, (providers) => providers.map(({ uuid }) => uuid)),
    { since: 34 }
  )
]

/** A provider of a tree that takes part. */
interface Summarized {
  readonly provider: Provider
  readonly used: Resources
  /** Those of the request. */
  readonly requested: ReadonlySet<string>
}

const summary: ReadonlyArray<Field<Summarized>> = [
  field("traits", ({ provider }) => [...provider.traits], { since: 17 }),
  field("parent_provider_uuid", ({ provider }) => provider.parentUuid, { since: 29 }),
  field("root_provider_uuid", ({ provider }) => provider.rootUuid, { since: 29 })
]
export const summaryAt = (version: number, shown: Summarized): Shown => ({
  resources: Object.fromEntries(
    [...shown.provider.inventories]
      .filter(([resource]) => holds(behaviours.allResourcesShown, version) || shown.requested.has(resource))
      .map(([resource, inventory]) => [resource, { capacity: capacityOf(inventory), used: shown.used.get(resource) ?? 0 }])
  ),
  ...show(summary, version, shown)
})
