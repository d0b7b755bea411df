import { assert, describe, it } from "vitest"
import { histogramOf } from "../../bench/cluster/measure.ts"
import { numberIn } from "../../bench/cluster/redis.ts"

describe("what a cluster says of itself", () => {
  it("a histogram's sum and count, of that name alone", () => {
    const page = "# TYPE commits histogram\ncommits_bucket{le=\"1\"} 3\nother_commits_sum 9\ncommits_sum 42.5\ncommits_count 7\n"
    assert.deepStrictEqual(histogramOf(page, "commits"), { sum: 42.5, count: 7 })
    assert.deepStrictEqual(histogramOf("", "commits"), { sum: 0, count: 0 })
  })

  it("Redis's number of that name, or a complaint", () => {
    const info = "# Memory\r\nused_memory:1234\r\nused_memory_human:1.2K\r\n"
    assert.strictEqual(numberIn(info, "used_memory"), 1234)
    assert.throws(() => numberIn(info, "used"), /does not say used/)
  })
})
