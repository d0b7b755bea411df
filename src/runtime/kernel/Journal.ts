import { Context, Schema } from "effect"
import type { Effect, Option, Scope, Stream } from "effect"
import type { Json } from "../../actors/shared/json.ts"
import type { Fence } from "../../actors/shared/Promise.ts"

/** One stream is one entity or one record: its versions count its commits from 1; 0 means it does not exist. */
export interface StreamKey {
  readonly type: string
  readonly id: string
}

/** What a commit does to one stream. */
export interface Append {
  readonly stream: StreamKey
  /** The version this append rests on; `0`: the stream must not exist (or was removed). */
  readonly expectedVersion: number
  /** Past-tense facts, in order, for the feed: history, audit, watchers. */
  readonly events: ReadonlyArray<Json>
  /** The whole state after the events; `null` removes the stream, and its next version is 1 again. */
  readonly state: Json
  /** Work is in flight: the stream is in the pending set until an append says `false`. */
  readonly pending: boolean
}

/**
 * One atomic step: all of its appends or none. `shard` names the owner's shard and `epoch` the epoch under which the
 * owner holds it: any other epoch than the newest acquired is `Fenced`. `epoch: null` is for writers that trust no
 * cached state at all: their expected versions alone make them safe. `guards` are further fences, for what others
 * promised: the commit is `Fenced` when one of them is not the newest of its shard. With a `requestId` a second commit of the same request to the
 * same first stream applies nothing and returns the first one's `reply`.
 */
export interface Commit {
  readonly shard: string
  readonly epoch: number | null
  readonly guards?: ReadonlyArray<Fence>
  readonly requestId: string | null
  readonly appends: ReadonlyArray<Append>
  readonly reply: Json
}

export interface Committed {
  /** Feed position of the last append; grows with every commit. */
  readonly position: number
  /** The request was committed before: nothing was applied now. */
  readonly isDuplicate: boolean
  readonly reply: Json
}

/** One stream's part of one commit, as projections see it. */
export interface FeedEntry {
  readonly position: number
  readonly stream: StreamKey
  readonly version: number
  readonly events: ReadonlyArray<Json>
  readonly state: Json
  readonly pending: boolean
}

export interface Snapshot {
  readonly stream: StreamKey
  readonly version: number
  readonly state: Json
  readonly pending: boolean
}

/** The writer, or a guard, no longer owns the shard: it must stop and let the newer owner work. */
export class Fenced extends Schema.TaggedError<Fenced>()("Fenced", {
  shard: Schema.String,
  epoch: Schema.Int,
  newest: Schema.Int
}) {}

/** Somebody else committed to the stream first: load again and decide again. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  stream: Schema.Struct({ type: Schema.String, id: Schema.String }),
  expected: Schema.Int,
  actual: Schema.Int
}) {}

/** The store cannot answer. Whether a commit in flight was applied is unknown: repeat it with its request id. */
export class JournalUnavailable extends Schema.TaggedError<JournalUnavailable>()("JournalUnavailable", {
  operation: Schema.String,
  cause: Schema.Defect()
}) {}

export type CommitError = Fenced | VersionConflict | JournalUnavailable

/** What a commit's writer and its guards must still own, in the order they are checked. */
export const fencesOf = ({ epoch, guards = [], shard }: Commit): ReadonlyArray<Fence> =>
  epoch === null ? guards : [{ shard, epoch }, ...guards]

/**
 * The only truth. A commit is durable, and applied by every projection of this process, before it returns; so a read
 * after a write sees it. Commits of one tick may share one transaction (group commit), each still all or nothing.
 */
export class Journal extends Context.Service<Journal, {
  /** Takes the shard over: its epoch after this is greater than any before it. */
  readonly acquire: (shard: string) => Effect.Effect<number, JournalUnavailable>
  /** The shard's newest epoch; 0 before anybody acquired it. */
  readonly epochOf: (shard: string) => Effect.Effect<number, JournalUnavailable>
  /** After it, the projections of this process show every commit that any process acknowledged before it. */
  readonly sync: Effect.Effect<void, JournalUnavailable>
  readonly commit: (commit: Commit) => Effect.Effect<Committed, CommitError>
  readonly load: (stream: StreamKey) => Effect.Effect<Option.Option<Snapshot>, JournalUnavailable>
  /** Every live stream of a type (all types without one), in no particular order. */
  readonly scan: (type?: string) => Stream.Stream<Snapshot, JournalUnavailable>
  /** Entries after a position, oldest first, up to the newest one at the time of the call. */
  readonly feed: (after: number) => Stream.Stream<FeedEntry, JournalUnavailable>
  /** Calls the listener, synchronously and in feed order, with each group of entries before its commits return. */
  readonly project: (listener: (entries: ReadonlyArray<FeedEntry>) => void) => Effect.Effect<void, never, Scope.Scope>
}>()("kilonova/runtime/kernel/Journal") {}
