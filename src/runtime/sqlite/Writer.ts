import type { DatabaseSync, StatementSync } from "node:sqlite"
import { Limits } from "../Limits.ts"
import { acquireMark } from "./messages.ts"
import type { Answer, Batch, Value } from "./messages.ts"

/** A stream as the current transaction sees it; `row` 0: it does not exist. */
interface Head {
  row: number
  version: number
}

interface Append {
  readonly type: string
  readonly id: string
  readonly expected: number
  readonly pending: number
  readonly state: string | null
  readonly events: string
  readonly head: Head
}

const prepare = (db: DatabaseSync) => {
  const statement = (sql: string): StatementSync => {
    const prepared = db.prepare(sql)
    prepared.setReturnArrays(true)
    return prepared
  }
  return {
    epoch: statement("SELECT epoch FROM epochs WHERE shard = ?"),
    acquire: statement("INSERT INTO epochs VALUES (?, 1) ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch"),
    position: statement("SELECT coalesce(max(position), 0) FROM feed"),
    head: statement("SELECT rowid, version FROM streams WHERE type = ? AND id = ?"),
    insert: statement("INSERT INTO streams (type, id, version, pending, state) VALUES (?, ?, ?, ?, ?)"),
    update: statement("UPDATE streams SET version = ?, pending = ?, state = ? WHERE rowid = ?"),
    remove: statement("DELETE FROM streams WHERE rowid = ?"),
    feed: statement("INSERT INTO feed VALUES (?, ?, ?, ?, ?, ?, ?)"),
    request: statement("SELECT position, reply FROM requests WHERE type = ? AND id = ? AND request_id = ?"),
    remember: statement("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)"),
    oldest: statement("SELECT at FROM requests ORDER BY position LIMIT 1"),
    trim: statement(
      "DELETE FROM requests WHERE position IN (SELECT position FROM requests ORDER BY position LIMIT ?) AND at < ?"
    ),
    begin: statement("BEGIN IMMEDIATE"),
    commit: statement("COMMIT")
  }
}

/** `get` of a statement that returns arrays: the type of the library knows objects only. */
const row = (statement: StatementSync, ...values: Array<Value>): ReadonlyArray<Value> | undefined =>
  statement.get(...values) as unknown as ReadonlyArray<Value> | undefined

/**
 * Applies batches, each in one transaction. A commit is validated completely before its first write, so one that is
 * refused leaves nothing behind and the others of its batch are not disturbed.
 */
export class Writer {
  private readonly db: DatabaseSync
  private readonly sql: ReturnType<typeof prepare>
  private readonly epochs = new Map<string, number>()
  private position: number
  private values: ReadonlyArray<Value> = []
  private at = 0

  constructor(db: DatabaseSync) {
    this.db = db
    this.sql = prepare(db)
    this.position = this.readPosition()
  }

  /** Throws when the transaction failed; then nothing of it was applied and `rollback` must be called. */
  run(batch: Batch): Array<Answer> {
    const answers: Array<Answer> = []
    this.sql.begin.run()
    this.values = batch.values
    this.at = 0
    let requests = 0
    while (this.at < this.values.length) {
      if (this.next() === acquireMark) {
        answers.push(this.acquire(this.next() as string))
      } else {
        answers.push(this.commit(batch.at))
        requests += 1
      }
    }
    this.trim(batch.at, requests)
    this.sql.commit.run()
    return answers
  }

  /** Back to what the file says: what was counted in memory may rest on a transaction that is gone. */
  rollback(): void {
    if (this.db.isTransaction) this.db.exec("ROLLBACK")
    this.epochs.clear()
    this.position = this.readPosition()
  }

  private next(): Value {
    return this.values[this.at++]!
  }

  private readPosition(): number {
    return row(this.sql.position)![0] as number
  }

  private acquire(shard: string): number {
    const epoch = row(this.sql.acquire, shard)![0] as number
    this.epochs.set(shard, epoch)
    return epoch
  }

  private newest(shard: string): number {
    let epoch = this.epochs.get(shard)
    if (epoch === undefined) {
      epoch = (row(this.sql.epoch, shard)?.[0] as number | undefined) ?? 0
      this.epochs.set(shard, epoch)
    }
    return epoch
  }

  /** Reads the fences, and answers the first that is not the newest of its shard. */
  private fenced(): Answer | undefined {
    let found: Answer | undefined
    const count = this.next() as number
    for (let fence = 0; fence < count; fence++) {
      const newest = this.newest(this.next() as string)
      if ((this.next() as number) !== newest) found ??= { fence, newest }
    }
    return found
  }

  private commit(now: number): Answer {
    const fenced = this.fenced()
    const requestId = this.next() as string | null
    const reply = this.next() as string
    const appends = this.appends()

    if (fenced !== undefined) return fenced
    const first = requestId === null ? undefined : appends[0]
    if (first !== undefined) {
      const known = row(this.sql.request, first.type, first.id, requestId)
      if (known !== undefined) return { duplicate: known[0] as number, reply: known[1] as string }
    }
    const conflict = this.validate(appends)
    if (conflict !== undefined) return conflict
    for (const append of appends) this.apply(append)
    if (first !== undefined) this.sql.remember.run(this.position, first.type, first.id, requestId, now, reply)
    return this.position
  }

  /** Reads the appends; those of one stream share one head. */
  private appends(): Array<Append> {
    const count = this.next() as number
    const heads = count === 1 ? undefined : new Map<string, Head>()
    return Array.from({ length: count }, () => {
      const type = this.next() as string
      const id = this.next() as string
      const key = heads === undefined ? "" : `${type.length}:${type}${id}`
      const head: Head = heads?.get(key) ?? { row: -1, version: 0 }
      heads?.set(key, head)
      const [expected, pending, state, events] = [this.next(), this.next(), this.next(), this.next()]
      return { type, id, expected, pending, state, events, head } as Append
    })
  }

  private validate(appends: ReadonlyArray<Append>): Answer | undefined {
    const staged = new Map<Head, number>()
    for (const [index, append] of appends.entries()) {
      const { head } = append
      if (head.row === -1) {
        const found = row(this.sql.head, append.type, append.id)
        head.row = (found?.[0] as number | undefined) ?? 0
        head.version = (found?.[1] as number | undefined) ?? 0
      }
      const actual = staged.get(head) ?? head.version
      if (actual !== append.expected) return { append: index, actual }
      if (appends.length > 1) staged.set(head, append.state === null ? 0 : actual + 1)
    }
    return undefined
  }

  private apply({ events, expected, head, id, pending, state, type }: Append): void {
    const version = expected + 1
    if (state === null) {
      if (head.row !== 0) this.sql.remove.run(head.row)
      head.row = 0
    } else if (head.row === 0) {
      head.row = Number(this.sql.insert.run(type, id, version, pending, state).lastInsertRowid)
    } else {
      this.sql.update.run(version, pending, state, head.row)
    }
    this.sql.feed.run(++this.position, type, id, version, pending, state, events)
  }

  /** Twice as many as came in: the table shrinks back after a burst, and no batch pays for more than its share. */
  private trim(now: number, requests: number): void {
    const oldest = row(this.sql.oldest)?.[0] as number | undefined
    const horizon = now - Limits.requestsKeptMillis
    if (oldest !== undefined && oldest < horizon) this.sql.trim.run(2 * requests, horizon)
  }
}
