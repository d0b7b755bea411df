/** Whose servers a caller reaches, and how many one request may make. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Limits } from "../../../src/runtime/Limits.ts"
import { aCloud, asked, create } from "../../fixtures/asked.ts"

describe("servers", () => {
  it.effect("of another project are not there, but for administrators", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const server = yield* cloud.settled(yield* cloud.make("a"))
      const stranger = asked("req-stranger", "elsewhere")
      const administrator = { ...stranger, caller: { ...stranger.caller, isAdmin: true } }
      assert.strictEqual((yield* Effect.flip(cloud.servers.get(stranger, server.id))).kind, "notFound")
      assert.strictEqual((yield* Effect.flip(cloud.servers.perform(stranger, server.id, "delete"))).kind, "notFound")
      assert.strictEqual((yield* Effect.flip(cloud.servers.consoleLog(stranger, server.id))).kind, "notFound")
      assert.strictEqual((yield* cloud.settled(server)).vmState, "active")
      assert.strictEqual((yield* cloud.servers.get(administrator, server.id)).id, server.id)
    }))

  it.effect("are made as many at once as one request may ask for, and no more", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const refused = yield* Effect.flip(cloud.servers.create(asked("req"), create({ maxCount: Limits.serversPerRequestMax + 1 })))
      assert.deepStrictEqual([refused.kind, cloud.index.size()], ["badRequest", 0])
    }))
})
