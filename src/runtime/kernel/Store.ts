import { Context, Schema } from "effect"
import type { Effect, Stream } from "effect"
import type { Fence } from "../../actors/shared/Promise.ts"

/** One stream's part of a commit; texts are JSON. */
export interface StoreAppend {
  readonly type: string
  readonly id: string
  /** The version this append rests on; 0: the stream must not exist. */
  readonly expected: number
  readonly pending: boolean
  /** `null` removes the stream. */
  readonly state: string | null
  readonly events: string
}

export interface StoreCommit {
  /** All of them must be the newest of their shard. */
  readonly fences: ReadonlyArray<Fence>
  /** A second commit of the same request to the same first stream applies nothing and gets the first one's reply. */
  readonly requestId: string | null
  readonly reply: string
  readonly appends: ReadonlyArray<StoreAppend>
}

/** Commits that travel together; each still applies alone, or not. */
export interface StoreBatch {
  /** Who writes: a name of one start of one process, never used again. */
  readonly writer: string
  /** Counts the writer's batches from 1. The same number again is the same batch: applied once, answered alike. */
  readonly number: number
  /** The newest position the writer has seen: a store that is behind it has lost commits. */
  readonly known: number
  readonly commits: ReadonlyArray<StoreCommit>
}

export type StoreAnswer =
  | { readonly _tag: "Applied"; readonly position: number }
  | { readonly _tag: "Duplicate"; readonly position: number; readonly reply: string }
  /** `fence` counts the commit's fences from 0. */
  | { readonly _tag: "Fenced"; readonly fence: number; readonly newest: number }
  /** `append` counts the commit's appends from 0. */
  | { readonly _tag: "Conflict"; readonly append: number; readonly actual: number }

export interface StoreEntry {
  readonly position: number
  readonly type: string
  readonly id: string
  readonly version: number
  readonly pending: boolean
  readonly state: string | null
  readonly events: string
  readonly writer: string
}

export interface StoreSnapshot {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly pending: boolean
  readonly state: string
}

/** Where the store is. Positions count appends from 1 without a gap. */
export interface StoreHead {
  /** Drawn when the store was first written to: two clouds never share it. */
  readonly cloudId: string
  /** Grows when an operator goes on with a store that has lost commits. */
  readonly timeline: number
  readonly position: number
  /** The oldest entry the feed still has; `position + 1` when it has none. */
  readonly oldest: number
  /** The store's own clock, in Unix milliseconds: leases are counted on it alone. */
  readonly atMillis: number
}

/** A member of the cluster. Its `epoch` is that of the shard `runner/<address>`: it grows when it comes and when it is given up. */
export interface StoreRunner {
  readonly address: string
  /** Whatever the runner says of itself, JSON. */
  readonly about: string
  readonly isHealthy: boolean
  readonly machineId: number
  readonly epoch: number
  readonly leaseUntilMillis: number
}

/** The store cannot answer now. Whether a commit in flight was applied is unknown: send the same batch again. */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

/** The store is behind what the writer has seen: acknowledged commits are gone. Nothing was applied. */
export class StoreRolledBack extends Schema.TaggedError<StoreRolledBack>()("StoreRolledBack", {
  position: Schema.Int,
  known: Schema.Int
}) {}

/** The shard whose epoch stands for one runner's membership. */
export const runnerShard = (address: string): string => `runner/${address}`

/**
 * What several processes share: streams, their feed, epochs, and who owns which shard. Every operation is one atomic
 * step. Leases are timed by the store's clock; nothing rests on the callers' clocks agreeing.
 */
export class Store extends Context.Service<Store, {
  readonly head: Effect.Effect<StoreHead, StoreUnavailable>
  /** One answer for each commit, in order. */
  readonly commit: (batch: StoreBatch) => Effect.Effect<ReadonlyArray<StoreAnswer>, StoreUnavailable | StoreRolledBack>
  /**
   * Says that commits which somebody saw are gone. Nobody commits any more (all are told that it was rolled back), and
   * its timeline is negative, until an operator opens it with the loss accepted.
   */
  readonly condemn: Effect.Effect<void, StoreUnavailable>
  /** The shard's epoch grows by one and is answered. */
  readonly acquire: (shard: string) => Effect.Effect<number, StoreUnavailable>
  /** The newest epochs; 0 for a shard nobody ever held. */
  readonly epochs: (shards: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
  readonly load: (type: string, id: string) => Effect.Effect<StoreSnapshot | null, StoreUnavailable>
  /** Every live stream of a type, or of all; those that change meanwhile may come as they were or as they are. */
  readonly scan: (type: string | null) => Stream.Stream<StoreSnapshot, StoreUnavailable>
  /** Up to `count` entries after the position, oldest first; none when there are none. Trimmed ones are left out. */
  readonly read: (after: number, count: number) => Effect.Effect<ReadonlyArray<StoreEntry>, StoreUnavailable>
  /** As `read`, but waits a while for the first entry; none when none came. One caller at a time. */
  readonly follow: (after: number, count: number) => Effect.Effect<ReadonlyArray<StoreEntry>, StoreUnavailable>

  /** Makes the runner a member, or makes it anew: its epoch grows, what it held is free. Machine ids are the smallest free. */
  readonly register: (runner: {
    readonly address: string
    readonly about: string
    readonly isHealthy: boolean
    readonly leaseMillis: number
  }) => Effect.Effect<{ readonly machineId: number; readonly epoch: number }, StoreUnavailable>
  /** Its epoch grows, what it held is free. */
  readonly unregister: (address: string) => Effect.Effect<void, StoreUnavailable>
  /** The members. Those whose lease is over are given up first: gone, their epochs grown, what they held free. */
  readonly runners: Effect.Effect<ReadonlyArray<StoreRunner>, StoreUnavailable>
  readonly setHealth: (address: string, isHealthy: boolean) => Effect.Effect<void, StoreUnavailable>
  /**
   * Takes what is free of these shards, held by a runner whose lease is over, or held by the asker already (an answer may
   * have been lost): their epochs grow. For one that is no member under this epoch: none.
   */
  readonly lock: (address: string, epoch: number, shards: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Fence>, StoreUnavailable>
  /** Prolongs the runner's lease, and answers what it holds; `null`: it is no member under this epoch any more. */
  readonly refresh: (address: string, epoch: number, leaseMillis: number) => Effect.Effect<ReadonlyArray<string> | null, StoreUnavailable>
  /** `null`: all it holds. */
  readonly unlock: (address: string, shards: ReadonlyArray<string> | null) => Effect.Effect<void, StoreUnavailable>
  /** The address that holds each shard under a lease in force, else `null`. */
  readonly holders: (shards: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string | null>, StoreUnavailable>
}>()("kilonova/runtime/kernel/Store") {}
