/** Long computations beside other work. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Steps } from "../../src/actors/shared/Steps.ts"
import { slicing } from "../../src/runtime/kernel/slicing.ts"
import { Limits } from "../../src/runtime/Limits.ts"

function* counting(steps: number, told: { isLate: boolean } = { isLate: false }): Steps<number> {
  for (let at = 0; at < steps; at++) {
    told.isLate = yield
    if (told.isLate) return at
  }
  return steps
}

function* deaf(): Steps<never> {
  for (;;) yield
}

/** Turns of the event loop while the effect runs. */
const turnsDuring = <A, E>(run: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    let turns = 0
    let isOver = false
    const look = () => {
      turns++
      if (!isOver) setImmediate(look)
    }
    setImmediate(look)
    const value = yield* run
    isOver = true
    return { turns, value }
  })

const slices = 20
const soon = Limits.slicedMillisMax

describe("a computation in slices", () => {
  it.effect("ends with what it comes to, and lets everybody else have a turn after each slice", () =>
    Effect.gen(function*() {
      const inSlices = yield* slicing
      const steps = slices * Limits.sliceStepsMax
      const { turns, value } = yield* turnsDuring(inSlices(counting(steps), soon))
      assert.strictEqual(value, steps)
      assert.isAtLeast(turns, slices - 1)
    }))

  it.live("pauses by the clock where its steps are long", () =>
    Effect.gen(function*() {
      const inSlices = yield* slicing
      function* slow(): Steps<string> {
        for (let at = 0; at < slices; at++) {
          for (const from = performance.now(); performance.now() - from < Limits.sliceMicrosMax / 1000;);
          yield
        }
        return "done"
      }
      const { turns, value } = yield* turnsDuring(inSlices(slow(), Infinity))
      assert.strictEqual(value, "done")
      assert.isAtLeast(turns, slices - 1)
    }))

  it.effect("of several takes no more of a turn than one alone", () =>
    Effect.gen(function*() {
      const inSlices = yield* slicing
      const some = Effect.forEach([1, 2, 3], () => inSlices(counting(slices * Limits.sliceStepsMax), soon), { concurrency: "unbounded" })
      const { turns } = yield* turnsDuring(some)
      assert.isAtLeast(turns, 3 * (slices - 1))
    }))

  it.effect("that hears that its time is up ends with what it has; one that does not is given up", () =>
    Effect.gen(function*() {
      const inSlices = yield* slicing
      const told = { isLate: false }
      const heard = yield* Effect.forkChild(inSlices(counting(Number.MAX_SAFE_INTEGER, told), soon))
      const unheard = yield* Effect.forkChild(Effect.flip(inSlices(deaf(), soon)))
      yield* TestClock.adjust(soon)
      assert.isAbove(yield* Fiber.join(heard), 0)
      assert.isTrue(told.isLate)
      assert.deepInclude(yield* Fiber.join(unheard), { kind: "unavailable", code: "ComputationTimeout" })
    }))

  it.effect("is gone when nobody waits for it any more", () =>
    Effect.gen(function*() {
      const inSlices = yield* slicing
      const lost = yield* Effect.forkChild(inSlices(deaf(), Infinity))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(lost)
      assert.strictEqual(yield* inSlices(counting(3), soon), 3)
    }))
})
