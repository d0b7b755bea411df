/** The administrator's word on hosts. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { HostAdmin } from "../../../src/actors/host/HostAdminProtocol.ts"
import { PlacementAdmin } from "../../../src/actors/placement/PlacementAdminProtocol.ts"
import { consumerRecords, providerRecords } from "../../../src/actors/placement/records.ts"
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

  it.effect("takes along what was said of it through Placement, and its children, once nobody holds anything of them", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 2 })
      const admin = Context.get(cloud.context, HostAdmin)
      const placement = Context.get(cloud.context, PlacementAdmin)
      const [gone, stays] = admin.hosts()
      const card = yield* placement.createProvider({ uuid: null, name: "card", parentUuid: gone!.id })
      const port = yield* placement.createProvider({ uuid: null, name: "port", parentUuid: card })
      const other = yield* placement.createProvider({ uuid: null, name: "other", parentUuid: stays!.id })
      for (const host of [gone!, stays!]) yield* placement.setAggregates(host.id, null, ["aaaaaaaa-0000-4000-8000-000000000001"])
      const consumer = { id: "c", generation: 1, type: null, projectId: "p", userId: "u", createdAt: "2030-01-01T00:00:00.000Z", updatedAt: "2030-01-01T00:00:00.000Z" }
      yield* cloud.records.write([{ table: consumerRecords, expect: "absent", put: { ...consumer, allocations: { [port]: { VGPU: 1 } } } }])
      const refusal = yield* Effect.flip(admin.remove(gone!.hostname))
      assert.deepStrictEqual([refusal.kind, /consumers hold allocations/.test(refusal.message)], ["conflict", true])
      yield* cloud.records.write([{ table: consumerRecords, expect: "any", remove: "c" }])
      yield* admin.remove(gone!.hostname)
      assert.deepStrictEqual([...cloud.records.all(providerRecords)].map(({ uuid }) => uuid).toSorted(), [stays!.id, other].toSorted())
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
