/** What the nodes say of the rows under them, whatever changed before. Seeds are printed. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Bounds } from "../../../../src/actors/scheduler/table/Bounds.ts"

/** Few values, so that sums of unlike rows are the same now and then. */
const Value = Schema.Literals([0, 1, 2, 3])
const Change = Schema.Union([
  Schema.Struct({ row: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 599 })), one: Value, other: Value, isAdmitted: Schema.Boolean }),
  // Among the first rows, so that changes meet.
  Schema.Struct({ row: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })), one: Value, other: Value, isAdmitted: Schema.Boolean }),
  Schema.Struct({ blend: Schema.Tuple([Schema.Literals([1, 0.5]), Schema.Literals([1, 2, -1])]) })
])
const rowCount = 600

describe("bounds", () => {
  it.prop("hold of every node, exactly", [Schema.Array(Schema.Array(Change))], ([rounds]) => {
    const admitted = new Uint8Array(rowCount)
    const columns = [new Float64Array(rowCount), new Float64Array(rowCount)]
    const bounds = new Bounds(admitted, columns)
    for (const changes of rounds) {
      const dirty = new Set<number>()
      for (const change of changes) {
        if ("blend" in change) bounds.blend(new Float64Array(change.blend))
        else {
          columns[0]![change.row] = change.one
          columns[1]![change.row] = change.other
          admitted[change.row] = change.isAdmitted ? 1 : 0
          dirty.add(Math.floor(change.row / 8))
        }
      }
      bounds.renew(dirty)
    }
    const rows = Array.from(admitted, (_, row) => row).filter((row) => admitted[row] === 1)
    const blendOf = (row: number) => columns.reduce((sum, column, at) => sum + bounds.coefficients[at]! * column[row]!, 0)
    bounds.levels.forEach(({ blends, highs, lows, models, seconds, some }, level) => {
      for (let node = 0; node < some.length; node++) {
        const own = rows.filter((row) => Math.floor(row / 8 ** (level + 1)) === node)
        assert.strictEqual(some[node], own.length > 0 ? 1 : 0)
        columns.forEach((column, at) => {
          assert.strictEqual(lows[at]![node], Math.min(...own.map((row) => column[row]!)))
          assert.strictEqual(highs[at]![node], Math.max(...own.map((row) => column[row]!)))
        })
        const sums = own.map(blendOf)
        assert.strictEqual(blends[node], Math.max(...sums))
        assert.strictEqual(seconds[node], Math.max(...sums.filter((sum) => sum < blends[node]!)))
        const greatest = own.filter((row) => blendOf(row) === blends[node])
        const isAlike = new Set(greatest.map((row) => columns.map((column) => column[row]).join())).size === 1
        const model = models[node]!
        assert.strictEqual(isAlike, model >= 0)
        if (isAlike) assert.isTrue(columns.every((column) => column[model] === column[greatest[0]!]))
      }
    })
  }, { arbitrary: { runs: 200 } })

  it("a row that is like the model no more is told upwards, though nothing else is other than it was", () => {
    const columns = [new Float64Array(64), new Float64Array(64)]
    const set = (row: number, one: number, other: number) => {
      columns[0]![row] = one
      columns[1]![row] = other
    }
    const admitted = new Uint8Array(64)
    for (const row of [0, 1, 2, 8]) admitted[row] = 1
    set(0, 1, 1)
    set(1, 2, -9)
    set(2, -9, 2)
    set(8, 1, 1)
    const bounds = new Bounds(admitted, columns)
    bounds.renewAll()
    bounds.blend(new Float64Array([1, 1]))
    assert.strictEqual(bounds.levels[1]!.models[0], 0)
    set(0, 2, 0)
    bounds.renew([0])
    assert.strictEqual(bounds.levels[1]!.models[0], -1)
  })

  it.prop("least and greatest without some rows", [Schema.Array(Value), Schema.Array(Schema.Boolean)], ([values, refused]) => {
    const column = new Float64Array(64)
    const without = new Uint8Array(64)
    values.slice(0, 64).forEach((value, row) => column[row] = value)
    refused.slice(0, 64).forEach((one, row) => without[row] = one ? 1 : 0)
    const bounds = new Bounds(new Uint8Array(64).fill(1), [column])
    bounds.renewAll()
    const left = Array.from(column).filter((_, row) => without[row] === 0)
    assert.strictEqual(bounds.lowWithout(0, without), Math.min(...left))
    assert.strictEqual(bounds.highWithout(0, without), Math.max(...left))
  })
})
