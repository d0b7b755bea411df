/** What bodies say, in the words of the rules. */
import type { Claim } from "../../../actors/placement/writes/claims.ts"
import type { GivenInventories, GivenInventory } from "../../../actors/placement/writes/inventoryRules.ts"
import { behaviours } from "./behaviours.ts"
import type { ConsumerBody, HeldBody, InventoryBody, ListedBody } from "./bodies.ts"
import type { Call } from "./Operations.ts"

export const givenInventory = (body: InventoryBody): GivenInventory => ({
  total: body.total,
  ...(body.reserved === undefined ? {} : { reserved: body.reserved }),
  ...(body.min_unit === undefined ? {} : { minUnit: body.min_unit }),
  ...(body.max_unit === undefined ? {} : { maxUnit: body.max_unit }),
  ...(body.step_size === undefined ? {} : { stepSize: body.step_size }),
  ...(body.allocation_ratio === undefined ? {} : { allocationRatio: body.allocation_ratio })
})

export const givenInventories = (bodies: Readonly<Record<string, InventoryBody>>): GivenInventories =>
  new Map(Object.entries(bodies).map(([resource, body]) => [resource, givenInventory(body)]))

const isList = (allocations: HeldBody | ReadonlyArray<ListedBody>): allocations is ReadonlyArray<ListedBody> => Array.isArray(allocations)

const heldIn = (allocations: ConsumerBody["allocations"]): Claim["allocations"] => {
  const entries = isList(allocations)
    ? allocations.map(({ resource_provider: { uuid }, resources }) => [uuid, resources] as const)
    : Object.entries(allocations).map(([uuid, { resources }]) => [uuid, resources] as const)
  return new Map(entries.map(([uuid, resources]) => [uuid, new Map(Object.entries(resources))]))
}

/** Of consumers that say nothing of their owner. */
const nobody = "00000000-0000-0000-0000-000000000000"

export const claimOf = (call: Call, consumerId: string, body: ConsumerBody): Claim => ({
  consumerId,
  projectId: body.project_id ?? nobody,
  userId: body.user_id ?? nobody,
  generation: call.within(behaviours.consumerGenerations) ? body.consumer_generation ?? null : undefined,
  type: body.consumer_type,
  allocations: heldIn(body.allocations)
})
