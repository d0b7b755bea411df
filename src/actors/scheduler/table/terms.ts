/** What a single request adds to its kind: rows that it refuses, rows that it weighs otherwise, and what the weighers come to then. */
import type { RequestFilter } from "../Filter.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Columns } from "./Columns.ts"
import type { RequestClass } from "./RequestClass.ts"
import type { Term } from "./search.ts"

/** Rows that a weigher of the one request says something of, with what it says, by weigher. */
export type Apart = ReadonlyMap<number, ReadonlyMap<number, number>>

/** Rows that the class admits and this one request does not. */
export const refusedRows = (
  columns: Columns, one: RequestClass, asked: ReadonlyArray<RequestFilter>, spec: RequestSpec
): ReadonlyArray<number> => {
  const rows = new Set<number>()
  for (const filter of asked) {
    const reach = filter.reach(spec)
    if (reach === null || "only" in reach) continue
    for (const hostname of reach.except) {
      const row = columns.rows.get(hostname)
      if (row === undefined || one.admitted[row] !== 1) continue
      if (!asked.every((other) => other.admits(columns.states[row]!, spec))) rows.add(row)
    }
  }
  return [...rows]
}

export const apartOf = (columns: Columns, one: RequestClass, refused: Uint8Array | null, spec: RequestSpec): Apart => {
  const apart = new Map<number, Map<number, number>>()
  columns.weighers.forEach((weigher, at) => {
    if (weigher.reads !== "request") return
    for (const hostname of weigher.hosts(spec)) {
      const row = columns.rows.get(hostname)
      if (row === undefined || one.admitted[row] !== 1 || refused?.[row] === 1) continue
      const values = apart.get(row) ?? new Map<number, number>()
      values.set(at, weigher.weigh(columns.states[row]!, spec))
      apart.set(row, values)
    }
  })
  return apart
}

/** The different values of a weigher that says something of few rows: 0 for any other. */
const fewOf = (candidates: number, apart: Apart, weigher: number): ReadonlyArray<number> => {
  const values = new Set<number>()
  for (const own of apart.values()) values.add(own.get(weigher) ?? 0)
  if (candidates > apart.size) values.add(0)
  return [...values]
}

interface Candidates {
  readonly columns: Columns
  readonly one: RequestClass
  /** Marked with 1; `null`: none. */
  readonly refused: Uint8Array | null
  readonly count: number
  readonly apart: Apart
}

/** The least and the greatest value of the candidates. */
const extremesOf = ({ apart, columns, count, one, refused }: Candidates, at: number): readonly [low: number, high: number] => {
  if (columns.weighers[at]!.reads === "request") {
    const values = fewOf(count, apart, at)
    return [Math.min(...values), Math.max(...values)]
  }
  const slot = one.slot(at)
  const { same } = columns.all[at]!
  if (slot < 0) return same === null || Number.isNaN(same) ? [0, 0] : [same, same]
  return refused === null
    ? [one.bounds.low(slot), one.bounds.high(slot)]
    : [one.bounds.lowWithout(slot, refused), one.bounds.highWithout(slot, refused)]
}

/** The weighers that tell the candidates apart, each with its least value and its range over them. */
export const termsOf = (candidates: Candidates): ReadonlyArray<Term> => {
  const { apart, columns, one } = candidates
  const terms: Array<Term> = []
  for (let at = 0; at < columns.weighers.length; at++) {
    const { floor, multiplier, reads } = columns.weighers[at]!
    const { factorHigh, factors, overridden, same } = columns.all[at]!
    const isOwn = overridden > 0
    if ((!isOwn && multiplier === 0) || (reads === "request" && apart.size === 0)) continue
    const [least, high] = extremesOf(candidates, at)
    const low = floor ?? least
    if (high === low) continue
    const factor = isOwn ? factorHigh : multiplier
    terms.push({
      at, low, factor,
      range: high - low,
      scale: factor / (high - low),
      column: one.column(at),
      slot: reads === "request" ? -1 : one.slot(at),
      same: reads === "request" ? 0 : same ?? 0,
      factors: isOwn ? factors : null
    })
  }
  return terms
}
