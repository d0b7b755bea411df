/** Which row hosts have, and the order of their names. Seeds are printed. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Ranks } from "../../../../src/actors/scheduler/table/Ranks.ts"
import { Rows } from "../../../../src/actors/scheduler/table/Rows.ts"

const Name = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 }))
const Step = Schema.Struct({ toggled: Schema.Array(Name), isAsked: Schema.Boolean })

describe("ranks", () => {
  it.prop("are in the order of the names, few or many of them new", [Schema.Array(Step)], ([steps]) => {
    const ranks = new Ranks()
    const rows = new Map<string, number>()
    const free: Array<number> = []
    let next = 0
    const add = (name: string) => {
      const row = free.pop() ?? next++
      rows.set(name, row)
      ranks.add(name, row)
    }
    for (let at = 0; at < 100; at++) add(`h${(at * 37) % 101 + 500}`)
    for (const { isAsked, toggled } of steps) {
      for (const at of toggled) {
        const name = `h${at}`
        const row = rows.get(name)
        if (row === undefined) add(name)
        else {
          rows.delete(name)
          ranks.remove(name)
          free.push(row)
        }
      }
      if (isAsked) ranks.settle(512)
    }
    ranks.settle(512)
    const names = [...rows.keys()]
    assert.deepStrictEqual(names.toSorted((a, b) => ranks.numbers[rows.get(a)!]! - ranks.numbers[rows.get(b)!]!), names.toSorted())
    ranks.minima.forEach((level, at) => level.forEach((least, node) => {
      const under = ranks.numbers.subarray(node * 8 ** (at + 1), (node + 1) * 8 ** (at + 1))
      assert.strictEqual(least, Math.min(...under))
    }))
    assert.strictEqual(ranks.minima.at(-1)!.length, 1)
  })
})

describe("rows", () => {
  const Kinds = Schema.Array(Schema.Struct({ kind: Schema.Literals(["a", "b", "c"]), count: Schema.Literals([1, 7, 60, 700]) }))
  it.prop("are of one host each; those of a kind lie together, and few are wasted", [Kinds], ([all]) => {
    const rows = new Rows()
    const kindOf = new Map<number, string>()
    for (const { count, kind } of all) {
      for (let at = 0; at < count; at++) {
        const row = rows.take(kind)
        assert.isFalse(kindOf.has(row))
        kindOf.set(row, kind)
      }
    }
    const blocks = Map.groupBy(kindOf.keys(), (row) => Math.floor(row / 8))
    for (const own of blocks.values()) assert.strictEqual(new Set(own.map((row) => kindOf.get(row))).size, 1)
    // Of each kind at most half, and what its first long stretch left before it.
    assert.isAtMost(rows.length, 2 * kindOf.size + 3 * 512)
    if (kindOf.size === 0) return
    const [given] = kindOf.keys() as unknown as readonly [number]
    rows.give(given)
    assert.strictEqual(rows.take(kindOf.get(given)!), given)
  })

  it("what a long stretch leaves before it is for other kinds", () => {
    const rows = new Rows()
    const take = (kind: string, count: number) => Array.from({ length: count }, () => rows.take(kind)).at(-1)!
    take("few", 1)
    take("many", 64)
    assert.strictEqual(take("many", 1), 128)
    assert.isBelow(take("other", 1), 128)
  })

  it("hosts of too many kinds lie among each other", () => {
    const rows = new Rows()
    const taken = Array.from({ length: 200 }, (_, at) => rows.take(`kind ${at}`))
    assert.strictEqual(new Set(taken).size, 200)
    assert.isBelow(rows.length, 64 * 8 + 200 + 64)
  })
})
