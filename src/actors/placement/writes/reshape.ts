/** Inventories and allocations moved from provider to provider in one step, or not at all. */
import { Result } from "effect"
import { type Refusal, refuse } from "../../shared/Refusal.ts"
import { consumerRecords, type Inventory, type ProviderRecord } from "../records.ts"
import { inventoryInUse } from "../refusals.ts"
import { bumped, claimAll } from "./allocations.ts"
import type { Claim } from "./claims.ts"
import { type Replaced, replaceInventories } from "./inventories.ts"
import type { GivenInventories } from "./inventoryRules.ts"
import { checkGeneration, type Decision, holdClasses, put, type Sight, targetOf } from "./Sight.ts"

export interface Reshape {
  /** By provider: all it is to have. */
  readonly inventories: ReadonlyMap<string, { readonly generation: number; readonly inventories: GivenInventories }>
  readonly claims: ReadonlyArray<Claim>
}

const notFound = (uuid: string) =>
  refuse("badRequest", `Resource provider ${uuid} in inventories not found.`, "placement.resource_provider.not_found")

/** What others than these consumers still hold of a class, or these after the step. */
const staysUsed = ({ placement, records }: Sight, uuid: string, resource: string, claims: ReadonlyArray<Claim>): boolean => {
  const provider = placement.provider(uuid)!
  const before = (consumerId: string) => records.get(consumerRecords, consumerId)?.allocations[uuid]?.[resource] ?? 0
  const freed = claims.reduce((sum, { consumerId }) => sum + before(consumerId), 0)
  const claimed = claims.reduce((sum, { allocations }) => sum + (allocations.get(uuid)?.get(resource) ?? 0), 0)
  return (placement.held(provider).get(resource) ?? 0) - freed + claimed > 0
}

const replaceAll = (sight: Sight, { inventories }: Reshape): Result.Result<ReadonlyMap<string, Replaced>, Refusal> =>
  Result.gen(function*() {
    const replaced = new Map<string, Replaced>()
    for (const [uuid, { generation, inventories: given }] of inventories) {
      if (sight.placement.provider(uuid) === undefined) return yield* Result.fail(notFound(uuid))
      const target = yield* targetOf(sight, uuid)
      yield* checkGeneration(target, generation)
      replaced.set(uuid, yield* replaceInventories(sight, target, given))
    }
    return replaced
  })

/** Clients know three changes in this step: inventories added, claims moved, and inventories taken away, which is there always. */
const counted = (record: ProviderRecord, hasInventories: boolean, isTouched: boolean): ProviderRecord =>
  ({ ...record, generation: record.generation + Number(hasInventories) + Number(isTouched) })

export const reshape = (sight: Sight, asked: Reshape): Decision<void> =>
  Result.gen(function*() {
    const replaced = yield* replaceAll(sight, asked)
    // What goes is still there while claims are weighed: it is found in use then, which says more.
    const interim = (uuid: string, before: ReadonlyMap<string, Inventory>) => new Map([...before, ...replaced.get(uuid)?.inventories ?? []])
    const claimed = yield* claimAll(sight, asked.claims, ({ inventories, uuid }) => interim(uuid, inventories))
    for (const [uuid, { lost }] of replaced) {
      const inUse = lost.filter((resource) => staysUsed(sight, uuid, resource, asked.claims))
      if (inUse.length > 0) return yield* Result.fail(inventoryInUse(inUse, uuid))
    }
    const others = [...claimed.touched].filter((uuid) => !replaced.has(uuid))
    const moved = [...replaced].map(([uuid, { record }]) =>
      counted(record, asked.inventories.get(uuid)!.inventories.size > 0, claimed.touched.has(uuid)))
    const records = [...moved, ...bumped(sight, others)]
    const classes = new Set([...replaced.values()].flatMap(({ added }) => added))
    return {
      changes: [...records.map((record) => put(sight, record)), ...holdClasses(sight, classes), ...claimed.changes],
      answer: undefined
    }
  })
