import { blockRows, type Columns } from "./Columns.ts"
import { type ClassFilter, concerns, isRequestFilter } from "./Filter.ts"
import type { Rules } from "./registry.ts"
import type { RequestSpec } from "./RequestSpec.ts"
import type { Refusal, Refusals } from "./select.ts"
import { valueOf } from "./Weigher.ts"

/** Requests of the same key get the same verdict on every host, but for the hosts that each names itself. */
export const keyOf = ({ filters, weighers }: Rules, spec: RequestSpec): string => {
  let key = spec.isForced ? "forced" : ""
  for (const filter of filters) {
    if (!isRequestFilter(filter) && (filter.isResource || !spec.isForced)) key += `\n${filter.key(spec)}`
  }
  for (const weigher of weighers) if (weigher.reads === "class" && weigher.multiplier !== 0) key += `\n${weigher.key(spec)}`
  return key
}

/** The verdict on every host for one kind of request, brought up to date by the rows that changed. */
export class RequestClass {
  readonly #spec: RequestSpec
  readonly #filters: ReadonlyArray<ClassFilter>
  /** By row, as far as somebody asked since the row changed. */
  #whys: Array<Refusal | undefined> = []
  #columns: Columns
  admitted: Uint8Array
  /** By weigher, for those that read the class; else the hosts' own. */
  own: ReadonlyArray<Float64Array | null>
  /** By block: rows that are admitted. By weigher and block: its least and greatest value among them. */
  counts: Uint8Array
  lows: ReadonlyArray<Float64Array>
  highs: ReadonlyArray<Float64Array>
  /** By weigher: of all blocks, where that is known. */
  readonly #low: Array<number>
  readonly #high: Array<number>
  #admittedCount = 0
  #seen = -1
  #dirty = new Set<number>()
  /** Why nothing fits, as of a version of the columns. */
  refusals: { readonly version: number; readonly value: Refusals } | null = null

  constructor(rules: Rules, columns: Columns, spec: RequestSpec) {
    this.#spec = spec
    this.#columns = columns
    this.#filters = rules.filters.filter((filter): filter is ClassFilter => !isRequestFilter(filter) && concerns(filter, spec))
    const blocks = columns.capacity / blockRows
    this.admitted = new Uint8Array(columns.capacity)
    this.own = columns.weighers.map(({ reads }) => reads === "class" ? new Float64Array(columns.capacity) : null)
    this.counts = new Uint8Array(blocks)
    this.lows = columns.weighers.map(() => new Float64Array(blocks).fill(Infinity))
    this.highs = columns.weighers.map(() => new Float64Array(blocks).fill(-Infinity))
    this.#low = columns.weighers.map(() => Infinity)
    this.#high = columns.weighers.map(() => -Infinity)
  }

  /** `null`: the weigher reads the one request. */
  column(weigher: number): Float64Array | null {
    return this.own[weigher] ?? (this.#columns.weighers[weigher]!.reads === "host" ? this.#columns.values[weigher]! : null)
  }

  refresh(): void {
    const { changes, changesBefore, states, version } = this.#columns
    if (this.admitted.length !== this.#columns.capacity) this.#resize()
    const behind = version - this.#seen
    if (this.#seen < changesBefore || behind > states.length) {
      for (let row = 0; row < states.length; row++) this.#judge(row)
    } else {
      const from = this.#seen - changesBefore
      // A row that changed more than once is judged at its last change.
      if (behind < 2) for (let at = from; at < changes.length; at++) this.#judge(changes[at]!)
      else for (const row of new Set(changes.slice(from))) this.#judge(row)
    }
    for (const block of this.#dirty) this.summarise(block, null)
    this.#dirty.clear()
    this.#seen = version
  }

  /** Of a row that is not admitted. */
  why(row: number): Refusal | undefined {
    const known = this.#whys[row]
    const host = this.#columns.states[row]
    if (known !== undefined || host === undefined) return known
    const filter = this.#filters.find((one) => !one.admits(host, this.#spec))
    return this.#whys[row] = filter === undefined ? undefined : { filter, why: filter.why(host, this.#spec) }
  }

  get admittedCount(): number {
    return this.#admittedCount
  }

  /** The least value among all admitted rows; infinite where there are none. */
  low(weigher: number): number {
    if (Number.isNaN(this.#low[weigher])) {
      let low = Infinity
      for (const value of this.lows[weigher]!) if (value < low) low = value
      this.#low[weigher] = low
    }
    return this.#low[weigher]!
  }

  high(weigher: number): number {
    if (Number.isNaN(this.#high[weigher])) {
      let high = -Infinity
      for (const value of this.highs[weigher]!) if (value > high) high = value
      this.#high[weigher] = high
    }
    return this.#high[weigher]!
  }

  /** `without`: rows that do not count are marked with 1. */
  summarise(block: number, without: Uint8Array | null): void {
    const first = block * blockRows
    const last = Math.min(first + blockRows, this.#columns.states.length)
    let count = 0
    for (let row = first; row < last; row++) if (this.admitted[row] === 1 && without?.[row] !== 1) count++
    this.counts[block] = count
    for (let weigher = 0; weigher < this.lows.length; weigher++) {
      const column = this.column(weigher)
      if (column === null) continue
      let low = Infinity
      let high = -Infinity
      for (let row = first; row < last; row++) {
        if (this.admitted[row] !== 1 || without?.[row] === 1) continue
        const value = column[row]!
        if (value < low) low = value
        if (value > high) high = value
      }
      // When the best of all goes, all are looked at; when another does, what is known of all stays.
      const lows = this.lows[weigher]!
      const highs = this.highs[weigher]!
      if (low <= this.#low[weigher]!) this.#low[weigher] = low
      else if (lows[block] === this.#low[weigher]) this.#low[weigher] = Number.NaN
      if (high >= this.#high[weigher]!) this.#high[weigher] = high
      else if (highs[block] === this.#high[weigher]) this.#high[weigher] = Number.NaN
      lows[block] = low
      highs[block] = high
    }
  }

  fork(columns: Columns, rules: Rules): RequestClass {
    const copy = new RequestClass(rules, columns, this.#spec)
    copy.admitted = this.admitted.slice()
    copy.own = this.own.map((column) => column?.slice() ?? null)
    copy.counts = this.counts.slice()
    copy.lows = this.lows.map((column) => column.slice())
    copy.highs = this.highs.map((column) => column.slice())
    copy.#low.splice(0, Infinity, ...this.#low)
    copy.#high.splice(0, Infinity, ...this.#high)
    copy.#admittedCount = this.#admittedCount
    copy.#seen = this.#seen
    copy.refusals = this.refusals
    return copy
  }

  #judge(row: number): void {
    const host = this.#columns.states[row]
    this.#whys[row] = undefined
    let isAdmitted = host !== undefined
    for (let at = 0; isAdmitted && at < this.#filters.length; at++) isAdmitted = this.#filters[at]!.admits(host!, this.#spec)
    // Values matter of rows that are or were admitted.
    if (isAdmitted || this.admitted[row] === 1) this.#dirty.add(Math.floor(row / blockRows))
    this.#admittedCount += (isAdmitted ? 1 : 0) - this.admitted[row]!
    this.admitted[row] = isAdmitted ? 1 : 0
    if (!isAdmitted) return
    for (let weigher = 0; weigher < this.own.length; weigher++) {
      const column = this.own[weigher]
      if (column != null) column[row] = valueOf(this.#columns.weighers[weigher]!, host!, this.#spec)
    }
  }

  #resize(): void {
    const { capacity } = this.#columns
    const blocks = capacity / blockRows
    const bits = (from: Uint8Array, length: number): Uint8Array => {
      const into = new Uint8Array(length)
      into.set(from)
      return into
    }
    const numbers = (from: Float64Array, length: number, rest: number): Float64Array => {
      const into = new Float64Array(length).fill(rest)
      into.set(from)
      return into
    }
    this.admitted = bits(this.admitted, capacity)
    this.own = this.own.map((column) => column === null ? null : numbers(column, capacity, 0))
    this.counts = bits(this.counts, blocks)
    this.lows = this.lows.map((column) => numbers(column, blocks, Infinity))
    this.highs = this.highs.map((column) => numbers(column, blocks, -Infinity))
  }
}
