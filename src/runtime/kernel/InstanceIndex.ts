import { Context } from "effect"
import type { Effect, Scope } from "effect"
import type { Instance } from "../../actors/instance/Instance.ts"
import type { Taken } from "../../actors/placement/demand/Taken.ts"
import type { Resources } from "../../actors/placement/resourceClasses.ts"

/** What a set of servers takes: counts, cores, MiB, GiB. */
export interface Usage {
  readonly instances: number
  readonly cores: number
  readonly ramMb: number
  readonly diskGb: number
}

/**
 * Every server, in memory, as the journal last had it: what lists, the scheduler, quota and usage read. Deleted ones stay
 * for `Limits.deletedKeptMax`. All calls are synchronous; the objects are shared and never changed.
 */
export class InstanceIndex extends Context.Service<InstanceIndex, {
  readonly get: (id: string) => Instance | undefined
  /** Newest first; deleted ones too. `null`: of all projects. */
  readonly ofProject: (projectId: string | null) => Iterable<Instance>
  /** Live servers on a host. */
  readonly onHost: (hostname: string) => Iterable<Instance>
  /** Live servers that have a place on the host by a move under way, and are on another: as they are here. */
  readonly movingOn: (hostname: string) => Iterable<Instance>
  /** Live servers made as members of a group. */
  readonly inGroup: (serverGroupId: string) => Iterable<Instance>
  readonly usageOfProject: (projectId: string) => Usage
  readonly usageOfUser: (projectId: string, userId: string) => Usage
  /** By flavors, as administrators see it, with servers on the move, which count on both their hosts; what Placement counts is `takenOf`. */
  readonly usageOfHost: (hostname: string) => Usage
  readonly takenOf: (hostname: string) => Taken
  /** What live servers hold of a provider that is no host, and their ids. */
  readonly heldOf: (providerUuid: string) => Resources
  readonly holdersOf: (providerUuid: string) => Iterable<string>
  /** Calls the listener with the host's name, synchronously, whenever the usage of a host changes. */
  readonly watchHosts: (listener: (hostname: string) => void) => Effect.Effect<void, never, Scope.Scope>
  /** Calls the listener, synchronously, with each change of a server; `undefined`: it was not there, or it is forgotten. */
  readonly watchServers: (
    listener: (before: Instance | undefined, after: Instance | undefined) => void
  ) => Effect.Effect<void, never, Scope.Scope>
  /** Servers whose work is in flight. */
  readonly pending: () => Iterable<Instance>
  readonly size: () => number
  /** Grows with each change of any server: a cache key. */
  readonly revision: () => number
}>()("kilonova/runtime/kernel/InstanceIndex") {}
