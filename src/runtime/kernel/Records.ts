import { Context } from "effect"
import type { Effect, Scope } from "effect"
import type { Json } from "../../actors/shared/json.ts"
import type { Fence } from "../../actors/shared/Promise.ts"
import type { JournalUnavailable, VersionConflict } from "./Journal.ts"

/** A kind of reference data: flavors, key pairs, users, images, ports… Each record is one stream of the journal. */
export interface Table<A extends Json> {
  readonly type: string
  /** A method, so that changes of different tables fit in one list. */
  key(record: A): string
  /**
   * Unique keys beside the primary one, by name; `null`: this record claims none. The journal itself enforces them: a
   * taken key is a `VersionConflict` of the stream `<type>/<index>`.
   */
  readonly unique?: { readonly [index: string]: { of(record: A): string | null }["of"] }
}

/** `expect` names what the writer saw: the version it read, or that the record must not be there. */
export type Change<A extends Json = Json> =
  | { readonly table: Table<A>; readonly put: A; readonly expect: "absent" | "any" | number }
  | { readonly table: Table<A>; readonly remove: string; readonly expect: "any" | number }

/**
 * What the writes of a fiber rest on, beside the versions they saw: an actor's own fence, where records are written in its
 * name. Once it was replaced, what it still had in hand writes nothing.
 */
export const WritersPromises = Context.Reference<ReadonlyArray<Fence>>("kilonova/runtime/kernel/WritersPromises", {
  defaultValue: () => []
})

/**
 * Records, read from memory and written through the journal. There is no actor behind them: a write names the
 * versions it rests on, so of two racing writers one gets `VersionConflict`, reads again and decides again.
 */
export class Records extends Context.Service<Records, {
  readonly get: <A extends Json>(table: Table<A>, key: string) => A | undefined
  /** The record that holds this unique key. */
  readonly find: <A extends Json>(table: Table<A>, index: string, key: string) => A | undefined
  /** In the order of creation. */
  readonly all: <A extends Json>(table: Table<A>) => Iterable<A>
  readonly size: (table: Table<never>) => number
  readonly version: (table: Table<never>, key: string) => number
  /** All changes or none, durable when it returns. */
  readonly write: (changes: ReadonlyArray<Change>) => Effect.Effect<void, VersionConflict | JournalUnavailable>
  /**
   * Tells of every change to the tables, synchronously and in order, before the write that made it returns;
   * `undefined`: removed. What was there before the watch began is in `all`.
   */
  readonly watch: (
    tables: ReadonlyArray<Table<never>>,
    listener: (type: string, key: string, record: Json | undefined) => void
  ) => Effect.Effect<void, never, Scope.Scope>
}>()("kilonova/runtime/kernel/Records") {}
