import { fanOut } from "./Rows.ts"

/** Least numbers of rows, of eights of rows, of eights of those, and so on up to all. */
const minimaOf = (numbers: Float64Array): ReadonlyArray<Float64Array> => {
  const levels: Array<Float64Array> = []
  for (let below = numbers; below.length > 1;) {
    const level = new Float64Array(Math.ceil(below.length / fanOut)).fill(Infinity)
    for (let at = 0; at < below.length; at++) {
      const node = Math.floor(at / fanOut)
      if (below[at]! < level[node]!) level[node] = below[at]!
    }
    levels.push(level)
    below = level
  }
  return levels
}

/** More new names than so are sorted with all others; of fewer each is put in its place. */
const fewMax = 64

/** The order of names as numbers, by row: so names are compared when one is new, and never in a search. */
export class Ranks {
  /** In order, with their rows beside them. */
  #names: Array<string> = []
  #rows: Array<number> = []
  readonly #added = new Map<string, number>()
  /** Infinite where no host ever was. Of one that has gone it stays. */
  numbers = new Float64Array(0)
  /** By level, from the lowest: no row of a node has less. */
  minima: ReadonlyArray<Float64Array> = []

  /** In the order of their names. */
  get rows(): ReadonlyArray<number> {
    return this.#rows
  }

  add(name: string, row: number): void {
    this.#added.set(name, row)
  }

  remove(name: string): void {
    if (this.#added.delete(name)) return
    const at = this.#place(name)
    this.#names.splice(at, 1)
    this.#rows.splice(at, 1)
  }

  /** Before somebody compares them. */
  settle(capacity: number): void {
    if (this.#added.size === 0) return
    if (this.#added.size > fewMax) this.#sort()
    else for (const [name, row] of this.#added) this.#insert(name, row)
    this.#added.clear()
    this.numbers = new Float64Array(capacity).fill(Infinity)
    this.#rows.forEach((row, at) => this.numbers[row] = at)
    this.minima = minimaOf(this.numbers)
  }

  /** Where the name is, or would be. */
  #place(name: string): number {
    let from = 0
    let to = this.#names.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.#names[middle]! < name) from = middle + 1
      else to = middle
    }
    return from
  }

  #insert(name: string, row: number): void {
    const at = this.#place(name)
    this.#names.splice(at, 0, name)
    this.#rows.splice(at, 0, row)
  }

  #sort(): void {
    const rows = new Map(this.#names.map((name, at) => [name, this.#rows[at]!]))
    for (const [name, row] of this.#added) rows.set(name, row)
    this.#names = [...rows.keys()].sort()
    this.#rows = this.#names.map((name) => rows.get(name)!)
  }
}
