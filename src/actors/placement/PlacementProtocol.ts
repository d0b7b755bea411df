import { Context } from "effect"
import type { Allocation } from "./allocations.ts"
import type { Provider } from "./Provider.ts"
import type { Resources } from "./resourceClasses.ts"

/** Providers, what they have and who holds how much of it: a view of the hosts and the servers, read from memory. */
export class Placement extends Context.Service<Placement, {
  /** Hosts by number. */
  readonly providers: () => Iterable<Provider>
  readonly provider: (uuid: string) => Provider | undefined
  readonly generation: (provider: Provider) => number
  /** Of every class the provider has; 0 of those nobody holds. */
  readonly used: (provider: Provider) => Resources
  readonly allocationsOf: (provider: Provider) => Iterable<Allocation>
  /** By provider UUID. */
  readonly allocationsOfConsumer: (consumerId: string) => ReadonlyMap<Provider, Allocation>
  /** `userId` null: of all users. */
  readonly allocationsOfProject: (projectId: string, userId: string | null) => Iterable<Allocation>
  readonly resourceClasses: () => ReadonlyArray<string>
  /** In the alphabet's order. */
  readonly traits: () => ReadonlyArray<string>
  readonly hasTrait: (name: string) => boolean
}>()("kilonova/actors/placement/Placement") {}
