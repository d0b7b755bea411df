import { fanOut } from "./Rows.ts"

/** What is known of the admitted rows under each node. */
interface Level {
  /** 1: there are some. */
  readonly some: Uint8Array
  /** By column: its least and its greatest value; infinite where there are none. */
  readonly lows: ReadonlyArray<Float64Array>
  readonly highs: ReadonlyArray<Float64Array>
  /** The greatest sum of a row's values, each times its coefficient; and the greatest that is less. */
  readonly blends: Float64Array
  readonly seconds: Float64Array
  /** A row whose values all rows of the greatest sum have; `unlike`: they differ. */
  readonly models: Int32Array
}

const unlike = -1

const levelOf = (nodes: number, columns: number): Level => ({
  some: new Uint8Array(nodes),
  lows: Array.from({ length: columns }, () => new Float64Array(nodes).fill(Infinity)),
  highs: Array.from({ length: columns }, () => new Float64Array(nodes).fill(-Infinity)),
  blends: new Float64Array(nodes).fill(-Infinity),
  seconds: new Float64Array(nodes).fill(-Infinity),
  models: new Int32Array(nodes).fill(unlike)
})

/** Columns of the admitted rows, summed up by eights of rows, eights of those, and so on up to all of them. */
export class Bounds {
  readonly #admitted: Uint8Array
  readonly #columns: ReadonlyArray<Float64Array>
  /** The lowest first; the last has one node. */
  readonly levels: ReadonlyArray<Level>
  /** By column. */
  coefficients: Float64Array

  constructor(admitted: Uint8Array, columns: ReadonlyArray<Float64Array>) {
    this.#admitted = admitted
    this.#columns = columns
    this.coefficients = new Float64Array(columns.length)
    const levels: Array<Level> = []
    let nodes = admitted.length
    do {
      nodes = Math.ceil(nodes / fanOut)
      levels.push(levelOf(nodes, columns.length))
    } while (nodes > 1)
    this.levels = levels
  }

  /** The least of all; infinite where there are none. */
  low(column: number): number {
    return this.levels.at(-1)!.lows[column]![0]!
  }
  high(column: number): number {
    return this.levels.at(-1)!.highs[column]![0]!
  }

  /** As if rows marked with 1 were not there. */
  lowWithout(column: number, without: Uint8Array): number {
    return -this.#most(column, -1, without, this.levels.length - 1, 0, -Infinity)
  }
  highWithout(column: number, without: Uint8Array): number {
    return this.#most(column, 1, without, this.levels.length - 1, 0, -Infinity)
  }

  /** Rows under these lowest nodes changed. */
  renew(blocks: Iterable<number>): void {
    let dirty = blocks
    for (let level = 0; level < this.levels.length; level++) {
      const above = new Set<number>()
      for (const node of dirty) {
        const isOther = level === 0 ? this.#sumRows(node) : this.#sumNodes(level, node)
        const parent = Math.floor(node / fanOut)
        // One that has the greatest blend of its siblings may be like the model no more, though the sums are what they were.
        if (isOther || this.levels[level]!.blends[node] === this.levels[level + 1]?.blends[parent]) above.add(parent)
      }
      dirty = above
    }
  }

  renewAll(): void {
    for (let level = 0; level < this.levels.length; level++) {
      for (let node = 0; node < this.levels[level]!.some.length; node++) {
        if (level === 0) this.#sumRows(node)
        else this.#sumNodes(level, node)
      }
    }
  }

  /** Other coefficients from now on. */
  blend(coefficients: Float64Array): void {
    this.coefficients = coefficients
    this.levels.forEach(({ some }, level) => {
      for (let node = 0; node < some.length; node++) {
        if (some[node] === 0) continue
        if (level === 0) this.#blendRows(node)
        else this.#blendNodes(level, node)
      }
    })
  }

  /** True: it is not what it was. */
  #sumRows(block: number): boolean {
    const { highs, lows, some } = this.levels[0]!
    const admitted = this.#admitted
    const first = block * fanOut
    let isSome = 0
    for (let row = first; row < first + fanOut; row++) isSome |= admitted[row]!
    if (isSome === 0 && some[block] === 0) return false
    let isOther = some[block] !== isSome
    some[block] = isSome
    for (let at = 0; at < this.#columns.length; at++) {
      const column = this.#columns[at]!
      let low = Infinity
      let high = -Infinity
      for (let row = first; row < first + fanOut; row++) {
        if (admitted[row] === 0) continue
        const value = column[row]!
        if (value < low) low = value
        if (value > high) high = value
      }
      isOther ||= lows[at]![block] !== low || highs[at]![block] !== high
      lows[at]![block] = low
      highs[at]![block] = high
    }
    return this.#blendRows(block) || isOther
  }

  #blendRows(block: number): boolean {
    const { blends, models, seconds } = this.levels[0]!
    const admitted = this.#admitted
    const first = block * fanOut
    let blend = -Infinity
    let second = -Infinity
    let model = unlike
    for (let row = first; row < first + fanOut; row++) {
      if (admitted[row] === 0) continue
      let sum = 0
      for (let at = 0; at < this.#columns.length; at++) sum += this.coefficients[at]! * this.#columns[at]![row]!
      if (sum > blend) {
        second = blend
        blend = sum
        model = row
      } else if (sum === blend) model = this.#alike(model, row)
      else if (sum > second) second = sum
    }
    const isOther = blends[block] !== blend || seconds[block] !== second || models[block] !== model
    blends[block] = blend
    seconds[block] = second
    models[block] = model
    return isOther
  }

  #sumNodes(level: number, node: number): boolean {
    const { highs, lows, some } = this.levels[level]!
    const below = this.levels[level - 1]!
    const first = node * fanOut
    const last = Math.min(first + fanOut, below.some.length)
    let isSome = 0
    for (let child = first; child < last; child++) isSome |= below.some[child]!
    if (isSome === 0 && some[node] === 0) return false
    let isOther = some[node] !== isSome
    some[node] = isSome
    for (let at = 0; at < lows.length; at++) {
      const lowsBelow = below.lows[at]!
      const highsBelow = below.highs[at]!
      let low = Infinity
      let high = -Infinity
      for (let child = first; child < last; child++) {
        if (lowsBelow[child]! < low) low = lowsBelow[child]!
        if (highsBelow[child]! > high) high = highsBelow[child]!
      }
      isOther ||= lows[at]![node] !== low || highs[at]![node] !== high
      lows[at]![node] = low
      highs[at]![node] = high
    }
    return this.#blendNodes(level, node) || isOther
  }

  #blendNodes(level: number, node: number): boolean {
    const { blends, models, seconds } = this.levels[level]!
    const below = this.levels[level - 1]!
    const first = node * fanOut
    const last = Math.min(first + fanOut, below.some.length)
    let blend = -Infinity
    let second = -Infinity
    let model = unlike
    for (let child = first; child < last; child++) {
      const sum = below.blends[child]!
      if (sum > blend) {
        second = Math.max(blend, below.seconds[child]!)
        blend = sum
        model = below.models[child]!
      } else if (sum === blend) {
        model = this.#alike(model, below.models[child]!)
        second = Math.max(second, below.seconds[child]!)
      } else if (sum > second) second = sum
    }
    const isOther = blends[node] !== blend || seconds[node] !== second || models[node] !== model
    blends[node] = blend
    seconds[node] = second
    models[node] = model
    return isOther
  }

  /** A row that stands for both. */
  #alike(one: number, other: number): number {
    if (one === unlike || other === unlike) return unlike
    for (const column of this.#columns) if (column[one] !== column[other]) return unlike
    return one
  }

  /** The greatest of the column's values times the sign, if it is greater than what is known. */
  #most(column: number, sign: 1 | -1, without: Uint8Array, level: number, node: number, known: number): number {
    const extremes = (sign === 1 ? this.levels[level]!.highs : this.levels[level]!.lows)[column]!
    if (sign * extremes[node]! <= known || this.levels[level]!.some[node] === 0) return known
    const first = node * fanOut
    let most = known
    if (level > 0) {
      const last = Math.min(first + fanOut, this.levels[level - 1]!.some.length)
      for (let child = first; child < last; child++) most = this.#most(column, sign, without, level - 1, child, most)
      return most
    }
    for (let row = first; row < first + fanOut; row++) {
      if (this.#admitted[row] === 1 && without[row] === 0) most = Math.max(most, sign * this.#columns[column]![row]!)
    }
    return most
  }
}
