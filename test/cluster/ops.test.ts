/** What operators ask of a running cluster: its status, a runner drained, a backup, a restore. Real processes, real Redis. */
import { readFileSync, writeFileSync, existsSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { login } from "../fixtures/api.ts"
import { freshFolder, kilonova } from "../fixtures/cloud.ts"
import { makeCluster, startCluster } from "../fixtures/cluster.ts"
import type { ClusterOptions } from "../fixtures/cluster.ts"
import { at, items, text } from "../fixtures/json.ts"
import { describeRedis, redisServer, until } from "../fixtures/redisServer.ts"
import { openStore } from "../runtime/redis/use.ts"
import { settled, startLoad } from "./opsLoad.ts"

const cluster = (...args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const process = yield* kilonova(["cluster", ...args])
    return { ...(yield* process.exited), stdout: process.stdout(), stderr: process.stderr() }
  }))

const page = (url: string, path: string) => Effect.promise(() => fetch(`${url}${path}`).then(async (reply) => ({ status: reply.status, body: await reply.text() })))

/** The number a series has, with its labels as they are printed. */
const metric = (url: string, series: string) =>
  Effect.map(page(url, "/metrics"), ({ body }) => {
    const line = body.split("\n").find((text) => text.startsWith(`${series} `))
    return line === undefined ? null : Number(line.slice(series.length + 1))
  })

/** Every stream, with its version, in a form that can be compared. */
const streamsIn = (url: string) =>
  Effect.gen(function*() {
    const store = yield* openStore({ url })
    const { cloudId, position, timeline } = yield* store.head
    const streams = (yield* Stream.runCollect(store.scan(null))).map((stream) => JSON.stringify(stream)).toSorted()
    return { cloudId, position, timeline, streams }
  })

/** Whose shards have found their runners, and whose hosts theirs. */
const steadyCluster = (options: ClusterOptions) =>
  Effect.tap(startCluster(options), ({ redisUrl }) =>
    until(Effect.map(cluster("status", "--redis", redisUrl), ({ code }) => code === 0)))

describeRedis("kilonova cluster", () => {
  it.live("status tells runners, shards, hosts and Redis, and what is wrong", () =>
    Effect.gen(function*() {
      const made = yield* steadyCluster({ runners: 2, hosts: 3 })
      const [first, second] = made.runners
      const redis = ["--redis", made.redisUrl]
      const well = yield* cluster("status", ...redis)
      assert.strictEqual(well.code, 0, well.stderr)
      assert.match(well.stdout, /^Redis +7\.\S+, appendonly yes, appendfsync always, maxmemory-policy noeviction$/m)
      assert.include(well.stdout, "Hosts: 3; up: 3, not up: 0")
      const json: unknown = JSON.parse((yield* cluster("status", "--json", ...redis)).stdout)
      const rows = items(json, "runners")
      assert.deepStrictEqual(rows.map((row) => text(row, "address")).toSorted(), [first!.address, second!.address].toSorted())
      assert.strictEqual(rows.reduce<number>((sum, row) => sum + Number(at(row, "shards")), 0), 256)
      assert.deepStrictEqual(rows.map((row) => [at(row, "lag"), at(row, "release"), at(row, "format")]), [[0, "0.1.0", 1], [0, "0.1.0", 1]])
      const told: unknown = JSON.parse((yield* page(first!.url, "/status")).body)
      assert.strictEqual(at(told, "applied"), at(json, "position"))

      const counted = Effect.all([
        "kilonova_store_unavailable", "kilonova_shards_failed_over", "kilonova_feed_lag_positions", "effect_cluster_shards",
        `kilonova_pending_steps{step="spawn"}`
      ].map((series) => metric(first!.url, series)))
      const shardsOf = Number(at(rows.find((row) => text(row, "address") === first!.address), "shards"))
      assert.isNotNull(yield* metric(first!.url, "kilonova_commits_fenced"))
      assert.deepStrictEqual(yield* counted, [0, 0, 0, shardsOf, 0])
      for (const series of ["kilonova_commit_seconds_count", "kilonova_commit_batch_size_sum"]) {
        const counts = yield* Effect.all(made.runners.map(({ url }) => metric(url, series)))
        assert.isAbove(counts.reduce<number>((sum, count) => sum + (count ?? 0), 0), 0)
      }

      yield* made.agent.kill
      yield* second!.kill
      yield* until(Effect.map(metric(first!.url, "kilonova_shards_failed_over"), (shards) => shards === 256 - shardsOf))
      const wrong = yield* Effect.repeat(Effect.delay(cluster("status", ...redis), 100), { until: ({ stderr }) => stderr.includes("3 hosts down") })
      assert.strictEqual(wrong.code, 1)
      assert.match(wrong.stdout, /sim-0001 +down/)
      yield* first!.kill
      yield* until(Effect.map(cluster("status", ...redis), ({ stderr }) =>
        stderr.includes("no runner is a member") && stderr.includes("256 of 256 shards are held by no runner")))
    }), 60_000)

  it.live("drain hands a runner's shards over under load; it stays up, unready, and answers, until it is taken back", () =>
    Effect.gen(function*() {
      const made = yield* steadyCluster({ runners: 2, hosts: 4 })
      const [first, second] = made.runners
      const redis = ["--redis", made.redisUrl]
      const load = yield* startLoad(made.runners)
      yield* load.more(5)
      const drained = yield* cluster("drain", first!.address, ...redis)
      assert.strictEqual(drained.code, 0, drained.stderr)
      assert.match(drained.stdout, new RegExp(`${first!.address} holds [1-9]\\d* of 256 shards\n(.*\n)*${first!.address} holds 0 of 256 shards\n`))
      assert.strictEqual(at(JSON.parse((yield* page(first!.url, "/status")).body), "shards"), 0)
      assert.strictEqual((yield* page(first!.url, "/healthz")).status, 503)
      // Nobody was given up; agents have come over.
      assert.strictEqual(yield* metric(second!.url, "kilonova_shards_failed_over"), 0)
      // It has no actors: what it is asked for, the other one does.
      load.remove(second!)
      yield* load.more(10)
      yield* load.finish
      assert.deepStrictEqual(yield* settled(first!, load), [])
      assert.strictEqual(at(JSON.parse((yield* page(first!.url, "/status")).body), "shards"), 0)

      const last = yield* cluster("drain", second!.address, ...redis)
      assert.strictEqual(last.code, 1)
      assert.include(last.stderr, `${second!.address} is the only runner that serves: start another before it is drained`)
      const stranger = yield* cluster("drain", "nowhere:1", ...redis)
      assert.strictEqual(stranger.code, 2)
      assert.include(stranger.stderr, "no runner is nowhere:1: name one of")

      assert.strictEqual((yield* cluster("drain", first!.address, "--undo", ...redis)).code, 0)
      yield* until(Effect.map(page(first!.url, "/status"), ({ body }) => Number(at(JSON.parse(body), "shards")) > 0))
      assert.strictEqual((yield* page(first!.url, "/healthz")).status, 200)
      yield* until(Effect.map(metric(first!.url, `kilonova_agent_attachments{attachment="again"}`), (count) => Number(count) > 0))
    }), 60_000)

  it.live("a drained runner serves again where nobody else is left", () =>
    Effect.gen(function*() {
      const made = yield* steadyCluster({ runners: 2, hosts: 1 })
      const [first, second] = made.runners
      assert.strictEqual((yield* cluster("drain", first!.address, "--redis", made.redisUrl)).code, 0)
      yield* second!.kill
      yield* until(Effect.map(page(first!.url, "/status"), ({ body }) => at(JSON.parse(body), "shards") === 256))
    }), 60_000)

  it.live("backup under load, restored into another Redis, is the cloud at one position, and a runner serves it", () =>
    Effect.gen(function*() {
      const made = yield* steadyCluster({ runners: 2, hosts: 4 })
      const file = join(yield* freshFolder, "cloud.backup")
      const load = yield* startLoad(made.runners)
      yield* load.more(30)
      const taken = yield* cluster("backup", "--redis", made.redisUrl, file)
      assert.strictEqual(taken.code, 0, taken.stderr)
      assert.isFalse(existsSync(`${file}.part`))
      yield* load.more(5)
      yield* load.finish
      const position = Number(/position (\d+)/.exec(taken.stdout)?.[1])

      const other = yield* redisServer()
      const restored = yield* cluster("restore", "--redis", other.url, file)
      assert.strictEqual(restored.code, 0, restored.stderr)
      const found = yield* streamsIn(other.url)
      const original = yield* streamsIn(made.redisUrl)
      assert.deepStrictEqual([found.cloudId, found.timeline, found.position], [original.cloudId, original.timeline + 1, position])
      // What the feed says of the time after it leads from the one to the other.
      const source = yield* openStore({ url: made.redisUrl })
      const streams = new Map(found.streams.map((stream) => {
        const parsed = JSON.parse(stream) as { type: string; id: string }
        return [`${parsed.type} ${parsed.id}`, stream]
      }))
      for (let after = position; ;) {
        const entries = yield* source.read(after, 1000)
        for (const { id, pending, state, type, version } of entries) {
          if (state === null) streams.delete(`${type} ${id}`)
          else streams.set(`${type} ${id}`, JSON.stringify({ type, id, version, pending, state }))
        }
        if (entries.length === 0) break
        after = entries.at(-1)!.position
      }
      assert.deepStrictEqual([...streams.values()].toSorted(), original.streams)

      const again = yield* cluster("restore", "--redis", other.url, file)
      assert.strictEqual(again.code, 1)
      assert.include(again.stderr, "The store is not empty")
      const [runner] = (yield* makeCluster({ runners: 1, hosts: 1, redis: other })).runners
      yield* runner!.start()
      const servers = items(yield* Effect.flatMap(login(runner!), (api) => api.get("/compute/v2.1/servers?limit=1000")), "servers")
      const stored = found.streams.map((stream): unknown => JSON.parse(stream)).filter((stream) => at(stream, "type") === "Instance")
      const live = stored.filter((stream) => at(JSON.parse(text(stream, "state")), "vmState") !== "deleted")
      assert.isAbove(servers.length, 10)
      assert.deepStrictEqual(servers.map((server) => text(server, "id")).toSorted(), live.map((stream) => text(stream, "id")).toSorted())
      console.log(`  ${found.streams.length} streams at position ${position}, ${original.position - position} changes after it`)
    }), 90_000)

  it.live("verify and restore refuse a file that is cut short or was changed, before anything is written", () =>
    Effect.gen(function*() {
      const made = yield* steadyCluster({ runners: 1, hosts: 1 })
      const folder = yield* freshFolder
      const file = join(folder, "cloud.backup")
      assert.strictEqual((yield* cluster("backup", "--redis", made.redisUrl, file)).code, 0)
      const whole = yield* cluster("verify", file)
      assert.strictEqual(whole.code, 0, whole.stderr)
      assert.include(whole.stdout, "is whole: cloud")
      const bytes = readFileSync(file)
      const cut = join(folder, "cut.backup")
      writeFileSync(cut, bytes.subarray(0, bytes.length - 100))
      const bent = join(folder, "bent.backup")
      const flipped = Buffer.from(bytes)
      flipped[flipped.length >> 1]! ^= 1
      writeFileSync(bent, flipped)
      const other = yield* redisServer()
      for (const path of [cut, bent, join(folder, "nowhere")]) {
        const refused = yield* cluster("restore", "--redis", other.url, path)
        assert.strictEqual(refused.code, 1)
        assert.include(refused.stderr, `${path} is no whole backup`)
        assert.strictEqual((yield* cluster("verify", path)).code, 1)
      }
      assert.strictEqual(yield* other.cli("DBSIZE"), "0")
    }), 60_000)
})
