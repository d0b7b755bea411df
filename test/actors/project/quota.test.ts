import { Result } from "effect"
import { assert, describe, it } from "vitest"
import { defaultQuota, grant, limitsInForce } from "../../../src/actors/project/quota.ts"

const each = { instances: 1, cores: 4, ramMb: 8192 }
const used = (instances: number, cores: number, ramMb: number) => ({ instances, cores, ramMb })

describe("quota", () => {
  it("grants as many as fit, and at least the least", () => {
    assert.deepStrictEqual(grant(defaultQuota, used(0, 0, 0), each, 1, 1), Result.succeed(1))
    assert.deepStrictEqual(grant(defaultQuota, used(0, 0, 0), each, 1, 9), Result.succeed(5))
    assert.deepStrictEqual(grant({ ...defaultQuota, cores: -1, ram: -1, instances: -1 }, used(99, 999, 9), each, 9, 9), Result.succeed(9))
  })

  it("refuses in Nova's words, naming each resource that is short", () => {
    const refused = grant(defaultQuota, used(10, 18, 1024), each, 1, 1)
    assert.isTrue(Result.isFailure(refused))
    if (Result.isFailure(refused)) {
      assert.strictEqual(refused.failure.kind, "forbidden")
      assert.strictEqual(
        refused.failure.message,
        "Quota exceeded for cores, instances: Requested 4, 1, but already used 18, 10 of 20, 10 cores, instances"
      )
    }
  })

  it("a project's own limits come over the class, the class over the defaults", () => {
    const limits = limitsInForce(
      { projectId: "class", userId: null, limits: { cores: 40, instances: 30 } }, undefined,
      { projectId: "p", userId: null, limits: { cores: 50 } }
    )
    assert.deepStrictEqual([limits.cores, limits.instances, limits.ram], [50, 30, 51_200])
  })
})
