import type { HostState } from "./HostState.ts"
import { multiplierOf } from "./select.ts"
import type { HostWeigher, Weigher } from "./Weigher.ts"

/** Rows of one block: what is known of them together is looked at before each of them. More are summed up slower and told apart worse. */
export const blockRows = 8
const rowsAtFirst = 1024
/** Hosts differ in few ways, as they were bought. */
const kindsMax = 64

const grown = (old: Float64Array, rows: number): Float64Array<ArrayBuffer> => {
  const all = new Float64Array(rows)
  all.set(old)
  return all
}

const leastChanges = 1024

/** The hosts, a row each, with what weighers say of them alone in columns. Only hosts that change cost anything. */
export class Columns {
  readonly weighers: ReadonlyArray<Weigher>
  readonly states: Array<HostState | undefined> = []
  /** By weigher: its values, and its multiplier for the row. Weighers that read more than the host have no values here. */
  values: Array<Float64Array>
  factors: Array<Float64Array>
  /** By weigher: rows with a multiplier of their aggregates, and the greatest there has been. */
  readonly overridden: Array<number>
  readonly factorHigh: Array<number>
  /** Hosts by name, as numbers; per block the least. */
  ranks = new Float64Array(rowsAtFirst)
  minRanks = new Float64Array(rowsAtFirst / blockRows)
  /** Rows that changed, oldest first, the first of them change number `changesBefore`. */
  changes: Array<number> = []
  changesBefore = 0
  rows = new Map<string, number>()
  /** Rows without a host, by the kind of host they are for; and the kind of each row that has had one. */
  #free = new Map<string, Array<number>>()
  #kinds = new Map<number, string>()
  #isRanked = true

  constructor(weighers: ReadonlyArray<Weigher>) {
    this.weighers = weighers
    this.values = weighers.map(() => new Float64Array(rowsAtFirst))
    this.factors = weighers.map(() => new Float64Array(rowsAtFirst))
    this.overridden = weighers.map(() => 0)
    this.factorHigh = weighers.map(({ multiplier }) => multiplier)
  }

  get capacity(): number {
    return this.ranks.length
  }
  get blocks(): number {
    return Math.ceil(this.states.length / blockRows)
  }
  /** Grows with each change. */
  get version(): number {
    return this.changesBefore + this.changes.length
  }

  put(state: HostState): void {
    const row = this.rows.get(state.hostname) ?? this.#add(state)
    this.states[row] = state
    for (let at = 0; at < this.weighers.length; at++) {
      const weigher = this.weighers[at]!
      this.#factor(at, row, multiplierOf(weigher, state))
      if (weigher.reads === "host") this.values[at]![row] = hostValue(weigher, state)
    }
    this.#changed(row)
  }

  remove(hostname: string): void {
    const row = this.rows.get(hostname)
    if (row === undefined) return
    this.rows.delete(hostname)
    this.states[row] = undefined
    for (let at = 0; at < this.weighers.length; at++) this.#factor(at, row, this.weighers[at]!.multiplier)
    this.#free.get(this.#kinds.get(row)!)!.push(row)
    this.#changed(row)
  }

  /** Hosts' names in order, before somebody compares them. */
  rank(): void {
    if (this.#isRanked) return
    const named = [...this.rows].sort(([a], [b]) => a < b ? -1 : 1)
    named.forEach(([, row], at) => this.ranks[row] = at)
    this.minRanks.fill(Infinity)
    for (const [, row] of named) this.#lower(row)
    this.#isRanked = true
  }

  /** Another table of the same hosts; states are shared, for they never change. */
  fork(): Columns {
    const copy = new Columns(this.weighers)
    copy.states.push(...this.states)
    copy.values = this.values.map((column) => column.slice())
    copy.factors = this.factors.map((column) => column.slice())
    copy.overridden.splice(0, Infinity, ...this.overridden)
    copy.factorHigh.splice(0, Infinity, ...this.factorHigh)
    copy.ranks = this.ranks.slice()
    copy.minRanks = this.minRanks.slice()
    copy.changes = this.changes.slice()
    copy.changesBefore = this.changesBefore
    copy.rows = new Map(this.rows)
    copy.#free = new Map([...this.#free].map(([kind, rows]) => [kind, rows.slice()]))
    copy.#kinds = new Map(this.#kinds)
    copy.#isRanked = this.#isRanked
    return copy
  }

  #factor(at: number, row: number, factor: number): void {
    const usual = this.weighers[at]!.multiplier
    const column = this.factors[at]!
    const isKnown = row < this.states.length && column[row] !== usual
    this.overridden[at]! += (factor === usual ? 0 : 1) - (isKnown ? 1 : 0)
    column[row] = factor
    this.factorHigh[at] = this.overridden[at] === 0 ? usual : Math.max(this.factorHigh[at]!, factor)
  }

  /** Hosts of a kind share blocks, so that a block's least and greatest say much of each. */
  #add(state: HostState): number {
    const kind = this.#kindOf(state)
    const row = this.#free.get(kind)?.pop() ?? this.#append(kind)
    this.rows.set(state.hostname, row)
    this.#kinds.set(row, kind)
    this.#isRanked = false
    return row
  }

  /** Of too many kinds the later ones are as good as one. */
  #kindOf({ diskCapacityGb, ramCapacityMb, vcpuCapacity }: HostState): string {
    const kind = `${vcpuCapacity} ${ramCapacityMb} ${diskCapacityGb}`
    return this.#free.has(kind) || this.#free.size < kindsMax ? kind : "any"
  }

  /** A block for hosts of this kind, of which the first row is taken. */
  #append(kind: string): number {
    const first = this.states.length
    if (first === this.capacity) this.#grow(first * 2)
    const rows = Array.from({ length: blockRows }, (_, at) => first + blockRows - 1 - at)
    for (const row of rows) {
      this.states.push(undefined)
      for (let at = 0; at < this.weighers.length; at++) this.factors[at]![row] = this.weighers[at]!.multiplier
    }
    const known = this.#free.get(kind)
    if (known === undefined) this.#free.set(kind, rows)
    else known.push(...rows)
    return this.#free.get(kind)!.pop()!
  }

  #grow(rows: number): void {
    this.values = this.values.map((column) => grown(column, rows))
    this.factors = this.factors.map((column) => grown(column, rows))
    this.ranks = grown(this.ranks, rows)
    this.minRanks = grown(this.minRanks, rows / blockRows)
  }

  #lower(row: number): void {
    const block = Math.floor(row / blockRows)
    if (this.ranks[row]! < this.minRanks[block]!) this.minRanks[block] = this.ranks[row]!
  }

  #changed(row: number): void {
    this.changes.push(row)
    const most = Math.max(leastChanges, 2 * this.states.length)
    if (this.changes.length <= most) return
    // Who has not read them looks at every row.
    const dropped = this.changes.length >> 1
    this.changes = this.changes.slice(dropped)
    this.changesBefore += dropped
  }
}

const hostValue = (weigher: HostWeigher, state: HostState): number => {
  const value = weigher.weigh(state)
  return weigher.floor === null ? value : Math.max(value, weigher.floor)
}
