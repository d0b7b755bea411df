/** May these consumers hold this much? Capacity and portions, all consumers of one request weighed together. */
import { Result } from "effect"
import { capacityOf, isPortion, type Provider } from "../Provider.ts"
import type { ConsumerRecord, Inventory } from "../records.ts"
import { bad, exceedsCapacity, inventoryInvalid, noSuchResourceClass, violatesConstraints } from "../refusals.ts"
import type { Resources } from "../resourceClasses.ts"
import type { Checked, Sight } from "./Sight.ts"

/** What a consumer is to hold from now on, instead of all it held before. */
export interface Claim {
  readonly consumerId: string
  readonly projectId: string
  readonly userId: string
  /** `undefined`: the version asks for none; `null`: the consumer must hold nothing yet. */
  readonly generation: number | null | undefined
  /** `undefined`: the version knows none. */
  readonly type: string | undefined
  /** By provider; empty: it lets go of everything. */
  readonly allocations: ReadonlyMap<string, Resources>
}

/** What a provider has, once the request is through. */
export type InventoriesOf = (provider: Provider) => ReadonlyMap<string, Inventory>
export const asTheyAre: InventoriesOf = ({ inventories }) => inventories

/** By provider and class. */
class Sums {
  private readonly amounts = new Map<string, Map<string, number>>()

  add(providerUuid: string, resource: string, amount: number): number {
    let own = this.amounts.get(providerUuid)
    if (own === undefined) this.amounts.set(providerUuid, own = new Map())
    const sum = (own.get(resource) ?? 0) + amount
    own.set(resource, sum)
    return sum
  }

  get(providerUuid: string, resource: string): number {
    return this.amounts.get(providerUuid)?.get(resource) ?? 0
  }
}

/** What the consumers held before, which they let go of now. */
const released = (before: ReadonlyArray<ConsumerRecord | undefined>): Sums => {
  const sums = new Sums()
  for (const record of before) {
    for (const [provider, resources] of Object.entries(record?.allocations ?? {})) {
      for (const [resource, amount] of Object.entries(resources)) sums.add(provider, resource, amount)
    }
  }
  return sums
}

const nobody = (uuid: string) => bad(`Allocation for resource provider '${uuid}' that does not exist.`)

/** A provider that has more given away than it can is let be, as long as the request makes it no worse. */
export const checkClaims = (
  { placement }: Sight, claims: ReadonlyArray<Claim>, before: ReadonlyArray<ConsumerRecord | undefined>, inventoriesOf: InventoriesOf
): Checked => {
  const freed = released(before)
  const wanted = new Sums()
  const named = claims.flatMap(({ allocations }) => [...allocations])
  for (const [uuid] of named) if (placement.provider(uuid) === undefined) return Result.fail(nobody(uuid))
  for (const [, resources] of named) {
    const unknown = [...resources.keys()].find((resource) => !placement.hasResourceClass(resource))
    if (unknown !== undefined) return Result.fail(bad(`Unable to allocate inventory: ${noSuchResourceClass(unknown)}`))
  }
  for (const [uuid, resources] of named) {
    const provider = placement.provider(uuid)!
    const held = placement.held(provider)
    for (const [resource, amount] of resources) {
      const has = inventoriesOf(provider).get(resource)
      if (has === undefined) return Result.fail(inventoryInvalid(resource, uuid))
      if (!isPortion(has, amount)) return Result.fail(violatesConstraints(resource, uuid))
      const used = held.get(resource) ?? 0
      const after = used - freed.get(uuid, resource) + wanted.add(uuid, resource, amount)
      if (after > capacityOf(has) && !(after <= used)) return Result.fail(exceedsCapacity(resource, uuid))
    }
  }
  return Result.void
}
