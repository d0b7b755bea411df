/** The Records service over any journal: read from memory, written through expected versions. */
import { Effect, Layer, Stream } from "effect"
import type { Json } from "../../actors/shared/json.ts"
import type { Fence } from "../../actors/shared/Promise.ts"
import type { VersionConflict } from "../kernel/Journal.ts"
import { Journal, JournalUnavailable } from "../kernel/Journal.ts"
import type { FeedEntry } from "../kernel/Journal.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Records, WritersPromises } from "../kernel/Records.ts"
import type { Change, Table } from "../kernel/Records.ts"
import { Limits } from "../Limits.ts"
import { RecordTables } from "./recordTables.ts"

type Watcher = (type: string, key: string, record: Json | undefined) => void

/**
 * Reads everything once. Entries that come meanwhile are kept and applied after it: they carry whole states, so it
 * does no harm if the scan has seen some of them.
 */
const load = Effect.fnUntraced(function*(tables: RecordTables, tell: (entries: ReadonlyArray<FeedEntry>) => void) {
  const journal = yield* Journal
  let early: Array<FeedEntry> | undefined = []
  yield* journal.project((entries) => {
    if (early !== undefined) return void early.push(...entries)
    for (const entry of entries) tables.apply(entry)
    tell(entries)
  })
  tables.restore(yield* Stream.runCollect(Stream.filter(journal.scan(), RecordTables.isOne)))
  for (const entry of early) tables.apply(entry)
  early = undefined
})

const make = Effect.gen(function*() {
  const journal = yield* Journal
  const ownership = yield* Ownership
  const tables = new RecordTables()
  const watchers = new Set<{ readonly types: ReadonlySet<string>; readonly listener: Watcher }>()
  yield* load(tables, (entries) => {
    for (const { stream } of entries) {
      for (const { listener, types } of watchers) {
        if (types.has(stream.type)) listener(stream.type, stream.id, tables.row(stream.type, stream.id)?.record)
      }
    }
  })

  /**
   * A conflict in the journal means that memory was behind. Planning again, once memory is not, tells the writer if what
   * it expected no longer holds; a writer that expects nothing gets another try. A process that was given up by the
   * others writes nothing, though its versions may be right.
   */
  const write = (
    changes: ReadonlyArray<Change>,
    guards: ReadonlyArray<Fence>,
    triesLeft: number
  ): Effect.Effect<void, VersionConflict | JournalUnavailable> =>
    Effect.suspend(() => {
      const appends = tables.plan(changes)
      if ("_tag" in appends) return Effect.fail(appends)
      if (appends.length === 0) return Effect.void
      const { epoch, shard } = ownership.session() ?? { shard: "records", epoch: null }
      return journal.commit({ shard, epoch, guards, requestId: null, appends, reply: null }).pipe(
        Effect.catchTags({
          Fenced: (cause) => Effect.fail(new JournalUnavailable({ operation: "write", cause })),
          VersionConflict: (conflict) =>
            triesLeft === 0
              ? Effect.fail(conflict)
              : Effect.andThen(Effect.andThen(Effect.yieldNow, journal.sync), write(changes, guards, triesLeft - 1))
        }),
        Effect.asVoid
      )
    })

  return Records.of({
    get: <A extends Json>(table: Table<A>, key: string) => tables.row(table.type, key)?.record as A | undefined,
    find: <A extends Json>(table: Table<A>, index: string, key: string) => {
      const holder = tables.holder(table.type, index, key)
      return holder === undefined ? undefined : tables.row(table.type, holder)?.record as A | undefined
    },
    all: <A extends Json>(table: Table<A>) => ({
      *[Symbol.iterator]() {
        for (const row of tables.table(table.type)?.values() ?? []) yield row.record as A
      }
    }),
    size: (table) => tables.table(table.type)?.size ?? 0,
    version: (table, key) => tables.row(table.type, key)?.version ?? 0,
    write: (changes) => Effect.flatMap(WritersPromises, (guards) => write(changes, guards, Limits.writeRetriesMax)),
    watch: (watched, listener) =>
      Effect.suspend(() => {
        const watcher = { types: new Set(watched.map((table) => table.type)), listener }
        return Effect.acquireRelease(
          Effect.sync(() => void watchers.add(watcher)),
          () => Effect.sync(() => void watchers.delete(watcher))
        )
      })
  })
})

export const layer: Layer.Layer<Records, JournalUnavailable, Journal | Ownership> = Layer.effect(Records, make)
