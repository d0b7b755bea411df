import { Context } from "effect"
import type { Effect } from "effect"
import type { Refusal } from "../shared/Refusal.ts"
import type { Claim } from "./writes/claims.ts"
import type { GivenInventories, GivenInventory, InventoryRules } from "./writes/inventoryRules.ts"
import type { NewProvider, ProviderChange } from "./writes/providers.ts"
import type { Reshape } from "./writes/reshape.ts"

type Written<A = void> = Effect.Effect<A, Refusal>

/**
 * What clients of Placement may change: their own providers, traits, resource classes, aggregates and allocations, and
 * what they add to hosts. Each is one commit; whoever named an old generation is refused.
 */
export class PlacementAdmin extends Context.Service<PlacementAdmin, {
  /** Answers its UUID; draws one unless it is given. */
  readonly createProvider: (provider: Omit<NewProvider, "uuid"> & { readonly uuid: string | null }) => Written<string>
  /** `mayMove`: from one parent to another, or to none. */
  readonly updateProvider: (uuid: string, change: ProviderChange, mayMove: boolean) => Written
  readonly deleteProvider: (uuid: string) => Written
  readonly addInventory: (uuid: string, resource: string, given: GivenInventory, rules: InventoryRules) => Written
  readonly updateInventory: (uuid: string, resource: string, generation: number, given: GivenInventory, rules: InventoryRules) => Written
  readonly deleteInventory: (uuid: string, resource: string) => Written
  /** All that there is to be; `generation` null: whatever there was. */
  readonly setInventories: (uuid: string, generation: number | null, given: GivenInventories, rules: InventoryRules) => Written
  readonly setTraits: (uuid: string, generation: number | null, traits: ReadonlyArray<string>) => Written
  /** `generation` null: neither checked nor counted on. */
  readonly setAggregates: (uuid: string, generation: number | null, aggregates: ReadonlyArray<string>) => Written
  readonly setAllocations: (claims: ReadonlyArray<Claim>) => Written
  readonly deleteAllocations: (consumerId: string) => Written
  readonly reshape: (reshape: Reshape) => Written
  readonly putTrait: (name: string) => Written<"created" | "known">
  readonly deleteTrait: (name: string) => Written
  readonly createClass: (name: string) => Written<"created" | "known">
  readonly putClass: (name: string) => Written<"created" | "known">
  readonly renameClass: (from: string, to: string) => Written
  readonly deleteClass: (name: string) => Written
}>()("kilonova/actors/placement/PlacementAdmin") {}
