/** Rows that are summed up together, and sums that are summed up together in turn. */
export const fanOut = 8
/** A kind is given so many rows at once, as it grows: each stretch begins at a multiple of its length. Longest first. */
const stretches: ReadonlyArray<number> = [fanOut ** 3, fanOut ** 2, fanOut]
/** Hosts differ in few ways, as they were bought. Of too many kinds the later ones are as good as one. */
const kindsMax = 64

interface Kind {
  readonly name: string
  rows: number
  readonly free: Array<number>
}

/** Which row a host has. Hosts of a kind lie side by side, so that the least and the greatest of many rows say much of each. */
export class Rows {
  readonly #kinds = new Map<string, Kind>()
  /** Of each row that has had a host. */
  readonly #kindOf = new Map<number, Kind>()
  /** The first rows of stretches that nobody has, by their length. */
  readonly #spare = new Map(stretches.map((length) => [length, new Array<number>()]))
  /** Rows there are, with a host or without. */
  length = 0

  take(name: string): number {
    const kind = this.#kind(name)
    if (kind.free.length === 0) {
      const length = stretches.find((one) => one <= kind.rows) ?? fanOut
      const first = this.#stretch(length)
      kind.rows += length
      for (let at = length - 1; at >= 0; at--) kind.free.push(first + at)
    }
    const row = kind.free.pop()!
    this.#kindOf.set(row, kind)
    return row
  }

  give(row: number): void {
    this.#kindOf.get(row)!.free.push(row)
  }

  #kind(name: string): Kind {
    const known = this.#kinds.get(name)
    if (known !== undefined) return known
    if (this.#kinds.size >= kindsMax && name !== "") return this.#kind("")
    const kind = { name, rows: 0, free: [] }
    this.#kinds.set(name, kind)
    return kind
  }

  #stretch(length: number): number {
    const spare = this.#spare.get(length)!.pop()
    if (spare !== undefined) return spare
    // What lies before the next multiple is for kinds with fewer hosts.
    while (this.length % length !== 0) {
      const gap = stretches.find((one) => one < length && this.length % one === 0)!
      this.#spare.get(gap)!.push(this.length)
      this.length += gap
    }
    this.length += length
    return this.length - length
  }
}
