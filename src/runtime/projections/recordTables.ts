/** Records in memory, and what a write of them means for the journal: rules only, no effects. */
import type { Json } from "../../actors/shared/json.ts"
import { VersionConflict } from "../kernel/Journal.ts"
import type { Append, FeedEntry } from "../kernel/Journal.ts"
import type { Change, Table } from "../kernel/Records.ts"

/** The state of a record's stream. `order` grows with every creation: journals give streams back in no order. */
type RecordState = { readonly order: number; readonly record: Json }
/** The state of a unique key's stream `<table>/<index>`: which record holds it. */
type IndexState = { readonly holder: string }

interface Row extends RecordState {
  readonly version: number
}
interface Held extends IndexState {
  readonly version: number
}

/** One record's part of a write. */
interface Step {
  readonly table: Table<Json>
  readonly key: string
  readonly row: Row | undefined
  readonly next: Json
}

const isRecord = (state: Json): state is RecordState =>
  typeof state === "object" && state !== null && "record" in state && "order" in state
const isIndex = (type: string, state: Json): state is IndexState =>
  typeof state === "object" && state !== null && "holder" in state && type.includes("/")

const put = <A>(tables: Map<string, Map<string, A>>, type: string, key: string, row: A): void => {
  const table = tables.get(type)
  if (table === undefined) tables.set(type, new Map([[key, row]]))
  else table.set(key, row)
}

const conflict = (type: string, id: string, expected: number, actual: number): VersionConflict =>
  new VersionConflict({ stream: { type, id }, expected, actual })

const appendOf = (type: string, id: string, expectedVersion: number, state: Json): Append => ({
  stream: { type, id },
  expectedVersion,
  events: [],
  state,
  pending: false
})

export class RecordTables {
  private readonly rows = new Map<string, Map<string, Row>>()
  private readonly held = new Map<string, Map<string, Held>>()
  private order = 0

  /** Other streams of the journal are not ours to keep. */
  static isOne({ state, stream }: Pick<FeedEntry, "stream" | "state">): boolean {
    return isRecord(state) || isIndex(stream.type, state)
  }

  row(type: string, key: string): Row | undefined {
    return this.rows.get(type)?.get(key)
  }

  holder(type: string, index: string, key: string): string | undefined {
    return this.held.get(`${type}/${index}`)?.get(key)?.holder
  }

  /** A map gives its entries in the order they were put first, which is the order of creation. */
  table(type: string): ReadonlyMap<string, Row> | undefined {
    return this.rows.get(type)
  }

  /** What a scan brought, in any order. */
  restore(entries: ReadonlyArray<Pick<FeedEntry, "stream" | "version" | "state">>): void {
    const orderOf = ({ state }: (typeof entries)[number]) => (isRecord(state) ? state.order : 0)
    const sorted = entries.toSorted((a, b) => orderOf(a) - orderOf(b) || (a.stream.id < b.stream.id ? -1 : 1))
    for (const entry of sorted) this.apply(entry)
  }

  apply({ state, stream, version }: Pick<FeedEntry, "stream" | "version" | "state">): void {
    const { id, type } = stream
    if (state === null) {
      this.rows.get(type)?.delete(id)
      this.held.get(type)?.delete(id)
    } else if (isRecord(state)) {
      put(this.rows, type, id, { version, order: state.order, record: state.record })
      this.order = Math.max(this.order, state.order)
    } else if (isIndex(type, state)) {
      put(this.held, type, id, { version, holder: state.holder })
    }
  }

  /** The appends that make the changes; of two changes of one record the later counts. */
  plan(changes: ReadonlyArray<Change>): VersionConflict | ReadonlyArray<Append> {
    const steps = new Map<string, Step>()
    for (const change of changes) {
      const { type } = change.table
      const key = "put" in change ? change.table.key(change.put) : change.remove
      const row = this.row(type, key)
      const actual = row?.version ?? 0
      const expected = change.expect === "any" ? actual : change.expect === "absent" ? 0 : change.expect
      if (expected !== actual) return conflict(type, key, expected, actual)
      steps.set(JSON.stringify([type, key]), { table: change.table, key, row, next: "put" in change ? change.put : null })
    }
    let order = this.order
    const appends: Array<Append> = []
    for (const { key, next, row, table } of steps.values()) {
      if (row === undefined && next === null) continue
      const state = next === null ? null : { order: row?.order ?? ++order, record: next }
      appends.push(appendOf(table.type, key, row?.version ?? 0, state))
    }
    const keys = this.planKeys([...steps.values()])
    return keys instanceof VersionConflict ? keys : [...appends, ...keys]
  }

  /** Keys let go and keys taken are weighed together, so that two records can exchange theirs in one write. */
  private planKeys(steps: ReadonlyArray<Step>): VersionConflict | ReadonlyArray<Append> {
    const freed = new Map<string, Map<string, null>>()
    const taken = new Map<string, Map<string, string>>()
    for (const { key, next, row, table } of steps) {
      for (const [index, of] of Object.entries(table.unique ?? {})) {
        const type = `${table.type}/${index}`
        const before = row === undefined ? null : of(row.record)
        const after = next === null ? null : of(next)
        if (before === after) continue
        if (before !== null) put(freed, type, before, null)
        if (after === null) continue
        if (taken.get(type)?.has(after)) return conflict(type, after, 0, 1)
        put(taken, type, after, key)
      }
    }
    const appends: Array<Append> = []
    for (const [type, keys] of taken) {
      for (const [key, holder] of keys) {
        const held = this.held.get(type)?.get(key)
        if (held !== undefined && !freed.get(type)?.has(key)) return conflict(type, key, 0, held.version)
        appends.push(appendOf(type, key, held?.version ?? 0, { holder }))
      }
    }
    for (const [type, keys] of freed) {
      for (const key of keys.keys()) {
        const held = this.held.get(type)?.get(key)
        if (held !== undefined && !taken.get(type)?.has(key)) appends.push(appendOf(type, key, held.version, null))
      }
    }
    return appends
  }
}
