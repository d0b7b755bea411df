/** A store that was put back to an earlier state is noticed by who has seen more of it. */
import { assert, describe, it } from "@effect/vitest"
import { complaint } from "../../../src/runtime/main/highWater.ts"

const seen = { cloudId: "c", timeline: 2, position: 100 }

describe("what a runner remembers of the store", () => {
  it.each<readonly [string, Partial<typeof seen>, RegExp | null]>([
    ["is as it was", {}, null],
    ["went on", { position: 101 }, null],
    ["went on without what an operator gave up", { timeline: 3, position: 50 }, null],
    ["has fewer changes", { position: 99 }, /has lost acknowledged changes: it is at position 99 \(timeline 2\), this runner has seen 100/],
    ["is on an older timeline", { timeline: 1, position: 400 }, /has lost acknowledged changes/],
    ["was found to have lost changes", { timeline: -2, position: 100 }, /has lost acknowledged changes/],
    ["is another cloud's", { cloudId: "d" }, /another cloud \(d\) than the one this runner has served \(c\)/]
  ])("a store that %s", (_, change, expected) => {
    const found = complaint(seen, { ...seen, ...change })
    if (expected === null) assert.isNull(found)
    else assert.match(found!, expected)
  })
})
