import { assert, describe, it } from "vitest"
import { isRefusal, refuse } from "../../../src/actors/shared/Refusal.ts"

describe("a refusal", () => {
  it("is made without a stack, and leaves the stacks of others alone", () => {
    const before = Error.stackTraceLimit
    const refusal = refuse("notFound", "Server a could not be found.", "InstanceNotFound")
    assert.strictEqual(refusal.stack, "Refusal: Server a could not be found.")
    assert.strictEqual(Error.stackTraceLimit, before)
    assert.include(new Error("a defect").stack, "Refusal.test.ts")
  })

  it("says no code where it has none", () => {
    assert.isFalse("code" in refuse("conflict", "Busy."))
    assert.isTrue(isRefusal(refuse("conflict", "Busy.")))
    assert.isFalse(isRefusal({ _tag: "Refusal", kind: "conflict", message: "Busy." }))
  })
})
