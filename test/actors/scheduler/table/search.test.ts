import { assert, describe, it } from "@effect/vitest"
import { Best } from "../../../../src/actors/scheduler/table/Best.ts"
import { Bounds } from "../../../../src/actors/scheduler/table/Bounds.ts"
import { search, type Term } from "../../../../src/actors/scheduler/table/search.ts"

/** Where one column is high the other is low: no node can be told from its greatest values alone. */
const fieldOf = (rows: number) => {
  let state = 5
  const draw = (below: number): number => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
  const columns = [new Float64Array(rows), new Float64Array(rows)]
  for (let row = 0; row < rows; row++) {
    const free = draw(1000)
    columns[0]![row] = free + draw(100)
    columns[1]![row] = 1000 - free + draw(100)
  }
  const admitted = new Uint8Array(rows).fill(1)
  const bounds = new Bounds(admitted, columns)
  bounds.renewAll()
  const terms = columns.map((column, at): Term => {
    const range = bounds.high(at) - bounds.low(at)
    return { at, column, slot: at, same: 0, factors: null, factor: 1, low: bounds.low(at), range, scale: 1 / range }
  })
  return { admitted, bounds, terms }
}

const lookedAt = (rows: number, drift: number) => {
  const { admitted, bounds, terms } = fieldOf(rows)
  // Since then the greatest has changed by so much.
  bounds.blend(new Float64Array(terms.map(({ scale }, at) => at === 0 ? scale * (1 + drift) : scale)))
  const best = new Best(4)
  const looked = search({ admitted, bounds, terms, without: null, tie: (row) => row, minTies: null }, best)
  const scores = Array.from({ length: rows }, (_, row) => terms.reduce((sum, { column, low, scale }) => sum + (column![row]! - low) * scale, 0))
  assert.deepStrictEqual(best.scores, scores.toSorted((a, b) => b - a).slice(0, 4))
  return looked
}

describe("a search", () => {
  for (const drift of [0, 0.02, -0.02]) {
    it(`looks at few of many rows, the bounds being blended ${drift * 100} % off`, () => {
      assert.isBelow(lookedAt(4096, drift), 500)
      assert.isBelow(lookedAt(65_536, drift), 4000)
    })
  }
})
