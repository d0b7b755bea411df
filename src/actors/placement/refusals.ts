/** Placement's refusals: its kinds, its codes, and words that name what is wrong. */
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { Limits } from "../../runtime/Limits.ts"

const concurrent = "placement.concurrent_update"
const quote = (text: string) => text.slice(0, Limits.echoCharsMax)

export const bad = (message: string): Refusal => refuse("badRequest", message)
export const conflict = (message: string, code?: string): Refusal => refuse("conflict", message, code)

export const providerNotFound = (uuid: string, why = ""): Refusal =>
  refuse("notFound", `No resource provider with uuid ${quote(uuid)} found${why}`)
export const generationConflict = (uuid: string, actual: number, given: number): Refusal =>
  conflict(`resource provider generation conflict for provider ${uuid}: actual: ${actual}, given: ${given}`, concurrent)
/** Of traits and aggregates, in the words that clients know from there. */
export const generationMoved = (uuid: string, actual: number, given: number): Refusal =>
  conflict(
    "Resource provider's generation already changed. Please update the generation and try again. " +
      `Provider ${uuid}: actual: ${actual}, given: ${given}`,
    concurrent
  )
export const consumerConflict = (id: string, expected: number | null, given: number | null): Refusal =>
  conflict(`consumer generation conflict - expected ${expected ?? "null"} but got ${given ?? "None"} for consumer ${id}`, concurrent)

export const tooManyWriters = (message: string): Refusal => conflict(message, concurrent)

export const nameTaken = (what: string): Refusal =>
  conflict(`Conflicting resource provider ${quote(what)} already exists.`, "placement.duplicate_name")
export const hasAllocations = (uuid: string): Refusal =>
  conflict(`Unable to delete resource provider ${uuid}: Resource provider has allocations.`, "placement.resource_provider.inuse")
export const hasChildProviders = (uuid: string): Refusal =>
  conflict(
    `Unable to delete parent resource provider ${uuid}: It has child resource providers.`,
    "placement.resource_provider.cannot_delete_parent"
  )
export const isHost = (name: string, what: string): Refusal =>
  conflict(`Resource provider ${name} is a compute host: ${what}`)

export const inventoryExists = (resource: string, uuid: string): Refusal =>
  conflict(`Update conflict: resource provider ${uuid} has an inventory of class ${resource} already.`, concurrent)
export const inventoryInUse = (resources: ReadonlyArray<string>, uuid: string): Refusal =>
  conflict(`update conflict: Inventory for '${resources.join(", ")}' on resource provider '${uuid}' in use.`, "placement.inventory.inuse")
/** A single inventory's deletion has the code of a race, as in Placement. */
export const inventoryInUseAlone = (resource: string, uuid: string): Refusal =>
  conflict(`Unable to delete inventory of class ${resource}: Inventory for '${resource}' on resource provider '${uuid}' in use.`, concurrent)
export const noInventory = (resource: string, why: string): Refusal =>
  refuse("notFound", `No inventory of class ${quote(resource)} found for delete: ${why}`)

const cannotAllocate = (message: string) => conflict(`Unable to allocate inventory: ${message}`)
export const inventoryInvalid = (resource: string, uuid: string): Refusal =>
  cannotAllocate(`Inventory for '${resource}' on resource provider '${uuid}' invalid.`)
export const violatesConstraints = (resource: string, uuid: string): Refusal =>
  cannotAllocate(
    `Unable to create allocation for '${resource}' on resource provider '${uuid}'. The requested amount would violate inventory ` +
      "constraints. They are min_unit, max_unit and step_size."
  )
export const exceedsCapacity = (resource: string, uuid: string): Refusal =>
  cannotAllocate(
    `Unable to create allocation for '${resource}' on resource provider '${uuid}'. The requested amount would exceed the capacity.`
  )
export const isServer = (id: string): Refusal =>
  conflict(
    `Consumer ${id} is a server of this cloud: what it holds follows from the server and cannot be written. ` +
      "Resize, migrate, evacuate or delete the server instead."
  )

export const noSuchResourceClass = (name: string): string => `No such resource class ${quote(name)}.`
export const noSuchTraits = (names: ReadonlyArray<string>): string => `No such trait(s): ${quote(names.join(", "))}.`
export const tooMany = (what: string, max: number, limit: string): Refusal =>
  conflict(`There are ${max} ${what} already, as many as there may be (${limit}). Delete some that nobody uses.`)
