import { DatabaseSync } from "node:sqlite"
import { Limits } from "../Limits.ts"
import type { OpenReason, WorkerData } from "./messages.ts"

const schemaVersion = 1

/** `requests` is keyed by feed position so that the oldest are trimmed from one end, without an index on time. */
const tables = `
  CREATE TABLE streams (
    rowid INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, pending INTEGER NOT NULL, state TEXT NOT NULL
  );
  CREATE UNIQUE INDEX streams_key ON streams (type, id);
  CREATE TABLE feed (
    position INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, pending INTEGER NOT NULL, state TEXT, events TEXT NOT NULL
  );
  CREATE TABLE requests (
    position INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, request_id TEXT NOT NULL,
    at INTEGER NOT NULL, reply TEXT NOT NULL
  );
  CREATE UNIQUE INDEX requests_key ON requests (type, id, request_id);
  CREATE TABLE epochs (shard TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta (key, value) VALUES ('schema', ${schemaVersion}), ('opened', 0);
`

export class OpenFailure extends Error {
  readonly reason: OpenReason
  constructor(reason: OpenReason, detail: string) {
    super(detail)
    this.reason = reason
  }
}

/** SQLite's primary result code; `undefined` when the error is not SQLite's. */
export const sqliteCode = (error: unknown): number | undefined =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined

export const codes = { busy: 5, locked: 6, readonly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 }

const reasons: { readonly [code: number]: OpenReason } = {
  [codes.busy]: "locked",
  [codes.full]: "full",
  [codes.corrupt]: "damaged",
  [codes.notADatabase]: "damaged"
}

export const failureOf = (error: unknown): OpenFailure => {
  if (error instanceof OpenFailure) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new OpenFailure(reasons[sqliteCode(error) ?? -1] ?? "unwritable", detail)
}

const count = (db: DatabaseSync, sql: string): number => Number(db.prepare(sql).get()?.["n"] ?? 0)

/** Makes the tables in an empty file; refuses files that are not ours or are from the future. */
const migrate = (db: DatabaseSync): void => {
  const hasTables = count(db, "SELECT count(*) AS n FROM sqlite_master") > 0
  const isOurs = count(db, "SELECT count(*) AS n FROM sqlite_master WHERE name IN ('meta', 'streams', 'feed')") === 3
  if (hasTables && !isOurs) throw new OpenFailure("foreign", "its tables are not a journal's")
  if (!hasTables) db.exec(tables)
  const found = count(db, "SELECT value AS n FROM meta WHERE key = 'schema'")
  if (found > schemaVersion) {
    throw new OpenFailure("newer", `its schema is version ${found}, this program knows up to ${schemaVersion}`)
  }
}

/**
 * Holds the file against other processes for as long as this one lives: an exclusive transaction on a file beside it.
 * The operating system drops it with the process, however that ends, so no stale lock is ever left. The journal's own
 * file cannot carry it: its readers in this process would be locked out too.
 */
const lock = (path: string): DatabaseSync => {
  const holder = new DatabaseSync(`${path}.lock`, { timeout: Limits.journalLockMillis })
  try {
    holder.exec("BEGIN EXCLUSIVE")
    return holder
  } catch (error) {
    holder.close()
    throw error
  }
}

/** Opens the file for writing, and proves that it can be written. */
export const open = ({ bytesMax, path }: WorkerData): { readonly db: DatabaseSync; readonly close: () => void } => {
  const opened: Array<DatabaseSync> = []
  const close = () => opened.toReversed().forEach((db) => db.close())
  try {
    opened.push(lock(path))
    const db = new DatabaseSync(path, { timeout: Limits.commitBusyMillis })
    opened.push(db)
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000")
    db.exec("PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY")
    if (bytesMax !== null) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / 4096))}`)
    db.exec("BEGIN IMMEDIATE")
    migrate(db)
    db.exec("UPDATE meta SET value = value + 1 WHERE key = 'opened'; COMMIT")
    return { db, close }
  } catch (error) {
    close()
    throw failureOf(error)
  }
}
