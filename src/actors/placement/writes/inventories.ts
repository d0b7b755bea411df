/** What providers have: one inventory changed, or all of them. */
import { Result } from "effect"
import { type Refusal, refuse } from "../../shared/Refusal.ts"
import type { Inventory, ProviderRecord } from "../records.ts"
import {
  bad, inventoryExists, inventoryInUse, inventoryInUseAlone, isHost, noInventory, noSuchResourceClass
} from "../refusals.ts"
import {
  checkAll, checkCapacity, checkMeasuredStay, isMeasured, type GivenInventories, type GivenInventory, type InventoryRules, keptOf, seen, withDefaults
} from "./inventoryRules.ts"
import { changed, checkGeneration, type Decision, holdClasses, put, type Sight, type Target, targetOf } from "./Sight.ts"

const unknownIn = ({ placement }: Sight, given: GivenInventories): string | undefined =>
  [...given.keys()].find((resource) => !placement.hasResourceClass(resource))

/** The record with exactly these inventories, and what the provider then loses. */
export interface Replaced {
  readonly record: ProviderRecord
  readonly inventories: ReadonlyMap<string, Inventory>
  readonly lost: ReadonlyArray<string>
  readonly added: ReadonlyArray<string>
}

export const replaceInventories = (sight: Sight, { provider, record }: Target, given: GivenInventories): Result.Result<Replaced, Refusal> =>
  Result.gen(function*() {
    const unknown = unknownIn(sight, given)
    if (unknown !== undefined) {
      const what = `Unknown resource class in inventory for resource provider ${provider.uuid}`
      return yield* Result.fail(bad(`${what}: ${noSuchResourceClass(unknown)}`))
    }
    yield* checkMeasuredStay(provider, given)
    const kept = yield* keptOf(provider, given)
    return {
      record: changed(sight, record, kept),
      inventories: seen(provider, kept),
      lost: [...provider.inventories.keys()].filter((resource) => !given.has(resource)),
      added: [...given.keys()].filter((resource) => !provider.inventories.has(resource))
    }
  })

/** `generation` null: all of them, whatever they are, by the versions that delete. */
export const setInventories = (
  sight: Sight, uuid: string, generation: number | null, given: GivenInventories, rules: InventoryRules
): Decision<void> =>
  Result.gen(function*() {
    const target = yield* targetOf(sight, uuid)
    yield* checkGeneration(target, generation)
    const { added, lost, record } = yield* replaceInventories(sight, target, given)
    yield* checkAll(target.provider, record, rules)
    const used = sight.placement.used(target.provider)
    const inUse = lost.filter((resource) => (used.get(resource) ?? 0) > 0)
    if (inUse.length > 0) return yield* Result.fail(inventoryInUse(inUse, uuid))
    return { changes: [put(sight, record), ...holdClasses(sight, added)], answer: undefined }
  })

const withOne = (
  sight: Sight, { provider, record }: Target, resource: string, given: GivenInventory, rules: InventoryRules
): Decision<void> =>
  Result.gen(function*() {
    const kept = yield* keptOf(provider, new Map([[resource, given]]))
    yield* checkAll(provider, kept, rules)
    const after = changed(sight, record, {
      inventories: { ...record.inventories, ...kept.inventories }, hostRatios: { ...record.hostRatios, ...kept.hostRatios }
    })
    return { changes: [put(sight, after), ...holdClasses(sight, [resource])], answer: undefined }
  })

export const addInventory = (sight: Sight, uuid: string, resource: string, given: GivenInventory, rules: InventoryRules): Decision<void> =>
  Result.gen(function*() {
    const target = yield* targetOf(sight, uuid)
    yield* checkCapacity(uuid, resource, withDefaults(given), rules)
    if (!sight.placement.hasResourceClass(resource)) {
      return yield* Result.fail(bad(`Unable to create inventory for resource provider ${uuid}: ${noSuchResourceClass(resource)}`))
    }
    if (target.provider.inventories.has(resource)) return yield* Result.fail(inventoryExists(resource, uuid))
    return yield* withOne(sight, target, resource, given, rules)
  })

export const updateInventory = (
  sight: Sight, uuid: string, resource: string, generation: number, given: GivenInventory, rules: InventoryRules
): Decision<void> =>
  Result.gen(function*() {
    const target = yield* targetOf(sight, uuid)
    yield* checkGeneration(target, generation)
    yield* checkCapacity(uuid, resource, withDefaults(given), rules)
    if (!sight.placement.hasResourceClass(resource)) return yield* Result.fail(refuse("notFound", noSuchResourceClass(resource)))
    if (!target.provider.inventories.has(resource)) {
      const what = `No inventory record with resource class for resource provider ${uuid}`
      return yield* Result.fail(bad(`${what}: No inventory of class ${resource} found.`))
    }
    return yield* withOne(sight, target, resource, given, rules)
  })

export const deleteInventory = (sight: Sight, uuid: string, resource: string): Decision<void> =>
  Result.gen(function*() {
    const { provider, record } = yield* targetOf(sight, uuid)
    if (!sight.placement.hasResourceClass(resource)) return yield* Result.fail(noInventory(resource, noSuchResourceClass(resource)))
    if (!provider.inventories.has(resource)) return yield* Result.fail(noInventory(resource, `Resource provider ${uuid} has none.`))
    if ((sight.placement.used(provider).get(resource) ?? 0) > 0) return yield* Result.fail(inventoryInUseAlone(resource, uuid))
    if (isMeasured(provider, resource)) {
      const what = `it measures its ${resource} itself, which cannot be taken away. Disable the host instead.`
      return yield* Result.fail(isHost(provider.name, what))
    }
    const { [resource]: _, ...inventories } = record.inventories
    return { changes: [put(sight, changed(sight, record, { inventories }))], answer: undefined }
  })
