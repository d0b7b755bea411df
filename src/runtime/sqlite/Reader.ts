import { DatabaseSync } from "node:sqlite"
import type { StatementSync } from "node:sqlite"
import { Effect, Option, Stream } from "effect"
import { JournalUnavailable } from "../kernel/Journal.ts"
import type { FeedEntry, Snapshot, StreamKey } from "../kernel/Journal.ts"
import { Limits } from "../Limits.ts"
import type { Value } from "./messages.ts"

type Row = ReadonlyArray<Value>

const snapshotOf = ([type, id, version, pending, state]: Row): Snapshot => ({
  stream: { type: type as string, id: id as string },
  version: version as number,
  state: JSON.parse(state as string),
  pending: pending === 1
})

const entryOf = ([position, type, id, version, pending, state, events]: Row): FeedEntry => ({
  position: position as number,
  stream: { type: type as string, id: id as string },
  version: version as number,
  events: JSON.parse(events as string),
  state: state === null ? null : JSON.parse(state as string),
  pending: pending === 1
})

/** Text sorts below every blob in SQLite, so this is above every id. */
const aboveAll = new Uint8Array(0)

const attempt = <A>(operation: string, read: () => A): Effect.Effect<A, JournalUnavailable> =>
  Effect.try({ try: read, catch: (cause) => new JournalUnavailable({ operation, cause }) })

/**
 * Reads on the caller's thread: one row costs less than asking the worker for it, and never waits behind a
 * transaction. Scans read page by page, so that they neither hold back checkpoints nor the event loop.
 */
export class Reader {
  private readonly db: DatabaseSync
  private readonly one: StatementSync
  private readonly allRows: StatementSync
  private readonly typeRows: StatementSync
  private readonly feedRows: StatementSync
  private readonly newest: StatementSync
  private readonly epoch: StatementSync

  constructor(path: string) {
    this.db = new DatabaseSync(path, { readOnly: true, timeout: Limits.commitBusyMillis })
    const statement = (sql: string): StatementSync => {
      const prepared = this.db.prepare(sql)
      prepared.setReturnArrays(true)
      return prepared
    }
    const columns = "type, id, version, pending, state"
    this.one = statement(`SELECT ${columns} FROM streams WHERE type = ? AND id = ?`)
    this.allRows = statement(`SELECT ${columns}, rowid FROM streams WHERE rowid > ? ORDER BY rowid LIMIT ?`)
    this.typeRows = statement(`SELECT ${columns} FROM streams WHERE type = ? AND id < ? ORDER BY id DESC LIMIT ?`)
    this.feedRows = statement("SELECT * FROM feed WHERE position > ? AND position <= ? ORDER BY position LIMIT ?")
    this.newest = statement("SELECT coalesce(max(position), 0) FROM feed")
    this.epoch = statement("SELECT epoch FROM epochs WHERE shard = ?")
  }

  epochOf(shard: string): Effect.Effect<number, JournalUnavailable> {
    return attempt("epochOf", () => ((this.epoch.get(shard) as unknown as Row | undefined)?.[0] as number | undefined) ?? 0)
  }

  load({ id, type }: StreamKey): Effect.Effect<Option.Option<Snapshot>, JournalUnavailable> {
    return attempt("load", () => {
      const row = this.one.get(type, id) as unknown as Row | undefined
      return row === undefined ? Option.none() : Option.some(snapshotOf(row))
    })
  }

  scan(type?: string): Stream.Stream<Snapshot, JournalUnavailable> {
    return type === undefined
      ? this.pages("scan", 0, snapshotOf, (after) => this.allRows.all(after, Limits.scanPageMax), (row) => row[5] as number)
      : this.pages(
        "scan",
        aboveAll as string | Uint8Array,
        snapshotOf,
        (below) => this.typeRows.all(type, below, Limits.scanPageMax),
        (row) => row[1] as string
      )
  }

  feed(after: number): Stream.Stream<FeedEntry, JournalUnavailable> {
    return Stream.unwrap(Effect.map(
      attempt("feed", () => (this.newest.get() as unknown as Row)[0] as number),
      (newest) =>
        this.pages(
          "feed",
          after,
          entryOf,
          (position) => this.feedRows.all(position, newest, Limits.scanPageMax),
          (row) => row[0] as number
        )
    ))
  }

  close(): void {
    this.db.close()
  }

  private pages<Cursor, A>(
    operation: string,
    from: Cursor,
    decode: (row: Row) => A,
    read: (cursor: Cursor) => unknown,
    cursorOf: (row: Row) => Cursor
  ): Stream.Stream<A, JournalUnavailable> {
    return Stream.paginate(from, (cursor) =>
      Effect.andThen(
        Effect.yieldNow,
        attempt(operation, () => {
          const rows = read(cursor) as ReadonlyArray<Row>
          const last = rows.length < Limits.scanPageMax ? undefined : rows.at(-1)
          return [rows.map(decode), last === undefined ? Option.none() : Option.some(cursorOf(last))] as const
        })
      ))
  }
}
