/** What clients of Placement made themselves, one record each. What follows from hosts and servers is not among it. */
import type { Json } from "../shared/json.ts"

/** How much of one resource class a provider has, and in what portions it is given out. */
export type Inventory = {
  readonly total: number
  readonly reserved: number
  readonly minUnit: number
  readonly maxUnit: number
  readonly stepSize: number
  readonly allocationRatio: number
}

/** What an operator said of a class that a host's record measures. */
export type HostRatio = Pick<Inventory, "allocationRatio" | "reserved">

/** Amounts by resource class. */
export type Amounts = { readonly [resource: string]: number }

/** A provider that a client made, or (with the UUID of a host) what clients added to the host's own. */
export type ProviderRecord = {
  readonly uuid: string
  /** `null`: an addition to a host's provider, which has its name from the host's record. */
  readonly name: string | null
  readonly parentUuid: string | null
  /** Counts the changes that a client must have seen before it may make one. */
  readonly generation: number
  readonly inventories: { readonly [resource: string]: Inventory }
  /** Of a host alone. */
  readonly hostRatios: { readonly [resource: string]: HostRatio }
  readonly traits: ReadonlyArray<string>
  /** UUIDs. */
  readonly aggregates: ReadonlyArray<string>
  /** ISO 8601, as all times here. */
  readonly createdAt: string
  readonly updatedAt: string
}

/** Who holds resources and is no server of this cloud. Without allocations there is none. */
export type ConsumerRecord = {
  readonly id: string
  readonly generation: number
  /** `null`: made by a version that knows no types. */
  readonly type: string | null
  readonly projectId: string
  readonly userId: string
  /** By provider. */
  readonly allocations: { readonly [providerUuid: string]: Amounts }
  readonly createdAt: string
  readonly updatedAt: string
}

/** A word that clients added to the vocabulary of traits or of resource classes. */
export type CustomName = {
  readonly name: string
  readonly createdAt: string
}

export const providerRecords = {
  type: "placementProvider",
  key: (record: ProviderRecord) => record.uuid,
  unique: { name: (record: ProviderRecord) => record.name }
}
export const consumerRecords = { type: "placementConsumer", key: (record: ConsumerRecord) => record.id }
export const customTraits = { type: "placementTrait", key: (record: CustomName) => record.name }
export const customClasses = { type: "placementResourceClass", key: (record: CustomName) => record.name }

const _isJson = (record: ProviderRecord | ConsumerRecord | CustomName): Json => record
void _isJson
