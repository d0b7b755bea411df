import { Limits } from "../../../runtime/Limits.ts"
import { type ClassFilter, concerns, isRequestFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Refusal, Refusals } from "../select.ts"
import { valueOf } from "../Weigher.ts"
import { Bounds } from "./Bounds.ts"
import type { Columns } from "./Columns.ts"
import { fanOut } from "./Rows.ts"
import type { Term } from "./search.ts"

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
  /** By row, as far as somebody asked since the row changed; empty until somebody does. */
  #whys: Array<Refusal | undefined> = []
  /** By their texts, so that rows share them. */
  readonly #refusals = new Map<string, Refusal>()
  readonly #columns: Columns
  admitted: Uint8Array
  /** By weigher, for those that read the class and matter. */
  #own: ReadonlyArray<Float64Array | null>
  /** Of the weighers that tell hosts apart. */
  bounds: Bounds
  /** By weigher: its place in the bounds, or -1. */
  #slots: ReadonlyArray<number> = []
  #shape = -1
  #admittedCount = 0
  #seen = -1
  /** Rows and nodes that searches looked at since the bounds were blended. */
  #looked = 0
  /** Why nothing fits, as of a version of the columns. */
  refusals: { readonly version: number; readonly value: Refusals } | null = null

  constructor(rules: Rules, columns: Columns, spec: RequestSpec) {
    this.#spec = spec
    this.#columns = columns
    this.#filters = rules.filters.filter((filter): filter is ClassFilter => !isRequestFilter(filter) && concerns(filter, spec))
    this.admitted = new Uint8Array(columns.capacity)
    this.#own = columns.weighers.map(({ reads }, at) => reads === "class" && columns.isTelling(at) ? new Float64Array(columns.capacity) : null)
    this.bounds = new Bounds(this.admitted, [])
  }

  /** `null`: the weigher reads the one request. */
  column(weigher: number): Float64Array | null {
    return this.#own[weigher] ?? this.#columns.all[weigher]!.values
  }

  /** -1: the bounds say nothing of it, since it is the same for all. */
  slot(weigher: number): number {
    return this.#slots[weigher]!
  }

  refresh(): void {
    const { capacity, changes, changesBefore, shape, states, version } = this.#columns
    const isReshaped = this.#shape !== shape || this.admitted.length !== capacity
    if (isReshaped) this.#reshape()
    const behind = version - this.#seen
    if (this.#seen < changesBefore || behind > states.length) {
      for (let row = 0; row < states.length; row++) this.#judge(row)
      this.bounds.renewAll()
    } else {
      const from = this.#seen - changesBefore
      const dirty = new Set<number>()
      // A row that changed more than once is judged at its last change.
      const rows = behind < 2 ? changes.slice(from) : new Set(changes.slice(from))
      for (const row of rows) if (this.#judge(row)) dirty.add(Math.floor(row / fanOut))
      if (isReshaped) this.bounds.renewAll()
      else this.bounds.renew(dirty)
    }
    this.#seen = version
  }

  /** The bounds are blended anew as the terms are now when searches have looked at as much as that costs. */
  searched(terms: ReadonlyArray<Term>, looked: number): void {
    this.#looked += looked
    if (this.#looked < this.#columns.states.length) return
    this.#looked = 0
    const coefficients = new Float64Array(this.bounds.coefficients.length)
    for (const { factors, scale, slot } of terms) if (slot >= 0 && factors === null) coefficients[slot] = scale
    if (coefficients.some((one, at) => one !== this.bounds.coefficients[at])) this.bounds.blend(coefficients)
  }

  /** Of a row that is not admitted. */
  why(row: number): Refusal | undefined {
    const { length } = this.#columns.states
    if (this.#whys.length < length) this.#whys = Array.from({ length }, (_, at) => this.#whys[at])
    const host = this.#columns.states[row]
    return this.#whys[row] ??= host === undefined ? undefined : this.#refusalOf(host)
  }

  get admittedCount(): number {
    return this.#admittedCount
  }

  #refusalOf(host: HostState): Refusal | undefined {
    const filter = this.#filters.find((one) => !one.admits(host, this.#spec))
    if (filter === undefined) return undefined
    const why = filter.why(host, this.#spec)
    const { reason, short } = why
    const key = `${filter.name} ${reason} ${short?.resource} ${short?.needed} ${short?.available}`
    const known = this.#refusals.get(key)
    if (known !== undefined) return known
    if (this.#refusals.size >= Limits.refusalTextsMax) this.#refusals.clear()
    const refusal = { filter, why }
    this.#refusals.set(key, refusal)
    return refusal
  }

  /** True: its values matter, since it is or was admitted. */
  #judge(row: number): boolean {
    const host = this.#columns.states[row]
    if (row < this.#whys.length) this.#whys[row] = undefined
    let isAdmitted = host !== undefined
    for (let at = 0; isAdmitted && at < this.#filters.length; at++) isAdmitted = this.#filters[at]!.admits(host!, this.#spec)
    const wasAdmitted = this.admitted[row]!
    this.#admittedCount += (isAdmitted ? 1 : 0) - wasAdmitted
    this.admitted[row] = isAdmitted ? 1 : 0
    if (!isAdmitted) return wasAdmitted === 1
    for (let weigher = 0; weigher < this.#own.length; weigher++) {
      const column = this.#own[weigher]
      if (column != null) column[row] = valueOf(this.#columns.weighers[weigher]!, host!, this.#spec)
    }
    return true
  }

  /** Columns in the order of the bounds. */
  #told(): ReadonlyArray<Float64Array> {
    return this.#slots.flatMap((slot, weigher) => slot < 0 ? [] : [this.column(weigher)!])
  }

  #reshape(): void {
    const { capacity, shape, weighers } = this.#columns
    if (this.admitted.length !== capacity) {
      const admitted = new Uint8Array(capacity)
      admitted.set(this.admitted)
      this.admitted = admitted
      this.#own = this.#own.map((column) => {
        if (column === null) return null
        const own = new Float64Array(capacity)
        own.set(column)
        return own
      })
    }
    let slots = 0
    this.#slots = weighers.map((_, at) => this.#columns.isTelling(at) ? slots++ : -1)
    this.#shape = shape
    this.bounds = new Bounds(this.admitted, this.#told())
  }
}
