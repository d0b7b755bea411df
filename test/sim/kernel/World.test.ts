import { Clock, Effect, Fiber, Queue, Random } from "effect"
import { assert, describe, it } from "vitest"
import { sealed } from "./sealed.ts"
import { contextOf } from "./SimRuntime.ts"
import type { LogLine } from "./SimRuntime.ts"
import { World } from "./World.ts"

/** Ten fibers that race for a queue, sleep and draw numbers. */
const race = (seed: number) => {
  const world = new World(seed)
  const seen: Array<string> = []
  const process = world.process("p")
  const program = Effect.gen(function*() {
    const queue = yield* Queue.unbounded<number>()
    const fibers = yield* Effect.forEach(Array.from({ length: 10 }, (_, at) => at), (at) =>
      Effect.forkChild(Effect.gen(function*() {
        yield* Queue.offer(queue, at)
        yield* Effect.sleep((yield* Random.nextIntBetween(1, 4)) * 1000)
        seen.push(`${at} took ${yield* Queue.take(queue)} at ${(yield* Clock.currentTimeMillis) % 10_000}`)
      })))
    yield* Fiber.joinAll(fibers)
    return Math.random()
  })
  const { escapes, value } = sealed(world, () => {
    const fiber = Effect.runForkWith(contextOf(world, process, []))(program)
    world.run(Infinity)
    return fiber.pollUnsafe()
  })
  assert.deepStrictEqual(escapes, [])
  assert.strictEqual(value?._tag, "Success")
  return { seen, hash: world.trace.hash, schedule: world.trace.schedule }
}

describe("the simulated world", () => {
  it("gives the same history for the same seed", () => {
    for (let seed = 1; seed <= 20; seed++) assert.deepStrictEqual(race(seed), race(seed), `seed ${seed}`)
  })

  it("gives many interleavings for many seeds", () => {
    const schedules = new Set(Array.from({ length: 50 }, (_, seed) => race(seed).schedule))
    assert.isAtLeast(schedules.size, 20)
  })

  const ticking = (during: (world: World, process: ReturnType<World["process"]>) => void) => {
    const world = new World(7)
    const process = world.process("p")
    const ticks: Array<number> = []
    const lines: Array<LogLine> = []
    sealed(world, () => {
      Effect.runForkWith(contextOf(world, process, lines))(Effect.gen(function*() {
        while (true) {
          yield* Effect.sleep(1000)
          yield* Effect.logInfo("tick")
          ticks.push(Math.floor(world.elapsedMillis))
        }
      }))
      during(world, process)
    })
    return { ticks, lines }
  }

  it("a killed process does nothing more", () => {
    const { lines, ticks } = ticking((world, process) => {
      world.run(world.nowMillis + 2500)
      world.kill(process)
      world.run(world.nowMillis + 10_000)
    })
    assert.deepStrictEqual(ticks, [1000, 2000])
    assert.match(lines[1]!.text, /tick/)
  })

  it("a frozen process stands still, and goes on where it was", () => {
    const { ticks } = ticking((world, process) => {
      world.run(world.nowMillis + 1500)
      world.freeze(process)
      world.run(world.nowMillis + 5000)
      world.thaw(process)
      world.run(world.nowMillis + 1500)
    })
    assert.deepStrictEqual(ticks, [1000, 6500, 7500])
  })

  it("notes who leaves the simulation", () => {
    const world = new World(1)
    const { escapes } = sealed(world, () => {
      Effect.runForkWith(contextOf(world, world.process("p"), []))(Effect.promise(() => Promise.resolve(1)))
      setTimeout(() => undefined, 1)
      world.run(Infinity)
    })
    assert.deepStrictEqual(escapes.map(({ what }) => what), ["Promise.then", "setTimeout"])
  })
})
