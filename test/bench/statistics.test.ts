import { assert, describe, it } from "vitest"
import { median, percentile } from "../../bench/statistics.ts"

describe("statistics of the bench", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it("a percentile is the smallest sample that so many do not exceed", () => {
    assert.deepStrictEqual([50, 95, 99, 100].map((percent) => percentile(hundred, percent)), [50, 95, 99, 100])
    assert.strictEqual(percentile([7], 99), 7)
    assert.strictEqual(percentile([3, 1, 2], 50), 2)
  })

  it("the median of an even count lies between the two in the middle", () => {
    assert.strictEqual(median([4, 1, 3, 2]), 2.5)
    assert.strictEqual(median([9, 1, 2]), 2)
  })

  it("samples stay in their order", () => {
    const samples = [3, 1, 2]
    median(samples)
    percentile(samples, 50)
    assert.deepStrictEqual(samples, [3, 1, 2])
  })
})
