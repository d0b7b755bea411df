/**
 * CPU of an ask of an actor, here and on another runner: `node bench/cluster/asks.ts <redis url> <port> <count> [<pid of the other>]`.
 * Without a pid it is the other runner: it answers until it is ended. One line of JSON a figure.
 */
import { Effect, Layer, Schema } from "effect"
import { Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { shardNames, shardOf } from "../../src/runtime/cluster/ClusterOwnership.ts"
import { Store } from "../../src/runtime/kernel/Store.ts"
import { cpuMillis } from "../procfs.ts"
import { sharding } from "./parts.ts"

const [url, port, count, otherPid] = process.argv.slice(2)
const together = 100
const entities = 100
/** About as long as what actors of a boot say to each other. */
const text = "x".repeat(300)

const Say = Rpc.make("Say", { payload: Schema.Struct({ text: Schema.String }), success: Schema.Struct({ text: Schema.String }) })
const Echo = Entity.make("Echo", [Say])
const echo = Echo.toLayer(Effect.succeed(Echo.of({ Say: ({ payload }) => Effect.succeed({ text: payload.text }) })), { maxIdleTime: "1 hour" })

const held = Effect.gen(function*() {
  const store = yield* Store
  const holders = yield* store.holders(shardNames)
  return new Map(shardNames.map((shard, index) => [shard, holders[index] ?? null]))
})

const both = held.pipe(
  Effect.repeat({ until: (found) => ![...found.values()].includes(null) && new Set(found.values()).size === 2 }),
  Effect.timeout("30 seconds")
)

const ask = Effect.gen(function*() {
  const client = yield* Echo.client
  const own = `127.0.0.1:${port}`
  const holders = yield* both
  const ids = Array.from({ length: 20 * entities }, (_, index) => `echo-${index}`)
  const side = (isHere: boolean) => ids.filter((id) => (holders.get(shardOf(id)) === own) === isHere).slice(0, entities)

  const measure = Effect.fnUntraced(function*(where: string, ids: ReadonlyArray<string>, width: number, asks: number) {
    const one = (index: number) => client(ids[index % ids.length]!).Say({ text })
    const run = (times: number) => Effect.forEach(Array.from({ length: times }, (_, index) => index), one, { concurrency: width, discard: true })
    yield* run(asks >> 1)
    const other = cpuMillis(Number(otherPid)).all
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    yield* run(asks)
    const millis = performance.now() - startedAt
    const { system, user } = process.cpuUsage(cpu)
    console.log(JSON.stringify({
      where,
      width,
      cpuMicros: (system + user) / asks,
      otherMicros: (cpuMillis(Number(otherPid)).all - other) * 1000 / asks,
      micros: millis * 1000 / asks
    }))
  })

  const asks = Number(count)
  for (const [where, found] of [["here", side(true)], ["other", side(false)]] as const) {
    yield* measure(where, found, 1, asks)
    yield* measure(where, found, together, asks * 10)
  }
})

const main = Effect.suspend(() =>
  otherPid === undefined ? Effect.andThen(Effect.sync(() => console.log("ready")), Effect.never) : ask)

await Effect.runPromise(main.pipe(Effect.provide(Layer.provideMerge(echo, sharding(url!, Number(port))))))
process.exit(0)
