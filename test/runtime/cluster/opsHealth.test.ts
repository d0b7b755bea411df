/** Whether a member should have shards is the operators' word; effect/cluster's own checks do not change it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { RunnerAddress, RunnerHealth } from "effect/cluster"
import * as StoreRunners from "../../../src/runtime/cluster/StoreRunners.ts"
import { Store } from "../../../src/runtime/kernel/Store.ts"
import type { StoreRunner } from "../../../src/runtime/kernel/Store.ts"

const row = (port: number, isHealthy: boolean): StoreRunner => ({
  address: `10.0.0.1:${port}`, isHealthy, about: "{}", machineId: port, epoch: 1, leaseUntilMillis: 1
})
const store = Layer.mock(Store, { runners: Effect.succeed([row(1, true), row(2, false)]) })

describe("the health of members", () => {
  it.effect("is what the store says: a drained one is not made healthy again because it lives", () =>
    Effect.gen(function*() {
      const { isAlive } = yield* RunnerHealth.RunnerHealth
      const answers = yield* Effect.forEach([1, 2, 3], (port) => isAlive(RunnerAddress.make("10.0.0.1", port)))
      assert.deepStrictEqual(answers, [true, false, true])
    }).pipe(Effect.provide(Layer.provide(StoreRunners.health, store))))
})
