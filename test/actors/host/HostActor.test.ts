/** What a host does with messages that come late, twice, out of order, or for a server that no longer fits. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { hosts } from "../../../src/actors/host/Host.ts"
import { HostEntity } from "../../../src/actors/host/HostProtocol.ts"
import type { Instance, Step } from "../../../src/actors/instance/Instance.ts"
import { powerStates } from "../../../src/actors/instance/states.ts"
import { Fleet } from "../../../src/drivers/Driver.ts"
import { aCloud, asked, breathe } from "../../fixtures/asked.ts"
import type { Cloud } from "../../fixtures/asked.ts"

/** The message a step of this generation would have been. */
const step = (server: Instance, name: Step, generation: number): Instance => ({
  ...server,
  generation,
  work: {
    action: name === "spawn" ? "create" : "stop", step: name, generation, requestId: "req-late", touchedAtMillis: 0,
    deadlineMillis: Number.MAX_SAFE_INTEGER, attempt: 1, excludedHosts: []
  }
})

const drive = Effect.fnUntraced(function*(cloud: Cloud, instance: Instance, host = instance.host!) {
  const entities = yield* Effect.provideContext(HostEntity.client, cloud.context)
  yield* Effect.orDie(entities(host).Drive({ instance }))
  yield* breathe
})

const guestsOn = (cloud: Cloud, host: string) =>
  Effect.orDie(Effect.suspend(() => Context.get(cloud.context, Fleet).driver(host)!.list))

const operations = (cloud: Cloud) => cloud.calls.map(({ operation }) => operation).filter((operation) => operation !== "list")

const running = Effect.fnUntraced(function*(options: { readonly hosts?: number } = {}) {
  const cloud = yield* aCloud(options)
  const server = yield* cloud.settled(yield* cloud.make("a"))
  assert.strictEqual(server.vmState, "active")
  cloud.calls.length = 0
  return { cloud, server }
})

describe("a host", () => {
  it.effect("does not touch the hypervisor for a step that is over", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running()
      yield* drive(cloud, step(server, "drive", server.generation - 1))
      assert.deepStrictEqual(operations(cloud), [])
      assert.deepStrictEqual(yield* guestsOn(cloud, server.host!), [{ id: server.id, power: "running" }])
    }))

  it.effect("runs a step that is sent again while it runs once", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Hang" }, 1)
      const spawning = yield* cloud.settled(yield* cloud.make("a"))
      yield* drive(cloud, spawning)
      assert.deepStrictEqual(operations(cloud).filter((operation) => operation === "spawn"), ["spawn"])
      yield* cloud.faults.clear
      assert.strictEqual((yield* cloud.settled(spawning)).vmState, "active")
    }))

  it.effect("runs a step again whose outcome nobody took", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running()
      const lost = step(server, "drive", server.generation + 1)
      yield* drive(cloud, lost)
      yield* drive(cloud, lost)
      assert.deepStrictEqual(operations(cloud), ["powerOff", "powerOff"])
    }))

  it.effect("ends an older step that hangs before it begins a newer one", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Hang" })
      const spawning = yield* cloud.settled(yield* cloud.make("a"))
      yield* cloud.servers.perform(asked("req-delete"), spawning.id, "delete")
      assert.strictEqual((yield* cloud.settled(spawning)).vmState, "deleted")
      yield* cloud.faults.clear
      yield* breathe
      assert.deepStrictEqual(yield* guestsOn(cloud, spawning.host!), [])
    }))

  it.effect("takes a half-made guest away before another host tries", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud()
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: true }, 1)
      const server = yield* cloud.settled(yield* cloud.make("a"))
      const changes = cloud.calls.filter(({ operation }) => operation === "spawn" || operation === "destroy")
      const [first, undone, second] = changes
      assert.deepStrictEqual(changes.map(({ operation }) => operation), ["spawn", "destroy", "spawn"])
      assert.deepStrictEqual([undone?.host, second?.host], [first?.host, server.host])
      assert.notStrictEqual(first?.host, second?.host)
    }))

  it.effect("refuses a claim that would promise more than it has", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running({ hosts: 1 })
      const record = cloud.records.get(hosts, server.host!)!
      yield* cloud.records.write([{ table: hosts, expect: "any", put: { ...record, memoryMb: 600 } }])
      yield* drive(cloud, step(server, "spawn", server.generation + 1))
      assert.deepStrictEqual(operations(cloud), [])
    }))

  it.effect("stops a server that no longer fits all the same", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running({ hosts: 1 })
      const record = cloud.records.get(hosts, server.host!)!
      yield* cloud.records.write([{ table: hosts, expect: "any", put: { ...record, memoryMb: 600 } }])
      yield* drive(cloud, step(server, "drive", server.generation + 1))
      assert.deepStrictEqual(operations(cloud), ["powerOff"])
    }))

  it.effect("speaks to its hypervisor under the epoch it holds the journal by", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running()
      yield* cloud.servers.perform(asked("req-stop"), server.id, "stop")
      yield* cloud.settled(server)
      assert.deepStrictEqual(cloud.calls.filter(({ epoch }) => epoch !== null), [{ host: server.host!, operation: "powerOff", epoch: 1 }])
    }))

  it.effect("hears only of servers it has", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running()
      const entities = yield* Effect.provideContext(HostEntity.client, cloud.context)
      const other = ["sim-0001", "sim-0002"].find((host) => host !== server.host)!
      yield* Effect.orDie(entities(other).Observe({ instanceId: server.id, power: powerStates.shutdown }))
      assert.strictEqual((yield* cloud.settled(server)).vmState, "active")
      yield* Effect.orDie(entities(server.host!).Observe({ instanceId: server.id, power: powerStates.shutdown }))
      assert.strictEqual((yield* cloud.settled(server)).vmState, "stopped")
    }))
})
