import { assert, describe, it } from "vitest"
import { nothingTaken } from "../../../src/actors/placement/demand/Taken.ts"
import { type Held, Holds } from "../../../src/actors/scheduler/Holds.ts"

const held = (id: string, host: string, more: Partial<Held> = {}): Held => ({
  id, generation: 1, host, groupId: "g", taken: nothingTaken, allocations: null, numa: null, devices: [], expiresAtMillis: 10, ...more
})
const ids = (all: Iterable<Held>) => [...all].map(({ id }) => id)

describe("holds", () => {
  it("are one for each server: a newer one takes the place of the older, and both hosts change", () => {
    const changed: Array<string> = []
    const holds = new Holds((host) => changed.push(host))
    holds.add(held("a", "one"))
    holds.add(held("b", "one", { groupId: null }))
    holds.add(held("a", "two", { groupId: "h" }))
    assert.deepStrictEqual([ids(holds.on("one")), ids(holds.on("two")), ids(holds.ofGroup("g")), ids(holds.ofGroup("h"))], [["b"], ["a"], [], ["a"]])
    assert.deepStrictEqual(changed, ["one", "one", "one", "two"])
  })

  it("end when their time is up, and no sooner", () => {
    const holds = new Holds(() => {})
    holds.add(held("a", "one"))
    holds.add(held("b", "one", { expiresAtMillis: 11 }))
    holds.expire(9)
    assert.deepStrictEqual(ids(holds.on("one")), ["a", "b"])
    holds.expire(10)
    assert.deepStrictEqual(ids(holds.on("one")), ["b"])
    holds.expire(11)
    assert.deepStrictEqual(ids(holds.on("one")), [])
  })
})
