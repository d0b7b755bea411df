/** Hosts that come while the cloud runs: they are registered, numbered and compared. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, PubSub, Stream } from "effect"
import { TestClock } from "effect/testing"
import { hosts } from "../../../src/actors/host/Host.ts"
import { Fleet } from "../../../src/drivers/Driver.ts"
import { Kilonova } from "../../../src/runtime/Kilonova.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { breathe } from "../../fixtures/asked.ts"
import { hypervisors } from "../../drivers/agent/world.ts"

/** A fleet of hosts that are not there until the test says so. */
const comingAndGoing = Effect.gen(function*() {
  const { faults, fleet } = yield* hypervisors(["a", "b", "c"])
  const here = new Set<string>()
  const arrivals = yield* PubSub.unbounded<string>()
  const asked: Array<string> = []
  const coming = Fleet.of({
    ...fleet,
    get hosts() {
      return [...here]
    },
    arrivals: Stream.fromPubSub(arrivals),
    driver: (hostname) => {
      asked.push(hostname)
      return fleet.driver(hostname)
    }
  })
  return {
    faults, asked, layer: Layer.succeed(Fleet, coming),
    come: (hostname: string) => Effect.andThen(Effect.sync(() => here.add(hostname)), PubSub.publish(arrivals, hostname)),
    go: (hostname: string) => Effect.sync(() => here.delete(hostname))
  }
})

const settled = Effect.andThen(breathe, Effect.andThen(TestClock.adjust(Limits.agentBatchMillis), breathe))

describe("a host that comes", () => {
  it.effect("is registered, together with those that come with it, and again when it has changed", () =>
    Effect.gen(function*() {
      const { come, layer } = yield* comingAndGoing
      const context = yield* Layer.build(Kilonova.layer({ listen: null, fleet: layer }))
      const records = Context.get(context, Records)
      const known = () => [...records.all(hosts)].map(({ hostname, number, vcpus }) => `${hostname} ${number} ${vcpus > 0}`)
      let writes = 0
      yield* records.watch([hosts], () => void writes++)
      assert.deepStrictEqual(known(), [])
      yield* come("a")
      yield* come("b")
      yield* settled
      assert.deepStrictEqual([known(), writes], [["a 1 true", "b 2 true"], 2])
      const before = records.get(hosts, "a")!
      yield* records.write([{ table: hosts, put: { ...before, vcpus: 1 }, expect: "any" }])
      yield* come("a")
      yield* settled
      assert.strictEqual(records.get(hosts, "a")!.vcpus, before.vcpus)
    }).pipe(Effect.scoped))

  it.effect("and moves to another runner while it is asked keeps no other from being registered", () =>
    Effect.gen(function*() {
      const { come, layer } = yield* comingAndGoing
      const moving = Layer.effect(Fleet, Effect.map(Fleet, (fleet) => Fleet.of({
        get hosts() {
          return fleet.hosts
        },
        arrivals: fleet.arrivals,
        driver: (hostname) => hostname === "a" ? Object.create(fleet.driver(hostname)!, { inventory: { value: Effect.interrupt } }) : fleet.driver(hostname),
        isUp: fleet.isUp,
        events: fleet.events
      }))).pipe(Layer.provide(layer))
      const context = yield* Layer.build(Kilonova.layer({ listen: null, fleet: moving }))
      const records = Context.get(context, Records)
      for (const hostname of ["b", "a", "c"]) yield* come(hostname)
      yield* settled
      assert.deepStrictEqual([...records.all(hosts)].map(({ hostname }) => hostname).toSorted(), ["b", "c"])
    }).pipe(Effect.scoped))

  it.effect("and does not answer is asked again while it is there, and not after", () =>
    Effect.gen(function*() {
      const { come, faults, go, layer } = yield* comingAndGoing
      const context = yield* Layer.build(Kilonova.layer({ listen: null, fleet: layer }))
      const records = Context.get(context, Records)
      yield* faults.inject({ operation: "inventory" }, { _tag: "Fail", message: "not yet" }, 2)
      yield* come("a")
      yield* settled
      assert.isUndefined(records.get(hosts, "a"))
      yield* TestClock.adjust(2 * Limits.inventoryRetryMillis)
      yield* settled
      assert.isDefined(records.get(hosts, "a"))
      yield* faults.inject({ operation: "inventory" }, { _tag: "Fail", message: "gone" })
      yield* come("b")
      yield* go("b")
      yield* settled
      yield* faults.clear
      yield* TestClock.adjust(10 * Limits.inventoryRetryMillis)
      yield* settled
      assert.isUndefined(records.get(hosts, "b"))
    }).pipe(Effect.scoped))

  it.effect("never gets a number that another process gave away", () =>
    Effect.gen(function*() {
      const { come, layer } = yield* comingAndGoing
      const context = yield* Layer.build(Kilonova.layer({ listen: null, fleet: layer }))
      const records = Context.get(context, Records)
      yield* come("a")
      yield* settled
      const twin = { ...records.get(hosts, "a")!, hostname: "twin", id: "other", serviceId: "other too" }
      const error = yield* Effect.flip(records.write([{ table: hosts, put: twin, expect: "absent" }]))
      assert.deepInclude(error, { _tag: "VersionConflict", stream: { type: "host/number", id: "1" } })
    }).pipe(Effect.scoped))
})
