import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { matching } from "../../../../src/actors/placement/numa/matching.ts"

/** The first way, by trying all of them in order. */
const firstWay = (rows: ReadonlyArray<ReadonlyArray<boolean>>, taken: ReadonlyArray<number> = []): ReadonlyArray<number> | null => {
  const row = rows[taken.length]
  if (row === undefined) return taken
  for (const [place, may] of row.entries()) {
    const way = may && !taken.includes(place) ? firstWay(rows, [...taken, place]) : null
    if (way !== null) return way
  }
  return null
}

const Row = Schema.Tuple(Array.from({ length: 5 }, () => Schema.Boolean))
const Rows = Schema.Union([Schema.Tuple([Row]), Schema.Tuple([Row, Row]), Schema.Tuple([Row, Row, Row]), Schema.Tuple([Row, Row, Row, Row])])

describe("a matching", () => {
  it.prop("is the first of all ways, or there is none", [Rows], ([rows]) => {
    const table: ReadonlyArray<ReadonlyArray<boolean>> = rows
    assert.deepStrictEqual(matching(table.length, 5, (seeker, place) => table[seeker]![place]!), firstWay(table))
  }, { arbitrary: { runs: 5_000 } })

  it("of many who all want one of the same few places is refused without trying every order", () => {
    let asked = 0
    const may = (_: number, place: number) => {
      asked++
      return place < 11
    }
    assert.isNull(matching(12, 32, may))
    assert.isBelow(asked, 20_000)
  })
})
