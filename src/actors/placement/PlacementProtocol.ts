import { Context } from "effect"
import type { Allocation } from "./allocations.ts"
import type { Forest } from "./Forest.ts"
import type { Provider } from "./Provider.ts"
import type { Resources } from "./resourceClasses.ts"

/**
 * Providers, what they have and who holds how much of it, read from memory: a view of the hosts and the servers, and of
 * what clients added. `PlacementAdmin` is its writing side.
 */
export class Placement extends Context.Service<Placement, {
  readonly forest: () => Forest
  /** Hosts by number, then those of clients. */
  readonly providers: () => ReadonlyArray<Provider>
  readonly provider: (uuid: string) => Provider | undefined
  readonly isHostname: (name: string) => boolean
  readonly generation: (provider: Provider) => number
  /** UUIDs of the compute API's aggregates that a host is in. */
  readonly hostAggregates: (provider: Provider) => ReadonlyArray<string>
  /** By class; without those that nobody holds. */
  readonly held: (provider: Provider) => Resources
  /** The part of it that clients' consumers hold. */
  readonly claimedOf: (providerUuid: string) => Resources
  /** Of every class the provider has; 0 of those nobody holds. */
  readonly used: (provider: Provider) => Resources
  readonly allocationsOf: (provider: Provider) => Iterable<Allocation>
  readonly allocationsOfConsumer: (consumerId: string) => ReadonlyMap<Provider, Allocation>
  /** What it holds follows from it, and cannot be written; a server without a host too. */
  readonly isServer: (consumerId: string) => boolean
  /** One for each provider that a consumer holds something of. `userId` null: of all users. */
  readonly allocationsOfProject: (projectId: string, userId: string | null) => Iterable<Allocation>
  /** The standard ones first. */
  readonly resourceClasses: () => ReadonlyArray<string>
  readonly hasResourceClass: (name: string) => boolean
  /** In the alphabet's order. */
  readonly traits: () => ReadonlyArray<string>
  readonly hasTrait: (name: string) => boolean
  /** When a client made the word; `null`: it was always there. ISO 8601. */
  readonly madeAt: (kind: "trait" | "resourceClass", name: string) => string | null
}>()("kilonova/actors/placement/Placement") {}
