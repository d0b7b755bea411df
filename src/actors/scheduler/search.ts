/** The best rows by their score, without looking at rows that cannot be among them. */
import { blockRows } from "./Columns.ts"

/** One weigher that tells the admitted rows apart. */
export interface Term {
  /** Its place among the weighers. */
  readonly at: number
  /** `null`: 0 for every row, and so for every block. */
  readonly column: Float64Array | null
  /** By block: the value of most weight. */
  readonly most: Float64Array | null
  /** `null`: the same for every row. */
  readonly factors: Float64Array | null
  /** Of every row, or the greatest of any. */
  readonly factor: number
  readonly low: number
  readonly range: number
  /** The factor by the range. */
  readonly scale: number
}

export interface Field {
  readonly counts: Uint8Array
  readonly blockCount: number
  readonly rowCount: number
  readonly terms: ReadonlyArray<Term>
  readonly admitted: Uint8Array
  /** Rows that are no candidates are marked with 1. */
  readonly without: Uint8Array | null
  /** Ties go to the lowest. */
  readonly tie: (row: number) => number
  /** Per block no tie is lower; `null`: unknown. */
  readonly minTies: Float64Array | null
}

/** The best rows so far, best first. */
export class Best {
  readonly rows: Array<number> = []
  /** Of each of them. */
  readonly scores: Array<number> = []
  readonly #ties: Array<number> = []
  readonly #most: number
  /** What a row must score at least. */
  least = -Infinity

  constructor(most: number) {
    this.#most = most
  }

  offer(row: number, score: number, tie: number): void {
    if (!this.mayHold(score, tie)) return
    let at = this.rows.length
    while (at > 0 && (score > this.scores[at - 1]! || (score === this.scores[at - 1] && tie < this.#ties[at - 1]!))) at--
    this.rows.splice(at, 0, row)
    this.scores.splice(at, 0, score)
    this.#ties.splice(at, 0, tie)
    if (this.rows.length > this.#most) {
      this.rows.pop()
      this.scores.pop()
      this.#ties.pop()
    }
    if (this.rows.length === this.#most) this.least = this.scores.at(-1)!
  }

  /** May a row of at most this score, and of at least this tie, come among the best? */
  mayHold(score: number, tie: number): boolean {
    return score > this.least || this.rows.length < this.#most || (score === this.least && tie < this.#ties.at(-1)!)
  }
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

const look = ({ admitted, rowCount, terms, tie, without }: Field, block: number, best: Best): void => {
  const first = block * blockRows
  const last = Math.min(first + blockRows, rowCount)
  for (let row = first; row < last; row++) {
    if (admitted[row] !== 1 || (without !== null && without[row] === 1)) continue
    const score = scoreOf(terms, row)
    if (score >= best.least) best.offer(row, score, tie(row))
  }
}

/** No row of a block scores more than its bound: each term is at its greatest, and rounding never turns an order round. */
const boundsOf = ({ blockCount, terms }: Field): Float64Array => {
  const bounds = new Float64Array(blockCount)
  for (const { low, most, scale } of terms) {
    if (most === null) for (let block = 0; block < blockCount; block++) bounds[block]! += (0 - low) * scale
    else for (let block = 0; block < blockCount; block++) bounds[block]! += (most[block]! - low) * scale
  }
  return bounds
}

/** Offers every candidate that may be among the best: the most promising block first, so that few others are looked at. */
export const search = (field: Field, best: Best): void => {
  const { blockCount, counts, minTies } = field
  const bounds = boundsOf(field)
  let first = -1
  for (let block = 0; block < blockCount; block++) {
    if (counts[block] !== 0 && (first < 0 || bounds[block]! > bounds[first]!)) first = block
  }
  if (first < 0) return
  look(field, first, best)
  for (let block = 0; block < blockCount; block++) {
    if (counts[block] === 0 || bounds[block]! < best.least || block === first) continue
    if (best.mayHold(bounds[block]!, minTies === null ? -Infinity : minTies[block]!)) look(field, block, best)
  }
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
