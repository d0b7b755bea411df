import { Context } from "effect"
import type { Effect, Scope } from "effect"
import type { Fence } from "../../actors/shared/Promise.ts"
import type { JournalUnavailable } from "./Journal.ts"

export type OwnershipChange =
  /** These shards are this process's from now on. */
  | { readonly _tag: "Acquired"; readonly shards: ReadonlySet<string> }
  | { readonly _tag: "Lost"; readonly shards: ReadonlySet<string> }
  /** Another process has come or gone: what was sent to it may be lost. */
  | { readonly _tag: "RunnersChanged" }

/** Where an entity lives now: `controlUrl` is where the agents of hosts reach that process, if it says so. */
export interface Location {
  readonly isHere: boolean
  readonly controlUrl: string | null
}

/** How far the cloud's journal is. Whoever remembers it notices a journal that was put back to an earlier state. */
export interface HighWater {
  readonly cloudId: string
  /** Grows when an operator goes on with a journal that has lost commits. */
  readonly timeline: number
  readonly position: number
}

/**
 * Which shard an entity belongs to and the epoch under which this process holds it. Every commit and every driver call
 * carries the epoch, so that a process which lost the shard without noticing changes nothing.
 */
export class Ownership extends Context.Service<Ownership, {
  readonly shardOf: (entityType: string, entityId: string) => string
  /** `-1` when this process does not hold the shard: every commit under it is fenced. */
  readonly epochOf: (shard: string) => number
  /** The fence of what this process does in its own name (records, promises of quota); `null` while it is no member. */
  readonly session: () => Fence | null
  /** Calls the listener, synchronously, with every change. */
  readonly watch: (listener: (change: OwnershipChange) => void) => Effect.Effect<void, never, Scope.Scope>
  /** `null`: nobody owns it at the moment. */
  readonly locate: (entityType: string, entityId: string) => Effect.Effect<Location | null, JournalUnavailable>
  /** `null` where one process alone has the journal. */
  readonly highWater: Effect.Effect<HighWater | null, JournalUnavailable>
  /** The control URLs of all processes that serve agents. */
  readonly controlUrls: Effect.Effect<ReadonlyArray<string>, JournalUnavailable>
}>()("kilonova/runtime/kernel/Ownership") {}
