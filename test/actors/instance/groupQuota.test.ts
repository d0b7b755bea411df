import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { serverGroups } from "../../../src/actors/catalog/ServerGroup.ts"
import { quotas } from "../../../src/actors/project/quota.ts"
import { aCloud, asked, create } from "../../fixtures/asked.ts"

const group = {
  id: "00000000-0000-4000-8000-00000000000a", name: "g", projectId: "project", userId: "user", policy: "soft-affinity" as const,
  maxServerPerHost: 1, isRuleGiven: false, createdAt: "2030-01-01T00:00:00.000Z"
}

describe("the quota of a server group's members", () => {
  it.effect("refuses one too many, and takes nothing for it", () =>
    Effect.gen(function*() {
      const { index, make, records, servers } = yield* aCloud()
      yield* records.write([
        { table: serverGroups, put: group, expect: "absent" },
        { table: quotas, put: { projectId: "project", userId: null, limits: { server_group_members: 2 } }, expect: "any" }
      ])
      const hints = { group: group.id }
      const refusal = yield* Effect.flip(make("three", { hints, minCount: 3, maxCount: 3 }))
      assert.deepInclude(refusal, { kind: "forbidden", message: "Quota exceeded, too many servers in group" })
      assert.strictEqual(index.usageOfProject("project").instances, 0)
      const [first] = yield* servers.create(asked("req-a"), create({ hints, minCount: 2, maxCount: 2 }))
      assert.strictEqual(first!.wish.serverGroupId, group.id)
      assert.strictEqual((yield* Effect.flip(make("more", { hints }))).kind, "forbidden")
      assert.strictEqual((yield* make("elsewhere")).vmState, "building")
      // What was refused holds no quota: eight of ten are left, minus the one just made.
      assert.strictEqual((yield* make("rest", { minCount: 7, maxCount: 7 })).launchIndex, 0)
    }))
})
