/** The conductor's workflows alone: what they ask of the others, and what they undo. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { place } from "../../../src/actors/conductor/placeWorkflow.ts"
import { release } from "../../../src/actors/conductor/releaseWorkflow.ts"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { Outcome } from "../../../src/actors/instance/InstanceCommand.ts"
import type { Networks } from "../../../src/actors/network/NetworkProtocol.ts"
import { type Refusal, refuse } from "../../../src/actors/shared/Refusal.ts"
import { anInstance } from "../../fixtures/instances.ts"

const building = anInstance({
  vmState: "building", taskState: "scheduling", host: null, launchedAt: null, generation: 1,
  work: {
    action: "create", step: "schedule", generation: 1, requestId: "r", touchedAtMillis: 0, deadlineMillis: 1, attempt: 1,
    excludedHosts: []
  }
})
const placed: Instance = { ...building, host: "host-1", generation: 2, work: { ...building.work!, step: "spawn", generation: 2 } }

/** Everybody a workflow asks, and what they were asked. `after` is the server once it was told. */
const others = (options: { readonly after?: Instance; readonly allocated?: Refusal; readonly released?: Refusal } = {}) => {
  const asked: Array<string> = []
  const told: Array<typeof Outcome.Type> = []
  const answer = <A>(name: string, refusal: Refusal | undefined, value: A) =>
    Effect.suspend(() => {
      asked.push(name)
      return refusal === undefined ? Effect.succeed(value) : Effect.fail(refusal)
    })
  const networks: Networks["Service"] = {
    validate: () => Effect.succeed({ devicePorts: [] }),
    allocate: () => answer("allocate", options.allocated, []),
    release: () => answer("release", options.released, undefined),
    rebind: () => answer("rebind", undefined, undefined),
    holders: Effect.succeed([]),
    list: () => Effect.succeed([])
  }
  const scheduler = { Select: () => answer("select", undefined, { host: "host-1", availabilityZone: "nova", promise: { shard: "s", epoch: 1 } }) }
  const tell = (_: Instance, outcome: typeof Outcome.Type) =>
    Effect.sync(() => {
      told.push(outcome)
      return options.after ?? placed
    })
  return { asked, told, networks, scheduler, tell }
}

describe("placing", () => {
  it.effect("picks a host, allocates the ports, and tells the server", () =>
    Effect.gen(function*() {
      const world = others()
      yield* place(world, building)
      assert.deepStrictEqual(world.asked, ["select", "allocate"])
      assert.deepStrictEqual(world.told, [{ _tag: "Placed", host: "host-1", availabilityZone: "nova", nics: [] }])
    }))

  it.effect("tells why there are no ports", () =>
    Effect.gen(function*() {
      const world = others({ allocated: refuse("conflict", "No more IP addresses.") })
      yield* place(world, building)
      assert.deepStrictEqual(world.told, [{
        _tag: "Failed", message: "Failed to allocate the network(s): No more IP addresses.", details: null, code: 500, isRetryable: false
      }])
    }))

  it.effect.each<readonly [string, Partial<Instance>]>([
    ["was deleted", { vmState: "deleted", work: null }],
    ["is being deleted", { work: { ...building.work!, action: "delete", step: "release", generation: 3 } }]
  ])("gives the ports back to nobody's server: it %s meanwhile", ([, change]) =>
    Effect.gen(function*() {
      const world = others({ after: { ...building, ...change } })
      yield* place(world, building)
      assert.deepStrictEqual(world.asked, ["select", "allocate", "release"])
    }))
})

describe("releasing", () => {
  it.effect("tells the server that its ports are gone", () =>
    Effect.gen(function*() {
      const world = others()
      yield* release(world, placed)
      assert.deepStrictEqual([world.asked, world.told], [["release"], [{ _tag: "Done" }]])
    }))

  it.effect("tells the server why they are not", () =>
    Effect.gen(function*() {
      const world = others({ released: refuse("conflict", "Too many writers.") })
      yield* release(world, placed)
      assert.deepStrictEqual(world.told.map((outcome) => outcome._tag === "Failed" && outcome.message), ["Too many writers."])
    }))

  it.effect("tells nothing while the store is away: that is no answer, and is asked again", () =>
    Effect.gen(function*() {
      const away = refuse("unavailable", "The service cannot store changes now.")
      const world = others({ released: away })
      assert.deepStrictEqual(yield* Effect.flip(release(world, placed)), away)
      assert.deepStrictEqual(world.told, [])
    }))
})
