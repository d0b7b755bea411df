import { Context } from "effect"
import type { Effect } from "effect"
import type { Refusal } from "../shared/Refusal.ts"
import type { Aggregate, MetadataChange } from "./Aggregate.ts"

/** The host aggregates, as administrators see and change them. The zones of their hosts change with them. */
export class Aggregates extends Context.Service<Aggregates, {
  /** By id. */
  readonly list: () => ReadonlyArray<Aggregate>
  readonly get: (id: string) => Effect.Effect<Aggregate, Refusal>
  readonly create: (name: string, zone: string | null) => Effect.Effect<Aggregate, Refusal>
  readonly update: (id: string, change: { readonly name?: string; readonly metadata?: MetadataChange }) => Effect.Effect<Aggregate, Refusal>
  readonly remove: (id: string) => Effect.Effect<void, Refusal>
  readonly addHost: (id: string, hostname: string) => Effect.Effect<Aggregate, Refusal>
  readonly removeHost: (id: string, hostname: string) => Effect.Effect<Aggregate, Refusal>
}>()("kilonova/actors/host/Aggregates") {}
