/** The bodies that Placement takes, each beside the type of what its schema lets through. */
import type { Bodies, JsonSchema } from "./checkBody.ts"

const intMax = 0x7fff_ffff
const integer = { type: "integer" }
const whole = (minimum: number) => ({ type: "integer", minimum, maximum: intMax })
const text = (maxLength: number, minLength?: number) => ({ type: "string", maxLength, ...(minLength === undefined ? {} : { minLength }) })
const uuid = { type: "string", format: "uuid" }
const uuids = { type: "array", items: uuid, uniqueItems: true }
const object = (properties: JsonSchema, required: ReadonlyArray<string> = Object.keys(properties)): JsonSchema =>
  ({ type: "object", properties, required, additionalProperties: false })
/** An object whose keys are names of one kind. */
const keyed = (pattern: string, value: JsonSchema, rest: JsonSchema = {}): JsonSchema =>
  ({ type: "object", patternProperties: { [pattern]: value }, additionalProperties: false, ...rest })

const className = "^[A-Z0-9_]+$"
const customName = "^CUSTOM_[A-Z0-9_]+$"
const uuidKey = "^[0-9a-fA-F-]{36}$"
const id = text(255, 1)

const name = text(200)
const parent = { anyOf: [uuid, { type: "null" }] }
export interface ProviderBody {
  readonly name: string
  readonly uuid?: string
  readonly parent_provider_uuid?: string | null
}
export const newProvider: Bodies = [
  { until: 13, is: object({ name, uuid }, ["name"]) },
  { since: 14, is: object({ name, uuid, parent_provider_uuid: parent }, ["name"]) }
]
export const changedProvider: Bodies = [
  { until: 13, is: object({ name }) },
  { since: 14, is: object({ name, parent_provider_uuid: parent }, ["name"]) }
]

const inventoryFields = {
  resource_provider_generation: integer,
  total: whole(1),
  reserved: whole(0),
  min_unit: whole(1),
  max_unit: whole(1),
  step_size: whole(1),
  allocation_ratio: { type: "number", maximum: 3.402_82e38 }
}
const inventory = object(inventoryFields, ["total"])
/** A class of another name is no class that there is: for the rules to say. */
const inventories = keyed(className, inventory, { additionalProperties: { type: "object" } })
export interface InventoryBody {
  readonly total: number
  readonly reserved?: number
  readonly min_unit?: number
  readonly max_unit?: number
  readonly step_size?: number
  readonly allocation_ratio?: number
}
export interface InventoriesBody {
  readonly resource_provider_generation: number
  readonly inventories: Readonly<Record<string, InventoryBody>>
}
export const newInventory: Bodies = [{
  is: object({ ...inventoryFields, resource_class: { type: "string", pattern: className } }, ["total", "resource_class"])
}]
export const changedInventory: Bodies = [{ is: object(inventoryFields, ["total", "resource_provider_generation"]) }]
const inventorySet = object({ resource_provider_generation: integer, inventories })
export const allInventories: Bodies = [{ is: inventorySet }]

export const resourceClass: Bodies = [{ is: object({ name: { ...text(255), pattern: customName } }) }]
export interface TraitsBody {
  readonly traits: ReadonlyArray<string>
  readonly resource_provider_generation: number
}
export const providerTraits: Bodies = [{ is: object({ traits: { type: "array", items: id }, resource_provider_generation: integer }) }]

export interface AggregatesBody {
  readonly aggregates: ReadonlyArray<string>
  readonly resource_provider_generation: number
}
export const providerAggregates: Bodies = [
  { until: 18, is: uuids },
  { since: 19, is: object({ aggregates: uuids, resource_provider_generation: integer }) }
]

const resources = keyed(className, { type: "integer", minimum: 1 }, { minProperties: 1 })
const listed = {
  type: "array",
  minItems: 1,
  items: object({ resource_provider: object({ uuid }), resources })
}
const held = (minProperties: number) => keyed(uuidKey, object({ generation: integer, resources }, ["resources"]), { minProperties })
const owner = { project_id: id, user_id: id }
const generation = { consumer_generation: { type: ["integer", "null"] } }
const mappings = {
  mappings: { type: "object", minProperties: 1, patternProperties: { "[a-zA-Z0-9_-]{1,64}": { type: "array", minItems: 1, items: uuid } } }
}
const consumerType = { consumer_type: { ...id, pattern: className } }

/** One consumer's allocations since they can be emptied, by the versions that changed them. */
const emptiable = object({ allocations: held(0), ...owner })
const withGeneration = object({ allocations: held(0), ...owner, ...generation })
const required = ["allocations", "project_id", "user_id", "consumer_generation"]
const withMappings = object({ allocations: held(0), ...owner, ...generation, ...mappings }, required)
const withType = object({ allocations: held(0), ...owner, ...generation, ...mappings, ...consumerType }, [...required, "consumer_type"])

/** By provider. */
export type HeldBody = Readonly<Record<string, { readonly resources: Readonly<Record<string, number>> }>>
export interface ListedBody {
  readonly resource_provider: { readonly uuid: string }
  readonly resources: Readonly<Record<string, number>>
}
export interface ConsumerBody {
  /** A list until 1.11. */
  readonly allocations: HeldBody | ReadonlyArray<ListedBody>
  readonly project_id?: string
  readonly user_id?: string
  readonly consumer_generation?: number | null
  readonly consumer_type?: string
}
export const oneConsumer: Bodies = [
  { until: 7, is: object({ allocations: listed }) },
  { until: 11, is: object({ allocations: listed, ...owner }) },
  { until: 27, is: object({ allocations: held(1), ...owner }) },
  { until: 33, is: withGeneration },
  { until: 37, is: withMappings },
  { since: 38, is: withType }
]

export type ConsumersBody = Readonly<Record<string, ConsumerBody>>
const many = (consumer: JsonSchema) => keyed(uuidKey, consumer, { minProperties: 1 })
export const manyConsumers: Bodies = [
  { until: 27, is: many(emptiable) },
  { until: 33, is: many(withGeneration) },
  { until: 37, is: many(withMappings) },
  { since: 38, is: many(withType) }
]

export interface ReshapeBody {
  readonly inventories: Readonly<Record<string, InventoriesBody>>
  readonly allocations: ConsumersBody
}
const reshape = (consumer: JsonSchema) =>
  object({ inventories: keyed(uuidKey, inventorySet, { minProperties: 1 }), allocations: keyed(uuidKey, consumer) })
export const reshaper: Bodies = [
  { until: 33, is: reshape(withGeneration) },
  { until: 37, is: reshape(withMappings) },
  { since: 38, is: reshape(withType) }
]
