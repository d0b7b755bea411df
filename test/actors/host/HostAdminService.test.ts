/** The administrator's word on hosts. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { HostAdmin } from "../../../src/actors/host/HostAdminProtocol.ts"
import { aCloud, asked } from "../../fixtures/asked.ts"

describe("a host", () => {
  it.effect("is not forgotten while it has servers", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 1 })
      const admin = Context.get(cloud.context, HostAdmin)
      const server = yield* cloud.settled(yield* cloud.make("a"))
      assert.strictEqual((yield* Effect.flip(admin.remove("sim-0001"))).kind, "conflict")
      yield* cloud.servers.perform(asked("req-delete"), server.id, "delete")
      yield* cloud.settled(server)
      yield* admin.remove("sim-0001")
      assert.deepStrictEqual(admin.hosts(), [])
    }))

  it.effect("is down when it is said to be, whatever it answers", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 1 })
      const admin = Context.get(cloud.context, HostAdmin)
      const isUp = () => admin.hosts().map(admin.isUp)
      assert.deepStrictEqual(isUp(), [true])
      yield* admin.change("sim-0001", { isForcedDown: true })
      assert.deepStrictEqual([isUp(), admin.services().find(({ host }) => host === "sim-0001")?.isUp], [[false], false])
      yield* admin.change("sim-0001", { isForcedDown: false })
      yield* cloud.faults.lose("sim-0001")
      assert.deepStrictEqual(isUp(), [false])
    }))
})
