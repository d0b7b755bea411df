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
