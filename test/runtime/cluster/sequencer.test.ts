import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Sequencer } from "../../../src/runtime/cluster/Sequencer.ts"
import type { FeedEntry } from "../../../src/runtime/kernel/Journal.ts"
import * as Listeners from "../../../src/runtime/kernel/Listeners.ts"

const entry = (position: number): FeedEntry => ({
  position, stream: { type: "t", id: String(position) }, version: 1, events: [], state: null, pending: false
})

const listening = Effect.gen(function*() {
  const listeners = Listeners.make()
  const heard: Array<number> = []
  yield* listeners.add((entries) => heard.push(...entries.map(({ position }) => position)))
  return { heard, listeners, sequencer: new Sequencer(listeners, 10) }
})

const Positions = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 30 })))

describe("the sequencer", () => {
  it.effect("tells entries in order, whatever order they come in", () =>
    Effect.gen(function*() {
      const { heard, sequencer } = yield* listening
      sequencer.offer([entry(13), entry(12)])
      assert.deepStrictEqual(heard, [])
      sequencer.offer([entry(11)])
      assert.deepStrictEqual(heard, [11, 12, 13])
      assert.strictEqual(sequencer.applied, 13)
    }))

  it.effect.prop("tells each entry once, without a gap, of any offers", { positions: Positions }, ({ positions }) =>
    Effect.gen(function*() {
      const { heard, sequencer } = yield* listening
      for (const position of positions) sequencer.offer([entry(position)])
      assert.deepStrictEqual(heard, Array.from({ length: heard.length }, (_, at) => 11 + at))
      const missing = Array.from({ length: 30 }, (_, at) => at + 1).find((position) => position > 10 && !positions.includes(position)) ?? 31
      assert.strictEqual(sequencer.applied, missing - 1)
    }).pipe(Effect.scoped))

  it.effect("wakes who waits when everybody has heard, and not who gave up", () =>
    Effect.gen(function*() {
      const { heard, sequencer } = yield* listening
      const woken: Array<string> = []
      sequencer.wait(10, () => woken.push("at once"))
      sequencer.wait(12, () => woken.push(`at ${heard.at(-1)}`))
      sequencer.wait(12, () => woken.push("never"))()
      sequencer.offer([entry(11)])
      assert.deepStrictEqual(woken, ["at once"])
      sequencer.offer([entry(12), entry(13)])
      assert.deepStrictEqual(woken, ["at once", "at 13"])
    }))

  it.effect("tells who waits that a projection broke", () =>
    Effect.gen(function*() {
      const { listeners, sequencer } = yield* listening
      yield* listeners.add(() => { throw new Error("broken view") })
      let failed: unknown
      sequencer.wait(11, (failure) => failed = failure?.defect)
      sequencer.offer([entry(11)])
      assert.match(String(failed), /broken view/)
    }))
})
