/** Builds through the real actors, on simulated hosts and virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { TestClock } from "effect/testing"
import { Sharding } from "effect/cluster"
import { serverGroups } from "../../src/actors/catalog/ServerGroup.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud, asked, create } from "../fixtures/asked.ts"

describe("a build", () => {
  it.effect("ends ACTIVE on a host that counts it", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const accepted = yield* cloud.make("a")
      assert.deepStrictEqual([accepted.vmState, accepted.taskState], ["building", "scheduling"])
      const server = yield* cloud.settled(accepted)
      assert.deepStrictEqual([server.vmState, server.taskState, server.powerState, server.fault], ["active", null, 1, null])
      assert.strictEqual(cloud.index.usageOfHost(server.host!).instances, 1)
      assert.deepStrictEqual(server.actions.map(({ action, events }) => [action, events[0]?.result]), [["create", "Success"]])
    }))

  it.effect("moves on to another host when one fails, and gives back what it took there", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: true }, 1)
      const server = yield* cloud.settled(yield* cloud.make("a"))
      assert.strictEqual(server.vmState, "active")
      const other = ["sim-0001", "sim-0002"].find((host) => host !== server.host)!
      assert.strictEqual(cloud.index.usageOfHost(other).instances, 0)
    }))

  it.effect("that fails everywhere ends in ERROR, saying why, and holds nothing", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: true })
      const server = yield* cloud.settled(yield* cloud.make("a"))
      assert.strictEqual(server.vmState, "error")
      assert.include(server.fault?.message, "Exhausted all hosts available for retrying build failures")
      assert.deepStrictEqual([server.host, server.nics, server.work], [null, [], null])
      for (const host of ["sim-0001", "sim-0002"]) assert.strictEqual(cloud.index.usageOfHost(host).instances, 0)
    }))

  it.effect("that fits nowhere says which filter refused how many hosts", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const server = yield* cloud.settled(yield* cloud.make("a", { hints: {}, availabilityZone: "nova", host: "sim-0001" }))
      assert.strictEqual(server.host, "sim-0001")
      yield* cloud.faults.lose("sim-0001")
      const refused = yield* cloud.settled(yield* cloud.make("b", { host: "sim-0001" }))
      assert.strictEqual(
        refused.fault?.message,
        "No valid host was found. RequestedHostFilter refused 1 of 2; ComputeFilter refused 1 of 2."
      )
    }))

  it.effect("whose hypervisor hangs ends at its deadline", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Hang" })
      const accepted = yield* cloud.make("a")
      assert.strictEqual((yield* cloud.settled(accepted)).taskState, "spawning")
      yield* TestClock.adjust(Limits.taskMillisMax + Limits.watchdogMillis)
      const server = yield* cloud.settled(accepted)
      assert.strictEqual(server.vmState, "error")
      assert.include(server.fault?.message, "did not finish in time")
      yield* cloud.servers.perform(asked("req-delete"), server.id, "delete")
      assert.strictEqual((yield* cloud.settled(accepted)).vmState, "deleted")
    }))

  it.effect("can be deleted while it hangs, and leaves nothing", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Hang" })
      const spawning = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.servers.perform(asked("req-delete"), spawning.id, "delete")
      const server = yield* cloud.settled(spawning)
      assert.deepStrictEqual([server.vmState, server.work], ["deleted", null])
      assert.strictEqual(cloud.index.usageOfHost(spawning.host!).instances, 0)
    }))
})

describe("quota", () => {
  it.effect("is exact, however many ask at once", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const answers = yield* Effect.forEach(
        Array.from({ length: 30 }, (_, at) => `vm-${at}`),
        (name) => Effect.match(cloud.make(name), { onSuccess: () => "made", onFailure: (refusal) => refusal.kind }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(answers.filter((answer) => answer === "made").length, 10)
      assert.strictEqual(answers.filter((answer) => answer === "forbidden").length, 20)
      assert.strictEqual(cloud.index.usageOfProject("project").instances, 10)
    }))

  it.effect("comes back with a delete, and takes what fits of a request for several", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const made = yield* cloud.servers.create(asked("req-many"), create({ minCount: 1, maxCount: 12 }))
      assert.deepStrictEqual([made.length, made[0]?.name, made[9]?.name], [10, "vm-1", "vm-10"])
      yield* cloud.settled(made[0]!)
      assert.strictEqual((yield* Effect.flip(cloud.make("one-more"))).kind, "forbidden")
      yield* cloud.servers.perform(asked("req-delete"), made[0]!.id, "delete")
      yield* cloud.settled(made[0]!)
      assert.strictEqual((yield* cloud.make("one-more")).vmState, "building")
    }))
})

describe("placement", () => {
  it.effect("keeps an anti-affinity group apart even when all come at once", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 4 })
      yield* cloud.records.write([{
        table: serverGroups,
        expect: "absent",
        put: { id: "group", name: "apart", projectId: "project", userId: "user", policy: "anti-affinity", maxServerPerHost: 1, createdAt: "" }
      }])
      const made = yield* Effect.forEach(
        ["a", "b", "c", "d", "e"], (name) => cloud.make(name, { hints: { group: "group" } }), { concurrency: "unbounded" }
      )
      const ended = yield* Effect.forEach(made, cloud.settled)
      const hosts = ended.flatMap(({ host }) => host === null ? [] : [host])
      assert.deepStrictEqual([hosts.length, new Set(hosts).size], [4, 4])
      assert.strictEqual(ended.filter(({ vmState }) => vmState === "error").length, 1)
    }))
})

describe("residence", () => {
  it.effect("is for servers somebody asks something; the others wait in the journal", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const sharding = Context.getUnsafe(cloud.context, Sharding.Sharding)
      const made = yield* Effect.forEach(["a", "b", "c", "d", "e"], (name) => cloud.make(name))
      const server = yield* cloud.settled(made[0]!)
      const busy = yield* sharding.activeEntityCount
      yield* TestClock.adjust("2 minutes")
      yield* cloud.settled(server)
      const idle = yield* sharding.activeEntityCount
      assert.strictEqual(busy - idle, 5)
      yield* cloud.servers.perform(asked("req-stop"), server.id, "stop")
      assert.strictEqual((yield* cloud.settled(server)).vmState, "stopped")
    }))
})

describe("a guest", () => {
  it.effect("that dies by itself is a stopped server", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      const server = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.faults.crash(server.host!, server.id)
      const after = yield* cloud.settled(server)
      assert.deepStrictEqual([after.vmState, after.powerState], ["stopped", 6])
    }))
})
