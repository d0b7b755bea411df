/**
 * CPU of the journal on Redis, here and there: `node bench/cluster/commits.ts <redis url> <pid of Redis> <commits> [width,…]`. One
 * line of JSON a figure. The runner's part has the writer's fiber and what the feed brings back of its own entries.
 */
import { Effect } from "effect"
import { Journal } from "../../src/runtime/kernel/Journal.ts"
import { cpuMillis } from "../procfs.ts"
import { journal } from "./parts.ts"

const [url, redisPid, count, only] = process.argv.slice(2)
const widths = (only ?? "1,4,16,64,512").split(",").map(Number)
const commitsMax = Number(count)
/** About 2 KB as JSON, as a server has. */
const state = { name: "server", tags: ["a", "b"], metadata: { note: "x".repeat(1900) }, flavor: { vcpus: 2, ram: 2048 } }

const measured = Effect.fnUntraced(function*(figure: string, width: number, times: number, run: (times: number) => Effect.Effect<unknown, unknown>) {
  yield* run(Math.ceil(times / 4))
  const redis = cpuMillis(Number(redisPid)).all
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  yield* run(times)
  const millis = performance.now() - startedAt
  const { system, user } = process.cpuUsage(cpu)
  console.log(JSON.stringify({
    figure,
    width,
    cpuMicros: (system + user) / times,
    redisMicros: (cpuMillis(Number(redisPid)).all - redis) * 1000 / times,
    micros: millis * 1000 / times
  }))
})

const each = (width: number, times: number, run: (index: number) => Effect.Effect<unknown, unknown>) =>
  Effect.forEach(Array.from({ length: times }, (_, index) => index), run, { concurrency: width, discard: true })

const main = Effect.gen(function*() {
  const log = yield* Journal
  const epoch = yield* log.acquire("bench")
  let written = 0
  const commit = () =>
    Effect.suspend(() => log.commit({
      shard: "bench",
      epoch,
      requestId: null,
      appends: [{ stream: { type: "Instance", id: `bench-${written++}` }, expectedVersion: 0, events: [{ _tag: "Changed" }], state, pending: false }],
      reply: null
    }))
  for (const width of widths) {
    const times = only !== undefined ? commitsMax : Math.min(commitsMax, Math.max(commitsMax / 5, commitsMax * width / 64))
    yield* measured("commit", width, times, (times) => each(width, times, commit))
  }
  if (only !== undefined) return
  for (const width of [1, 16]) yield* measured("barrier", width, commitsMax / 2, (times) => each(width, times, () => log.sync))
})

await Effect.runPromise(main.pipe(Effect.provide(journal(url!))))
process.exit(0)
