import type { HostState } from "../HostState.ts"
import { multiplierOf } from "../select.ts"
import type { HostWeigher, Weigher } from "../Weigher.ts"
import { Ranks } from "./Ranks.ts"
import { Rows } from "./Rows.ts"

const rowsAtFirst = 512
const leastChanges = 1024

const grown = (old: Float64Array, rows: number, rest: number): Float64Array<ArrayBuffer> => {
  const all = new Float64Array(rows).fill(rest)
  all.set(old)
  return all
}

/** What a weigher says of hosts alone. */
interface Column {
  /** By row, for weighers that read the host alone. */
  values: Float64Array | null
  /** Its multiplier by row; `null`: the usual one for every host, as ever. */
  factors: Float64Array | null
  /** Rows with a multiplier of their aggregates, and the greatest there has been. */
  overridden: number
  factorHigh: number
  /** The value of all hosts there have been; `null`: they differ. */
  same: number | null
}

/** The hosts, a row each, with what weighers say of them alone in columns. Only hosts that change cost anything. */
export class Columns {
  readonly weighers: ReadonlyArray<Weigher>
  readonly states: Array<HostState | undefined> = []
  /** By weigher. */
  readonly all: ReadonlyArray<Column>
  /** Grows when a column comes to matter: its values differ now, or some host's multiplier. */
  shape = 0
  capacity = rowsAtFirst
  /** Rows that changed, oldest first, the first of them change number `changesBefore`. */
  changes: Array<number> = []
  changesBefore = 0
  readonly rows = new Map<string, number>()
  readonly #places = new Rows()
  readonly #ranks = new Ranks()

  constructor(weighers: ReadonlyArray<Weigher>) {
    this.weighers = weighers
    this.all = weighers.map(({ multiplier, reads }): Column => ({
      values: reads === "host" ? new Float64Array(rowsAtFirst) : null,
      factors: null, overridden: 0, factorHigh: multiplier, same: Number.NaN
    }))
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
      if (weigher.reads === "host") this.#value(this.all[at]!, row, hostValue(weigher, state))
    }
    this.#changed(row)
  }

  remove(hostname: string): void {
    const row = this.rows.get(hostname)
    if (row === undefined) return
    this.rows.delete(hostname)
    this.states[row] = undefined
    for (let at = 0; at < this.weighers.length; at++) this.#factor(at, row, this.weighers[at]!.multiplier)
    this.#places.give(row)
    this.#ranks.remove(hostname)
    this.#changed(row)
  }

  /** Hosts' names as numbers in their order. */
  ranks(): Ranks {
    this.#ranks.settle(this.capacity)
    return this.#ranks
  }

  /** Does the weigher tell hosts apart by more than what the one request says? */
  isTelling(at: number): boolean {
    const { factors, same } = this.all[at]!
    const { multiplier, reads } = this.weighers[at]!
    return reads === "class" ? multiplier !== 0 : reads === "host" && same === null && (multiplier !== 0 || factors !== null)
  }

  #value(column: Column, row: number, value: number): void {
    column.values![row] = value
    if (column.same === null || column.same === value) return
    if (Number.isNaN(column.same)) column.same = value
    else {
      column.same = null
      this.shape++
    }
  }

  #factor(at: number, row: number, factor: number): void {
    const usual = this.weighers[at]!.multiplier
    const column = this.all[at]!
    if (column.factors === null) {
      if (factor === usual) return
      column.factors = new Float64Array(this.capacity).fill(usual)
      this.shape++
    }
    column.overridden += (factor === usual ? 0 : 1) - (column.factors[row] === usual ? 0 : 1)
    column.factors[row] = factor
    column.factorHigh = column.overridden === 0 ? usual : Math.max(column.factorHigh, factor)
  }

  #add({ diskCapacityGb, hostname, ramCapacityMb, vcpuCapacity }: HostState): number {
    const row = this.#places.take(`${vcpuCapacity} ${ramCapacityMb} ${diskCapacityGb}`)
    while (this.states.length < this.#places.length) this.states.push(undefined)
    while (this.capacity < this.states.length) this.#grow()
    this.rows.set(hostname, row)
    this.#ranks.add(hostname, row)
    return row
  }

  #grow(): void {
    this.capacity *= 2
    this.all.forEach((column, at) => {
      if (column.values !== null) column.values = grown(column.values, this.capacity, 0)
      if (column.factors !== null) column.factors = grown(column.factors, this.capacity, this.weighers[at]!.multiplier)
    })
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
