import { Context } from "effect"
import type { Effect } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Flavor } from "./Flavor.ts"
import type { FlavorDraft, FlavorFilter } from "./flavorRules.ts"

/** What the faces may ask of flavors. Policies are the faces' business; what a caller may see is decided here. */
export class Flavors extends Context.Service<Flavors, {
  readonly get: (caller: Caller, id: string) => Effect.Effect<Flavor, Refusal>
  /** In the order of creation. */
  readonly list: (caller: Caller, filter: FlavorFilter) => ReadonlyArray<Flavor>
  readonly create: (draft: FlavorDraft) => Effect.Effect<Flavor, Refusal>
  readonly describe: (caller: Caller, id: string, description: string | null) => Effect.Effect<Flavor, Refusal>
  readonly remove: (caller: Caller, id: string) => Effect.Effect<void, Refusal>
  /** Adds these, replacing those of the same name. */
  readonly setExtraSpecs: (caller: Caller, id: string, specs: { readonly [key: string]: string }) => Effect.Effect<Flavor, Refusal>
  readonly removeExtraSpec: (caller: Caller, id: string, key: string) => Effect.Effect<void, Refusal>
  readonly grant: (caller: Caller, id: string, projectId: string) => Effect.Effect<Flavor, Refusal>
  readonly revoke: (caller: Caller, id: string, projectId: string) => Effect.Effect<Flavor, Refusal>
}>()("kilonova/actors/catalog/Flavors") {}
