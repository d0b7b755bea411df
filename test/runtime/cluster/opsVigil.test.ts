/** Who was given up, and who left in order. */
import { assert, describe, it } from "@effect/vitest"
import type { StoreRunner } from "../../../src/runtime/kernel/Store.ts"
import { Vigil } from "../../../src/runtime/cluster/Vigil.ts"

const row = (address: string, leaseUntilMillis: number, epoch = 1): StoreRunner => ({
  address, leaseUntilMillis, epoch, about: "{}", isHealthy: true, machineId: 0
})

describe("the vigil over members", () => {
  it("takes a member whose lease ran out for given up", () => {
    const vigil = new Vigil()
    assert.strictEqual(vigil.look([row("a", 100), row("b", 100)], 0), "changed")
    assert.strictEqual(vigil.look([row("a", 200), row("b", 100)], 1), "same")
    assert.strictEqual(vigil.look([row("a", 300), row("b", 100)], 2), "same")
    assert.strictEqual(vigil.look([row("a", 400)], 2.6), "givenUp")
    assert.strictEqual(vigil.look([row("a", 400)], 2.9), "same")
  })

  it("takes a member that prolonged its lease a moment ago for one that left", () => {
    const vigil = new Vigil()
    vigil.look([row("a", 100), row("b", 100)], 0)
    vigil.look([row("a", 200), row("b", 200)], 2)
    assert.strictEqual(vigil.look([row("a", 200)], 2.6), "changed")
  })

  it("takes a member under a new epoch for another", () => {
    const vigil = new Vigil()
    vigil.look([row("a", 100)], 0)
    assert.strictEqual(vigil.look([row("a", 200, 3)], 2.6), "givenUp")
  })
})
