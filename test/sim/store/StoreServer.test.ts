import { Effect, Fiber } from "effect"
import { assert, describe, it } from "vitest"
import { Store } from "../../../src/runtime/kernel/Store.ts"
import type { StoreBatch } from "../../../src/runtime/kernel/Store.ts"
import { sealed } from "../kernel/sealed.ts"
import { contextOf } from "../kernel/SimRuntime.ts"
import { World } from "../kernel/World.ts"
import { Network } from "../network/Network.ts"
import * as SimStore from "./SimStore.ts"
import { StoreServer } from "./StoreServer.ts"
import type { Durability } from "./StoreServer.ts"

const batch = (number: number): StoreBatch => ({
  writer: "w", number, known: 0,
  commits: [{ fences: [], requestId: null, reply: "", appends: [{ type: "T", id: `${number}`, expected: 0, pending: false, state: "{}", events: "[]" }] }]
})

/** One writer sends batch after batch, each again until it is answered, while `disturb` does what it likes. */
const writing = (seed: number, durability: Durability, disturb: (world: World, server: StoreServer, network: Network) => void) => {
  const world = new World(seed)
  const network = new Network(world)
  const server = new StoreServer(world, network, durability)
  let acknowledged = 0
  const { escapes } = sealed(world, () => {
    const process = world.process("writer")
    const program = Effect.gen(function*() {
      const store = yield* Store
      for (let number = 1; number <= 300; number++) {
        yield* Effect.retry(store.commit(batch(number)), { while: (error) => error._tag === "StoreUnavailable" })
        acknowledged = number
      }
    }).pipe(Effect.provide(SimStore.layer(world, network, process)))
    const fiber = Effect.runForkWith(contextOf(world, process, []))(program)
    disturb(world, server, network)
    world.run(world.nowMillis + 60_000, () => fiber.pollUnsafe() !== undefined)
    void Fiber.interrupt(fiber)
  })
  assert.deepStrictEqual(escapes, [])
  return { acknowledged, server }
}

const crashing = (world: World, server: StoreServer) => {
  for (let at = 1; at <= 5; at++) {
    world.after(at * 37, null, () => server.crash())
    world.after(at * 37 + 20, null, () => server.restart())
  }
}

describe("the simulated store", () => {
  it("in class always loses nothing it acknowledged, and applies each batch once", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { acknowledged, server } = writing(seed, "always", (world, server, network) => {
        network.weather.breakRate = 0.05
        crashing(world, server)
      })
      assert.strictEqual(acknowledged, 300, `seed ${seed}`)
      assert.deepStrictEqual(server.memory.read(0, 1000).map(({ id }) => Number(id)), Array.from({ length: 300 }, (_, at) => at + 1))
    }
  })

  it("in class everysec loses what was not synced when it crashes", () => {
    const lost = Array.from({ length: 10 }, (_, seed) => {
      let rolledBack = 0
      writing(seed, "everysec", (world, server) => {
        server.onRollback = () => rolledBack++
        crashing(world, server)
      })
      return rolledBack
    })
    assert.isAbove(Math.max(...lost), 0)
  })

  it("in class replica goes back to what the replica had", () => {
    let rolledBack = 0
    for (let seed = 1; seed <= 10; seed++) {
      writing(seed, "replica", (world, server) => {
        server.onRollback = () => rolledBack++
        world.after(100, null, () => server.failover())
      })
    }
    assert.isAbove(rolledBack, 0)
  })
})
