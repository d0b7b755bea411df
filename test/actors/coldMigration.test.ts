/** Servers that are off while they move, with another flavor or their own, through the real actors on simulated hosts. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { TestClock } from "effect/testing"
import { flavors } from "../../src/actors/catalog/Flavor.ts"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import type { ColdMove } from "../../src/actors/instance/ServersProtocol.ts"
import { statusOf } from "../../src/actors/instance/states.ts"
import { Placement } from "../../src/actors/placement/PlacementProtocol.ts"
import { Fleet } from "../../src/drivers/Driver.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud, asked, type Cloud } from "../fixtures/asked.ts"

const flavor = (id: string, vcpus: number, ramMb: number, diskGb: number, isDisabled = false) => ({
  table: flavors, expect: "any" as const,
  put: {
    id, name: id, vcpus, ramMb, diskGb, ephemeralGb: 0, swapMb: 0, rxtxFactor: 1, isPublic: true, isDisabled, description: null,
    extraSpecs: {}, access: [], createdAt: "2030-01-01T00:00:00.000Z"
  }
})
const cloudWith = Effect.fnUntraced(function*(options: Parameters<typeof aCloud>[0] = {}) {
  const cloud = yield* aCloud(options)
  yield* cloud.records.write([
    flavor("big", 4, 2048, 10), flavor("huge", 64, 1024, 10), flavor("gone", 1, 1024, 10, true), flavor("flat", 1, 1024, 0), flavor("less", 1, 256, 1)
  ])
  return cloud
})
const move = (cloud: Cloud, { id }: Instance, to: Partial<ColdMove> = {}, requestId = `req-move-${id}`) =>
  cloud.servers.coldMigrate(asked(requestId), id, { host: null, flavorId: null, ...to })
const act = (cloud: Cloud, server: Instance, action: "confirmResize" | "revertResize" | "delete" | "stop") =>
  Effect.andThen(cloud.servers.perform(asked(`req-${action}`), server.id, action), cloud.settled(server))

const guests = (cloud: Cloud, id: string) => {
  const fleet = Context.get(cloud.context, Fleet)
  return Effect.map(
    Effect.forEach(fleet.hosts, (host) => Effect.map(Effect.orDie(fleet.driver(host)!.list), (all) =>
      all.filter((guest) => guest.id === id).map(({ power }) => `${host} ${power}`))),
    (found) => found.flat()
  )
}
const other = (host: string | null) => host === "sim-0001" ? "sim-0002" : "sim-0001"
const usage = (cloud: Cloud, host: string | null) => {
  const { cores, ramMb } = cloud.index.usageOfHost(host!)
  return [cores, ramMb]
}
const historyOf = ({ migrations = [] }: Instance) => migrations.map(({ status, type }) => [type, status])
const seen = ({ flavor: { id }, host, taskState, vmState }: Instance) => [statusOf(vmState, taskState), host, id]

describe("a resize", () => {
  it.effect("waits on another host, held on both, until it is confirmed", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith()
      const placement = Context.get(cloud.context, Placement)
      const before = yield* cloud.settled(yield* cloud.make("a"))
      const accepted = yield* move(cloud, before, { flavorId: "big" })
      assert.deepStrictEqual(seen(accepted), ["RESIZE", before.host, "tiny"])
      const waiting = yield* cloud.settled(before)
      const to = other(before.host)
      assert.deepStrictEqual([seen(waiting), waiting.migration?.status, waiting.powerState], [["VERIFY_RESIZE", to, "big"], "finished", 1])
      assert.deepStrictEqual([usage(cloud, before.host), usage(cloud, to)], [[1, 512], [4, 2048]])
      assert.deepStrictEqual([...placement.allocationsOfConsumer(waiting.migration!.id).keys()].map(({ hostname }) => hostname), [before.host])
      assert.deepStrictEqual((yield* guests(cloud, before.id)).sort(), [`${before.host} shutdown`, `${to} running`].sort())
      // Hosts are compared with what should run: the guest left behind is no stranger.
      yield* TestClock.adjust(2 * Limits.reconcileMillis)
      assert.strictEqual((yield* guests(cloud, before.id)).length, 2)
      const after = yield* act(cloud, before, "confirmResize")
      assert.deepStrictEqual([seen(after), after.vmState, after.migration], [["ACTIVE", to, "big"], "active", null])
      assert.deepStrictEqual([yield* guests(cloud, after.id), historyOf(after)], [[`${to} running`], [["resize", "confirmed"]]])
      assert.deepStrictEqual([usage(cloud, before.host), usage(cloud, to)], [[0, 0], [4, 2048]])
      assert.deepStrictEqual(after.actions.map(({ action, events }) => [action, events[0]?.result]), [["create", "Success"], ["resize", "Success"], ["confirmResize", "Success"]])
    }))

  it.effect("is as it was when it is reverted, and a stopped server stays off all the way", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* act(cloud, before, "stop")
      yield* move(cloud, before, { flavorId: "big" })
      const waiting = yield* cloud.settled(before)
      const to = other(before.host)
      assert.deepStrictEqual([seen(waiting), waiting.powerState], [["VERIFY_RESIZE", to, "big"], 4])
      assert.deepStrictEqual((yield* guests(cloud, before.id)).sort(), [`${before.host} shutdown`, `${to} shutdown`].sort())
      const after = yield* act(cloud, before, "revertResize")
      assert.deepStrictEqual([seen(after), after.vmState], [["SHUTOFF", before.host, "tiny"], "stopped"])
      assert.deepStrictEqual([yield* guests(cloud, after.id), historyOf(after)], [[`${before.host} shutdown`], [["resize", "reverted"]]])
      assert.deepStrictEqual([usage(cloud, before.host), usage(cloud, to)], [[1, 512], [0, 0]])
    }))

  it.effect("starts again what it had stopped when it is reverted", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before, { flavorId: "big" })
      yield* cloud.settled(before)
      const after = yield* act(cloud, before, "revertResize")
      assert.deepStrictEqual([seen(after), yield* guests(cloud, after.id)], [["ACTIVE", before.host, "tiny"], [`${before.host} running`]])
    }))

  it.effect("is refused for what Nova refuses it for", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      const refused = (flavorId: string) => Effect.map(Effect.flip(move(cloud, before, { flavorId }, `req-${flavorId}`)), ({ kind, message }) => `${kind}: ${message}`)
      assert.strictEqual(yield* refused("tiny"), "badRequest: When resizing, instances must change flavor!")
      assert.strictEqual(yield* refused("nope"), "badRequest: Flavor nope could not be found.")
      assert.strictEqual(yield* refused("gone"), "badRequest: Flavor gone could not be found.")
      assert.strictEqual(yield* refused("flat"), "badRequest: Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.")
      assert.match(yield* refused("huge"), /^forbidden: Quota exceeded for cores: Requested 63, but already used 1 of 20 cores/)
      yield* move(cloud, before, { flavorId: "big" })
      yield* cloud.settled(before)
      yield* act(cloud, before, "confirmResize")
      assert.match(yield* refused("less"), /^badRequest: Flavor's disk is smaller/)
    }))

  it.effect("counts against quota as the larger of both until it is decided, exactly, however many ask", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith({ hosts: 8 })
      const made = yield* Effect.forEach(["a", "b", "c", "d", "e", "f", "g", "h"], (name) => Effect.flatMap(cloud.make(name), cloud.settled))
      const answers = yield* Effect.forEach(made, (server) =>
        Effect.match(move(cloud, server, { flavorId: "big" }), { onSuccess: () => "taken", onFailure: ({ kind }) => kind }), { concurrency: "unbounded" })
      // Twenty cores: eight are there, and each grows by three.
      assert.strictEqual(answers.filter((answer) => answer === "taken").length, 4)
      assert.strictEqual(answers.filter((answer) => answer === "forbidden").length, 4)
      const waiting = yield* Effect.forEach(made, cloud.settled)
      assert.strictEqual(cloud.index.usageOfProject("project").cores, 20)
      for (const server of waiting) if (server.vmState === "resized") yield* cloud.servers.perform(asked(`req-revert-${server.id}`), server.id, "revertResize")
      yield* cloud.settled(made[0]!)
      assert.strictEqual(cloud.index.usageOfProject("project").cores, 8)
    }))

  it.effect("whose new host fails is given up, and the server runs where it ran", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm" })
      yield* move(cloud, before, { flavorId: "big" })
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([seen(after), after.powerState, after.migration], [["ACTIVE", before.host, "tiny"], 1, null])
      assert.deepStrictEqual([yield* guests(cloud, after.id), historyOf(after)], [[`${before.host} running`], [["resize", "error"]]])
      assert.strictEqual(after.fault?.message, "no kvm")
      assert.deepStrictEqual(usage(cloud, other(before.host)), [0, 0])
    }))

  it.effect("that was not decided is deleted on both hosts", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before, { flavorId: "big" })
      yield* cloud.settled(before)
      const after = yield* act(cloud, before, "delete")
      assert.deepStrictEqual([after.vmState, yield* guests(cloud, after.id), historyOf(after)], ["deleted", [], [["resize", "confirmed"]]])
      for (const host of ["sim-0001", "sim-0002"]) assert.deepStrictEqual(usage(cloud, host), [0, 0])
    }))
})

describe("a cold migration", () => {
  it.effect("goes to the host that is named, and back when it is reverted", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith({ hosts: 3 })
      const before = yield* cloud.settled(yield* cloud.make("a", { host: "sim-0001" }))
      const same = yield* Effect.flip(move(cloud, before, { host: "sim-0001" }))
      assert.deepStrictEqual([same.kind, same.message], ["badRequest", "Cannot migrate to the host where the server exists."])
      yield* move(cloud, before, { host: "sim-0003" })
      const waiting = yield* cloud.settled(before)
      assert.deepStrictEqual(seen(waiting), ["VERIFY_RESIZE", "sim-0003", "tiny"])
      yield* cloud.faults.lose("sim-0001")
      for (const action of ["confirmResize", "revertResize"] as const) {
        const early = yield* Effect.flip(cloud.servers.perform(asked(`req-early-${action}`), before.id, action))
        assert.deepStrictEqual([early.kind, early.message], ["conflict", "Service is unavailable at this time."])
      }
      yield* cloud.faults.restore("sim-0001")
      const after = yield* act(cloud, before, "revertResize")
      assert.deepStrictEqual([seen(after), historyOf(after)], [["ACTIVE", "sim-0001", "tiny"], [["migration", "reverted"]]])
    }))

  it.effect("of a server whose host is down, or that waits already, is a conflict", () =>
    Effect.gen(function*() {
      const cloud = yield* cloudWith()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.faults.lose(before.host!)
      assert.strictEqual((yield* Effect.flip(move(cloud, before))).message, "Service is unavailable at this time.")
      yield* cloud.faults.restore(before.host!)
      yield* move(cloud, before)
      yield* cloud.settled(before)
      const again = yield* Effect.flip(move(cloud, before, {}, "req-again"))
      assert.strictEqual(again.message, `Cannot 'migrate' instance ${before.id} while it is in vm_state resized`)
    }))
})
