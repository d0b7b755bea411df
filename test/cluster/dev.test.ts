/** `npm run cluster` as a newcomer meets it. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { parse } from "../../cluster/dev/options.ts"
import { login } from "../fixtures/api.ts"
import { freshFolder, kilonova } from "../fixtures/cloud.ts"
import { at, items, text } from "../fixtures/json.ts"
import { describeRedis, until } from "../fixtures/redisServer.ts"

const root = resolve(import.meta.dirname, "../..")

const cluster = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  kilonova(args, env, { program: join(root, "cluster/dev.mjs") })

/** Processes that name the folder on their command line or work in it. */
const processesOf = (folder: string): ReadonlyArray<string> =>
  readdirSync("/proc").filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder) ? [pid] : []
    } catch {
      return []
    }
  })

const startCluster = (dataDir: string) =>
  Effect.gen(function*() {
    const process = yield* cluster(["--runners", "2", "--hosts", "5", "--port", "0", "--data-dir", dataDir])
    const [, url] = yield* process.line(/is ready at ([^,]+),/)
    yield* process.line(/Stop it:/)
    const password = readFileSync(join(dataDir, "admin-password"), "utf8").trim()
    const pids = [...process.stdout().matchAll(/runner-\d is process (\d+)/g)].map(([, pid]) => Number(pid))
    return { ...process, url: url!, password, pids }
  })

describe("npm run cluster", () => {
  it("takes numbers and a folder, and says what is wrong with others", () => {
    assert.deepStrictEqual(parse([], "/x"), { runners: 3, hosts: 100, port: 8774, dataDir: "/x/.data/cluster", isFresh: false })
    assert.deepStrictEqual(parse(["--runners", "1", "--fresh", "--port", "0"], "/x"), {
      runners: 1, hosts: 100, port: 0, dataDir: "/x/.data/cluster", isFresh: true
    })
    assert.throws(() => parse(["--runners", "0"], "/x"), `--runners must be a whole number from 1 to 9, not "0"`)
    assert.throws(() => parse(["--host", "0"], "/x"), "--host")
    assert.isNull(parse(["--help"], "/x"))
  })

  it.live("says how to get a Redis where there is none", () =>
    Effect.gen(function*() {
      const process = yield* cluster(["--port", "0", "--data-dir", yield* freshFolder], { PATH: "/nowhere" })
      assert.strictEqual((yield* process.exited).code, 1)
      for (const line of ["apt-get install redis-server", "dnf install redis", "brew install redis"]) assert.include(process.stderr(), line)
    }))
})

describeRedis("npm run cluster", () => {
  it.live("comes up, brings back a killed runner, stops in order, and goes on where it was", () =>
    Effect.gen(function*() {
      const dataDir = yield* freshFolder
      const first = yield* startCluster(dataDir)
      const api = yield* login(first)
      yield* until(Effect.map(api.get("/compute/v2.1/os-hypervisors"), (found) => items(found, "hypervisors").length === 5))
      const made = text(yield* api.post("/network/v2.0/networks", { network: { name: "kept" } }), "network.id")
      process.kill(first.pids[0]!, "SIGKILL")
      yield* first.line(/runner-1 .*started again as process/)
      yield* first.line(/front .*is silent: it gets no requests|front .*is not ready/)
      const healthy = Effect.promise(async () => (await fetch(`${first.url}/healthz`)).json())
      yield* until(Effect.map(healthy, (body) => at(body, "runners.ready") === 2))
      assert.deepStrictEqual(yield* first.kill("SIGINT"), { code: 0, signal: null })
      assert.deepStrictEqual(processesOf(dataDir), [])
      const again = yield* Effect.flatMap(startCluster(dataDir), login)
      assert.strictEqual(text(yield* again.get(`/network/v2.0/networks/${made}`), "network.name"), "kept")
    }), 90_000)

  it.live("leaves no process behind when it is killed, nor a secret that others can read", () =>
    Effect.gen(function*() {
      const dataDir = yield* freshFolder
      const running = yield* startCluster(dataDir)
      const secrets = ["admin-password", "redis-password", "tokens", "clouds.yaml", "cluster.toml"]
      assert.deepStrictEqual(secrets.map((name) => statSync(join(dataDir, name)).mode & 0o777), secrets.map(() => 0o600))
      const lines = processesOf(dataDir).map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
      assert.isAbove(lines.length, 3)
      assert.notInclude(lines.join("\n"), running.password)
      yield* running.kill("SIGKILL")
      yield* until(Effect.sync(() => processesOf(dataDir).length === 0))
    }), 60_000)

  it.live("refuses the folder of another one that runs", () =>
    Effect.gen(function*() {
      const dataDir = yield* freshFolder
      yield* startCluster(dataDir)
      const second = yield* cluster(["--port", "0", "--data-dir", dataDir])
      assert.strictEqual((yield* second.exited).code, 1)
      assert.include(second.stderr(), `is in use by another "npm run cluster"`)
    }), 60_000)
})
