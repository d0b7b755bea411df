/** Guests that only exist in an agent's process, and the file that brings them back. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Stream } from "effect"
import { keepingGuests, survivorsIn } from "../../../src/drivers/agent/keptGuests.ts"
import { Fleet } from "../../../src/drivers/Driver.ts"
import { Faults } from "../../../src/drivers/simulated/Faults.ts"
import * as SimulatedFleet from "../../../src/drivers/simulated/SimulatedFleet.ts"
import { breathe } from "../../fixtures/asked.ts"
import { specOf } from "../specs.ts"
import { tempFolder } from "./world.ts"

/** A start of the process. */
const started = (folder: string) =>
  Effect.map(
    Layer.build(Layer.fresh(SimulatedFleet.layer({ names: ["host", "other"], survivors: survivorsIn(folder) }))),
    (context) => ({ fleet: keepingGuests(Context.get(context, Fleet), folder), faults: Context.get(context, Faults) })
  )

describe("simulated guests", () => {
  it.effect("survive the process, each on its host and as it was", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const { fleet } = yield* started(folder)
      const driver = fleet.driver("host")!
      yield* driver.spawn(specOf(1), { epoch: 1 })
      yield* driver.spawn(specOf(2), { epoch: 1 })
      yield* driver.spawn(specOf(3), { epoch: 1 })
      yield* driver.powerOff(specOf(2).id, Duration.zero, { epoch: 1 })
      yield* driver.destroy(specOf(3).id, { epoch: 1 })
      yield* fleet.driver("other")!.spawn(specOf(4), { epoch: 1 })
      const next = (yield* started(folder)).fleet
      assert.deepStrictEqual(yield* next.driver("host")!.list, [
        { id: specOf(1).id, power: "running" }, { id: specOf(2).id, power: "shutdown" }
      ])
      assert.deepStrictEqual(yield* next.driver("other")!.list, [{ id: specOf(4).id, power: "running" }])
    }).pipe(Effect.scoped))

  it.effect("that were spawned are in the file before the call is answered", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const { fleet } = yield* started(folder)
      yield* fleet.driver("host")!.spawn(specOf(1), { epoch: 1 })
      assert.include(readFileSync(join(folder, "hosts", "host", "guests.json"), "utf8"), specOf(1).id)
    }).pipe(Effect.scoped))

  it.effect("that crashed by themselves are found crashed", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const { faults, fleet } = yield* started(folder)
      yield* Effect.forkScoped(Stream.runDrain(fleet.events), { startImmediately: true })
      yield* fleet.driver("host")!.spawn(specOf(1), { epoch: 1 })
      yield* faults.crash("host", specOf(1).id)
      yield* breathe
      assert.deepStrictEqual(yield* (yield* started(folder)).fleet.driver("host")!.list, [{ id: specOf(1).id, power: "crashed" }])
    }).pipe(Effect.scoped))

  it.effect("are not forgotten without a word where their file is damaged", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const { fleet } = yield* started(folder)
      yield* fleet.driver("host")!.spawn(specOf(1), { epoch: 1 })
      writeFileSync(join(folder, "hosts", "host", "guests.json"), "[{")
      assert.throws(() => survivorsIn(folder)("host"), /guests\.json is damaged/)
    }).pipe(Effect.scoped))
})
