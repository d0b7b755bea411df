/** Servers that move while they run, through the real actors, on simulated hosts and virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { TestClock } from "effect/testing"
import { serverGroups } from "../../src/actors/catalog/ServerGroup.ts"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import type { Asked, LiveMigrate } from "../../src/actors/instance/ServersProtocol.ts"
import { statusOf } from "../../src/actors/instance/states.ts"
import { Placement } from "../../src/actors/placement/PlacementProtocol.ts"
import type { DomainSpec } from "../../src/drivers/Driver.ts"
import { Fleet } from "../../src/drivers/Driver.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud, asked, type Cloud } from "../fixtures/asked.ts"

const asAdmin = (requestId: string): Asked => {
  const { caller } = asked(requestId)
  return { requestId, caller: { ...caller, roles: ["admin"], isAdmin: true } }
}
const anywhere: LiveMigrate = { host: null, isForced: false, copiesDisks: null, isChecked: false }
const move = (cloud: Cloud, { id }: Instance, to: Partial<LiveMigrate> = {}, requestId = `req-move-${id}`) =>
  cloud.servers.liveMigrate(asAdmin(requestId), id, { ...anywhere, ...to })

/** Where the hypervisors have the guest, each with its power. */
const guests = (cloud: Cloud, id: string) => {
  const fleet = Context.get(cloud.context, Fleet)
  return Effect.map(
    Effect.forEach(fleet.hosts, (host) => Effect.map(Effect.orDie(fleet.driver(host)!.list), (all) =>
      all.filter((guest) => guest.id === id).map(({ power }) => `${host} ${power}`))),
    (found) => found.flat()
  )
}
const instances = (cloud: Cloud) => ["sim-0001", "sim-0002"].map((host) => cloud.index.usageOfHost(host).instances)
const other = (host: string | null) => host === "sim-0001" ? "sim-0002" : "sim-0001"
const historyOf = ({ migrations = [] }: Instance) => migrations.map(({ destination, source, status, type }) =>
  [type, status, source.host, destination?.host ?? null])
const logOf = ({ actions }: Instance) => actions.map(({ action, events }) => [action, events[0]?.event, events[0]?.result])
const slow = { fleet: { copyPerGib: "20 seconds" } } as const

describe("a live migration", () => {
  it.effect("takes the server to another host, as it runs, and keeps the record of it", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      const accepted = yield* move(cloud, before)
      assert.deepStrictEqual([accepted.taskState, statusOf(accepted.vmState, accepted.taskState)], ["migrating", "MIGRATING"])
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.taskState, after.powerState, after.fault], ["active", null, 1, null])
      assert.deepStrictEqual([after.host, after.launchedAt], [other(before.host), before.launchedAt])
      assert.deepStrictEqual(yield* guests(cloud, after.id), [`${after.host} running`])
      assert.deepStrictEqual(historyOf(after), [["live-migration", "completed", before.host, after.host]])
      assert.deepStrictEqual(logOf(after).at(-1), ["live-migration", "compute_live_migration", "Success"])
      assert.deepStrictEqual([after.migration, after.work], [null, null])
      assert.deepStrictEqual(instances(cloud), after.host === "sim-0001" ? [1, 0] : [0, 1])
    }))

  it.effect("counts on both hosts while it runs, and Placement says whose", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud(slow)
      const placement = Context.get(cloud.context, Placement)
      const held = (consumer: string) => [...placement.allocationsOfConsumer(consumer)].map(([provider, { consumerType }]) => [provider.hostname, consumerType])
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before)
      const moving = yield* cloud.settled(before)
      assert.deepStrictEqual([moving.work?.step, moving.migration?.status, moving.host], ["migrate", "running", before.host])
      assert.deepStrictEqual(instances(cloud), [1, 1])
      assert.deepStrictEqual(held(moving.id), [[other(before.host), "INSTANCE"]])
      assert.deepStrictEqual(held(moving.migration!.id), [[before.host, "MIGRATION"]])
      yield* TestClock.adjust("10 seconds")
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.host, held(after.id)], [other(before.host), [[other(before.host), "INSTANCE"]]])
      assert.deepStrictEqual(held(moving.migration!.id), [])
    }))

  it.effect("of a paused server leaves it paused", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.servers.perform(asked("req-pause"), before.id, "pause")
      yield* cloud.settled(before)
      yield* move(cloud, before)
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.powerState, after.host], ["paused", 3, other(before.host)])
      assert.deepStrictEqual(yield* guests(cloud, after.id), [`${after.host} paused`])
    }))

  it.effect("goes to the host that is named, if the scheduler has nothing against it", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 4 })
      const before = yield* cloud.settled(yield* cloud.make("a", { host: "sim-0001" }))
      yield* move(cloud, before, { host: "sim-0003" })
      const after = yield* cloud.settled(before)
      assert.strictEqual(after.host, "sim-0003")
      yield* cloud.faults.lose("sim-0004")
      yield* move(cloud, before, { host: "sim-0004" }, "req-down")
      const refused = yield* cloud.settled(before)
      assert.deepStrictEqual([refused.vmState, refused.host, refused.taskState], ["active", "sim-0003", null])
      assert.strictEqual(refused.fault?.message, "Compute service of sim-0004 is unavailable at this time.")
      assert.deepStrictEqual(historyOf(refused).at(-1), ["live-migration", "error", "sim-0003", null])
      const unknown = yield* Effect.flip(move(cloud, before, { host: "nowhere" }, "req-nowhere"))
      assert.deepStrictEqual([unknown.kind, unknown.message], ["badRequest", "Compute host nowhere could not be found."])
      const same = yield* Effect.flip(move(cloud, before, { host: "sim-0003", isChecked: true }, "req-same"))
      assert.deepStrictEqual([same.kind, same.message], ["badRequest", `Unable to migrate instance (${before.id}) to current host (sim-0003).`])
    }))

  it.effect("several at once: nobody is promised what is not there", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 3, ...slow })
      yield* cloud.records.write([{
        table: serverGroups, expect: "absent",
        put: { id: "group", name: "apart", projectId: "project", userId: "user", policy: "anti-affinity", maxServerPerHost: 1, createdAt: "" }
      }])
      const made = yield* Effect.forEach(["a", "b"], (name) => Effect.flatMap(cloud.make(name, { hints: { group: "group" } }), cloud.settled))
      yield* Effect.forEach(made, (server) => move(cloud, server), { concurrency: "unbounded" })
      yield* cloud.settled(made[0]!)
      yield* TestClock.adjust("20 seconds")
      const ended = yield* Effect.forEach(made, cloud.settled)
      assert.strictEqual(new Set(ended.map(({ host }) => host)).size, 2)
      // One free host for two: the other is told so, and stays.
      assert.deepStrictEqual(ended.map(({ fault }) => fault === null).sort(), [false, true])
      assert.deepStrictEqual(ended.map(({ migrations }) => migrations?.[0]?.number).sort(), [1, 2])
    }))
})

describe("a live migration that fails", () => {
  it.effect("at the source leaves the server there, and nothing at the destination", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.faults.inject({ operation: "performMigration" }, { _tag: "Fail", message: "the line is dead" })
      yield* move(cloud, before)
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.host, after.taskState, after.migration], ["active", before.host, null, null])
      assert.deepStrictEqual(historyOf(after), [["live-migration", "failed", before.host, other(before.host)]])
      assert.deepStrictEqual(logOf(after).at(-1), ["live-migration", "compute_live_migration", "Error"])
      assert.deepStrictEqual(yield* guests(cloud, after.id), [`${before.host} running`])
      assert.deepStrictEqual(instances(cloud), before.host === "sim-0001" ? [1, 0] : [0, 1])
    }))

  it.effect("at the destination tries another, and says why when there is none", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 3 })
      const before = yield* cloud.settled(yield* cloud.make("a", { host: "sim-0001" }))
      yield* cloud.faults.inject({ operation: "prepareMigration" }, { _tag: "Fail", message: "no room" }, 1)
      yield* move(cloud, before)
      const after = yield* cloud.settled(before)
      assert.include(["sim-0002", "sim-0003"], after.host)
      assert.strictEqual(after.fault, null)
      yield* cloud.faults.inject({ operation: "prepareMigration" }, { _tag: "Fail", message: "no room" })
      yield* move(cloud, before, {}, "req-again")
      const stayed = yield* cloud.settled(before)
      assert.deepStrictEqual([stayed.host, stayed.vmState], [after.host, "active"])
      assert.include(stayed.fault?.message, "No valid host was found")
      assert.include(stayed.fault?.details, "no room")
    }))

  it.effect("by its deadline stays where its guest is", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.faults.inject({ operation: "performMigration" }, { _tag: "Hang" })
      yield* move(cloud, before)
      yield* TestClock.adjust(2 * Limits.migrationGibMillisMax + 2 * Limits.watchdogMillis)
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.host, after.work], ["active", before.host, null])
      assert.include(after.fault?.message, "did not finish in time")
      assert.deepStrictEqual(yield* guests(cloud, after.id), [`${before.host} running`])
    }))

  it.effect("with both hosts silent is undecided until one of them speaks", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud(slow)
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before)
      yield* cloud.settled(before)
      for (const host of ["sim-0001", "sim-0002"]) yield* cloud.faults.lose(host)
      yield* TestClock.adjust("20 minutes")
      const undecided = yield* cloud.settled(before)
      assert.deepStrictEqual([undecided.vmState, undecided.taskState, undecided.host], ["active", "migrating", before.host])
      assert.deepStrictEqual(instances(cloud), [1, 1])
      yield* cloud.faults.restore(before.host!)
      yield* TestClock.adjust(3 * Limits.moveUndoMillisMax)
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.taskState, after.host], ["active", null, before.host])
    }))

  it.effect("on paper alone is none: the guest had gone, and the server goes after it", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.faults.inject({ operation: "performMigration" }, { _tag: "Hang" }, 1)
      yield* move(cloud, before)
      yield* cloud.settled(before)
      const source = Context.get(cloud.context, Fleet).driver(before.host!)!
      const spec = { id: before.id, memoryMb: 512 } as DomainSpec
      yield* Effect.orDie(source.performMigration(spec, { target: other(before.host), copiesDisks: null }, { epoch: 1_000 }))
      yield* TestClock.adjust(2 * Limits.migrationGibMillisMax + 2 * Limits.watchdogMillis)
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.host, after.taskState], ["active", other(before.host), null])
      assert.deepStrictEqual(historyOf(after), [["live-migration", "completed", before.host, after.host]])
      assert.deepStrictEqual(yield* guests(cloud, after.id), [`${after.host} running`])
    }))
})

describe("a live migration under way", () => {
  it.effect("is ended by an abort, and the server stays", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud(slow)
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before)
      const moving = yield* cloud.settled(before)
      const wrong = yield* Effect.flip(cloud.servers.abortMigration(asAdmin("req-wrong"), moving.id, 99, true))
      assert.deepStrictEqual([wrong.kind, wrong.message], ["notFound", `Migration 99 not found for instance ${moving.id}`])
      yield* cloud.servers.abortMigration(asAdmin("req-abort"), moving.id, moving.migration!.number, false)
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.host, after.taskState], ["active", before.host, null])
      assert.deepStrictEqual(historyOf(after), [["live-migration", "cancelled", before.host, other(before.host)]])
      assert.deepStrictEqual(logOf(after).slice(1).map(([action, , result]) => [action, result]), [["live-migration", "Error"], ["live_migration_cancel", "Success"]])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* guests(cloud, after.id), [`${before.host} running`])
    }))

  it.effect("comes to its end at once when it is forced", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud(slow)
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before)
      const moving = yield* cloud.settled(before)
      yield* cloud.servers.forceCompleteMigration(asAdmin("req-force"), moving.id, moving.migration!.number)
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.host, after.taskState], [other(before.host), null])
    }))

  it.effect("takes nothing but its deletion, which leaves no guest anywhere", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud(slow)
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before)
      yield* cloud.settled(before)
      const refused = yield* Effect.flip(cloud.servers.perform(asked("req-stop"), before.id, "stop"))
      assert.strictEqual(refused.message, `Cannot 'stop' instance ${before.id} while it is in task_state migrating`)
      yield* cloud.servers.perform(asked("req-delete"), before.id, "delete")
      yield* TestClock.adjust("1 minute")
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.migration], ["deleted", null])
      assert.deepStrictEqual(yield* guests(cloud, after.id), [])
      assert.deepStrictEqual(instances(cloud), [0, 0])
    }))

  it.effect("goes on when its states are reset", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud(slow)
      const before = yield* cloud.settled(yield* cloud.make("a"))
      yield* move(cloud, before)
      yield* cloud.settled(before)
      yield* cloud.servers.resetState(asAdmin("req-reset"), before.id, "active")
      const refused = yield* Effect.flip(cloud.servers.perform(asked("req-stop"), before.id, "stop"))
      assert.strictEqual(refused.kind, "conflict")
      yield* TestClock.adjust("10 seconds")
      const after = yield* cloud.settled(before)
      assert.deepStrictEqual([after.vmState, after.host], ["active", other(before.host)])
    }))
})
