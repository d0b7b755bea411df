/** Two releases serve one cloud while it is upgraded runner by runner: real processes, the newer one with a field and an event more. */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { login } from "../fixtures/api.ts"
import { kilonova } from "../fixtures/cloud.ts"
import { startCluster } from "../fixtures/cluster.ts"
import type { Cluster, Runner } from "../fixtures/cluster.ts"
import { items, text } from "../fixtures/json.ts"
import { describeRedis } from "../fixtures/redisServer.ts"
import { openStore } from "../runtime/redis/use.ts"
import { settled, startLoad } from "./opsLoad.ts"
import { otherRelease } from "./otherRelease.ts"

const formatIs = (format: number) => ({
  file: "src/runtime/kernel/upcast.ts",
  line: "export const format: number = 1",
  becomes: `export const format: number = ${format}`
})

/** Servers have a shade; a fact says so. */
const newer = otherRelease([
  formatIs(2),
  {
    file: "src/runtime/kernel/upcast.ts",
    line: "const upcasts: ReadonlyArray<Upcast> = []",
    becomes: `const upcasts: ReadonlyArray<Upcast> = [{ format: 2, type: "Instance", fill: (state) => ({ shade: "plain", ...state }) }]`
  },
  {
    file: "src/actors/instance/Instance.ts",
    line: "  actions: Schema.Array(ActionRecord)\n",
    becomes: "  shade: Schema.optionalKey(Schema.String),\n  actions: Schema.Array(ActionRecord)\n"
  },
  {
    file: "src/actors/instance/newInstance.ts",
    line: "    actions: begin({",
    becomes: `    shade: "vivid",\n    actions: begin({`
  },
  {
    file: "src/actors/instance/decide.ts",
    line: `events({ _tag: "Created", instance: command.instance })`,
    becomes: `events({ _tag: "Created", instance: command.instance }, { _tag: "Shaded", at: command.instance.updatedAt } as never)`
  },
  {
    file: "src/actors/instance/evolve.ts",
    line: "  switch (event._tag) {",
    becomes: `  if ((event as { _tag: string })._tag === "Shaded") return {}\n  switch (event._tag) {`
  }
])

type Shaded = Instance & { readonly shade?: string; readonly _format?: number }

const statesIn = (redisUrl: string) =>
  Effect.gen(function*() {
    const store = yield* openStore({ url: redisUrl })
    return (yield* Stream.runCollect(store.scan("Instance"))).map(({ state }) => JSON.parse(state) as Shaded)
  })

const ended = (args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const process = yield* kilonova(args)
    return { ...(yield* process.exited), stdout: process.stdout(), stderr: process.stderr() }
  }))

/** As an operator does it: the new runner is up before the old one is drained and stopped. */
const replace = (cluster: Cluster, old: Runner, load: Effect.Success<ReturnType<typeof startLoad>>) =>
  Effect.gen(function*() {
    const fresh = yield* cluster.another
    yield* fresh.start()
    yield* load.add(fresh)
    load.remove(old)
    const drained = yield* ended(["cluster", "drain", old.address, "--redis", cluster.redisUrl])
    assert.strictEqual(drained.code, 0, drained.stderr)
    yield* load.more(10)
    yield* old.terminate
    return fresh
  })

const loopback = { launch: {}, host: "127.0.0.1", runnerHost: "127.0.0.1" }

describeRedis("a rolling upgrade", () => {
  it.live("runs the older and the newer release side by side, and loses neither servers nor the newer one's fields", () =>
    Effect.gen(function*() {
      const launch = { program: yield* newer }
      const cluster = yield* startCluster({
        runners: 2, hosts: 6,
        places: [loopback, loopback, { ...loopback, launch }, { ...loopback, launch }]
      })
      const [first, second] = cluster.runners
      const load = yield* startLoad(cluster.runners)
      yield* load.more(15)
      const byOlder = new Set(load.made.keys())

      const third = yield* replace(cluster, first!, load)
      yield* load.more(30)
      yield* load.finish
      assert.deepStrictEqual(yield* settled(second!, load), [])

      // Both lists show the same servers, and what the older one writes keeps what it does not know.
      const [older, fresh] = [yield* login(second!), yield* login(third)]
      const listed = (api: typeof older) => Effect.map(api.get("/compute/v2.1/servers?limit=1000"), (found) => items(found, "servers").map((server) => text(server, "id")))
      assert.deepStrictEqual(yield* listed(older), yield* listed(fresh))
      const vivid = (yield* statesIn(cluster.redisUrl)).filter(({ shade }) => shade === "vivid")
      const viaNewer = [...load.made].filter(([, { via }]) => via === third).map(([id]) => id)
      assert.isNotEmpty(viaNewer)
      assert.deepStrictEqual(viaNewer.filter((id) => !vivid.some((state) => state.id === id)), [])
      const live = vivid.filter(({ vmState }) => vmState === "active" || vmState === "stopped")
      for (const { id } of live) yield* older.call("PUT", `/compute/v2.1/servers/${id}`, { server: { name: "renamed" } })
      const renamed = new Map((yield* statesIn(cluster.redisUrl)).map((state) => [state.id, state]))
      for (const { id } of live) {
        assert.strictEqual(renamed.get(id)?.name, "renamed")
        assert.strictEqual(renamed.get(id)?.shade, "vivid")
      }

      const again = yield* startLoad([second!, third])
      yield* again.more(5)
      const fourth = yield* replace(cluster, second!, again)
      yield* again.more(10)
      yield* again.finish
      assert.deepStrictEqual(yield* settled(fourth, again), [])
      assert.deepStrictEqual(yield* settled(fourth, load), [])
      // What the older release wrote gets the field with the next change.
      const last = yield* login(fourth)
      const before = (yield* statesIn(cluster.redisUrl)).find(({ id, shade, vmState }) => byOlder.has(id) && shade === undefined && vmState !== "deleted")
      assert.isDefined(before)
      yield* last.call("PUT", `/compute/v2.1/servers/${before!.id}`, { server: { name: "newer" } })
      const filled = (yield* statesIn(cluster.redisUrl)).find(({ id }) => id === before!.id)
      assert.strictEqual(filled?.shade, "plain")
      assert.strictEqual(filled?._format, 2)
      console.log(`  ${load.made.size + again.made.size} servers over two replaced runners, ${vivid.length} of them with the newer field while both served`)
    }), 120_000)

  it.live("refuses a runner two formats from a member, and two behind whoever served the cloud last", () =>
    Effect.gen(function*() {
      const latest = yield* otherRelease([formatIs(3)])
      const cluster = yield* startCluster({ runners: 1, hosts: 1, places: [loopback, { ...loopback, launch: { program: latest } }] })
      const ahead = yield* cluster.another
      const refused = yield* Effect.flip(ahead.start())
      assert.include(refused.message, `The runner at ${cluster.runners[0]!.address} (release 0.1.0) writes format 1, this one (release 0.1.0) writes 3`)
      assert.include(refused.message, "upgrade by one release at a time")
      yield* cluster.runners[0]!.terminate
      yield* ahead.start()
      yield* ahead.terminate
      const behind = yield* Effect.flip(cluster.runners[0]!.start())
      assert.include(behind.message, "The newest runner that has served this cloud (release 0.1.0) writes format 3, this one (release 0.1.0) writes 1")
    }), 60_000)
})
