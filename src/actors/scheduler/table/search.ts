/** The best rows by their score, without looking at rows that cannot be among them. */
import type { Best } from "./Best.ts"
import type { Bounds } from "./Bounds.ts"
import { fanOut } from "./Rows.ts"

/** One weigher that tells the candidates apart. */
export interface Term {
  /** Its place among the weighers. */
  readonly at: number
  /** `null`: 0 for every row. */
  readonly column: Float64Array | null
  /** Its place in the bounds; -1: every row has the value `same`. */
  readonly slot: number
  readonly same: number
  /** `null`: the same for every row. */
  readonly factors: Float64Array | null
  /** Of every row, or the greatest of any. */
  readonly factor: number
  readonly low: number
  readonly range: number
  /** The factor by the range. */
  readonly scale: number
}

interface Field {
  readonly bounds: Bounds
  readonly terms: ReadonlyArray<Term>
  readonly admitted: Uint8Array
  /** Rows that are no candidates are marked with 1. */
  readonly without: Uint8Array | null
  /** Ties go to the lowest. */
  readonly tie: (row: number) => number
  /** By level and node no tie is lower; `null`: unknown. */
  readonly minTies: ReadonlyArray<Float64Array> | null
}

/** The same arithmetic in the same order as the plain ranking: so the same score to the last bit. */
const scoreOf = (terms: ReadonlyArray<Term>, row: number): number => {
  let score = 0
  for (let at = 0; at < terms.length; at++) {
    const term = terms[at]!
    const value = term.column === null ? 0 : term.column[row]!
    score += (value - term.low) * (term.factors === null ? term.scale : term.factors[row]! / term.range)
  }
  return score
}

/**
 * Scores are near a blend of the columns that the bounds know the greatest of: what the terms weigh now is `share` of the blend, and
 * of each term a rest, which says little where the values of a node are near to each other.
 */
interface Estimate {
  readonly share: number
  /** By term: of its column beside the blend. */
  readonly rests: ReadonlyArray<number>
  /** What every row has, and room for what rounding may take away. */
  readonly base: number
}

/** More than all roundings of one score, in parts of its terms. */
const roundings = 1e-13

const estimateOf = (terms: ReadonlyArray<Term>, bounds: Bounds): Estimate | null => {
  const blended = terms.map(({ factors, slot }) => slot < 0 || factors !== null ? 0 : bounds.coefficients[slot]!)
  let share = Infinity
  terms.forEach(({ scale }, at) => {
    if (blended[at] !== 0) share = Math.min(share, scale / blended[at]!)
  })
  if (!(share > 0 && share < Infinity)) return null
  let base = 0
  let size = 0
  const rests = terms.map(({ low, same, scale, slot }, at) => {
    const rest = slot < 0 ? 0 : scale - share * blended[at]!
    const most = slot < 0 ? Math.abs(same) : Math.max(Math.abs(bounds.low(slot)), Math.abs(bounds.high(slot)))
    base += slot < 0 ? (same - low) * scale : -low * scale
    size += (Math.abs(scale) + Math.abs(rest) + share * Math.abs(blended[at]!)) * Math.max(most, Math.abs(low))
    return rest
  })
  return { share, rests, base: base + size * roundings }
}

/** Offers every candidate that may be among the best: the most promising nodes first, so that few others are looked at. */
export const search = (field: Field, best: Best): number => {
  const { admitted, bounds: { levels }, minTies, terms, tie, without } = field
  const estimate = estimateOf(terms, field.bounds)
  const hasFactors = terms.some(({ factors }) => factors !== null)
  let looked = 0

  /** No row of the node scores more: each term is at its greatest, and rounding never turns an order round. */
  const apart = (level: number, node: number): number => {
    const { highs, lows } = levels[level]!
    let sum = 0
    for (let at = 0; at < terms.length; at++) {
      const { low, same, scale, slot } = terms[at]!
      const most = slot < 0 ? same : scale >= 0 ? highs[slot]![node]! : lows[slot]![node]!
      sum += (most - low) * scale
    }
    return sum
  }
  const together = ({ base, rests, share }: Estimate, blend: number, level: number, node: number): number => {
    const { highs, lows } = levels[level]!
    let sum = share * blend + base
    for (let at = 0; at < rests.length; at++) {
      const rest = rests[at]!
      if (rest !== 0) sum += rest * (rest > 0 ? highs : lows)[terms[at]!.slot]![node]!
    }
    return sum
  }
  const boundOf = (level: number, node: number, tie: number): number => {
    const loose = apart(level, node)
    if (estimate === null || !best.mayHold(loose, tie)) return loose
    const { blends, models, seconds } = levels[level]!
    const closer = Math.min(loose, together(estimate, blends[node]!, level, node))
    const model = models[node]!
    if (model < 0 || hasFactors || !best.mayHold(closer, tie)) return closer
    // To the last bit, so that ties can be told: equal hosts have equal scores.
    return Math.min(closer, Math.max(scoreOf(terms, model), together(estimate, seconds[node]!, level, node)))
  }
  const look = (block: number): void => {
    const first = block * fanOut
    looked += fanOut
    for (let row = first; row < first + fanOut; row++) {
      if (admitted[row] === 0 || (without !== null && without[row] === 1)) continue
      const score = scoreOf(terms, row)
      if (score >= best.least) best.offer(row, score, tie(row))
    }
  }
  const visit = (level: number, first: number): void => {
    const { some } = levels[level]!
    const ties = minTies === null ? null : minTies[level]!
    const last = Math.min(first + fanOut, some.length)
    const nodes: Array<number> = []
    const scores: Array<number> = []
    for (let node = first; node < last; node++) {
      if (some[node] === 0) continue
      const least = ties === null ? -Infinity : ties[node]!
      const bound = boundOf(level, node, least)
      if (!best.mayHold(bound, least)) continue
      let at = nodes.length
      while (at > 0 && (bound > scores[at - 1]! || (bound === scores[at - 1] && ties !== null && least < ties[nodes[at - 1]!]!))) at--
      nodes.splice(at, 0, node)
      scores.splice(at, 0, bound)
    }
    looked += fanOut
    for (let at = 0; at < nodes.length; at++) {
      const node = nodes[at]!
      // The others promise no more.
      if (!best.mayHold(scores[at]!, ties === null ? -Infinity : ties[node]!)) return
      if (level === 0) look(node)
      else visit(level - 1, node * fanOut)
    }
  }
  visit(levels.length - 1, 0)
  return looked
}

/** Of a row that is no candidate of the search, with values of its own where the columns have none. */
export const scoreWith = (terms: ReadonlyArray<Term>, row: number, values: ReadonlyMap<number, number>): number => {
  let score = 0
  for (const { at, column, factor, factors, low, range } of terms) {
    const value = column === null ? values.get(at) ?? 0 : column[row]!
    score += (value - low) * ((factors === null ? factor : factors[row]!) / range)
  }
  return score
}
