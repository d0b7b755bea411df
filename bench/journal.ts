/**
 * CPU per commit of the SQLite journal, on the caller's thread and on the worker's:
 * `node bench/journal.ts [writers] [commits]`. The caller's part includes its fiber and one projection.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { Journal } from "../src/runtime/kernel/Journal.ts"
import * as SqliteJournal from "../src/runtime/sqlite/SqliteJournal.ts"

const writers = Number(process.argv[2] ?? 512)
const commits = Number(process.argv[3] ?? 100_000)
const folder = mkdtempSync(join(process.env["BENCH_FOLDER"] ?? tmpdir(), "kilonova-bench-"))

/** About 1.2 KB as JSON, like a server. */
const state = { name: "server", tags: ["a", "b"], metadata: { note: "x".repeat(900) }, flavor: { vcpus: 2, ram: 2048 } }

const writer = Effect.fnUntraced(function*(name: number, count: number) {
  const journal = yield* Journal
  for (let version = 0; version < count; version++) {
    yield* journal.commit({
      shard: "s",
      epoch: 1,
      requestId: version % 4 === 0 ? `${version}` : null,
      appends: [{
        stream: { type: "instance", id: `${name}-${version >> 3}` },
        expectedVersion: version & 7,
        events: [{ _tag: "Changed", at: version }],
        state,
        pending: true
      }],
      reply: null
    })
  }
})

const run = (count: number) =>
  Effect.forEach(Array.from({ length: writers }, (_, name) => name), (name) => writer(name, count), {
    concurrency: "unbounded",
    discard: true
  })

const measure = Effect.gen(function*() {
  const journal = yield* Journal
  yield* journal.acquire("s")
  let entries = 0
  yield* journal.project((group) => entries += group.length)
  const each = Math.ceil(commits / writers)
  const [main, all, started] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()]
  yield* run(each)
  const mainCpu = process.threadCpuUsage(main)
  const allCpu = process.cpuUsage(all)
  const seconds = (performance.now() - started) / 1000
  const onMain = mainCpu.user + mainCpu.system
  const micros = (total: number) => (total / entries).toFixed(1)
  console.log(
    `${entries} commits by ${writers} writers: ${Math.round(entries / seconds)}/s, CPU per commit: ` +
      `${micros(onMain)} µs caller, ${micros(allCpu.user + allCpu.system - onMain)} µs all other threads`
  )
})

await Effect.runPromise(
  measure.pipe(Effect.scoped, Effect.provide(SqliteJournal.layer({ path: join(folder, "bench.db") })))
).finally(() => rmSync(folder, { recursive: true }))
