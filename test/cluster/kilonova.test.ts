/** The command as a person meets it: what it prints, what it refuses, how it ends. */
import { createServer } from "node:net"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { flagOf } from "../../src/runtime/main/optionKinds.ts"
import { options } from "../../src/runtime/main/options.ts"
import { login } from "../fixtures/api.ts"
import { at, items, text } from "../fixtures/json.ts"
import { freshFolder, kilonova, startCloud } from "../fixtures/cloud.ts"

const ended = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const process = yield* kilonova(args, env)
    const { code } = yield* process.exited
    return { code, stdout: process.stdout(), stderr: process.stderr() }
  })

const freePort = Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    resume(Effect.succeed({ port: typeof address === "object" ? address!.port : 0, close: () => server.close() }))
  })
})

describe("kilonova", () => {
  it.live("explains every option with --help", () =>
    Effect.gen(function*() {
      const { code, stdout } = yield* ended(["--help"])
      assert.strictEqual(code, 0)
      for (const name of Object.keys(options)) assert.include(stdout, `--${flagOf(name)}`)
    }))

  it.live("says its version", () =>
    Effect.gen(function*() {
      const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as { version: string }
      assert.include((yield* ended(["--version"])).stdout, version)
    }))

  it.live("prints what holds and where it came from, from file, environment and flags", () =>
    Effect.gen(function*() {
      const file = join(yield* freshFolder, "kilonova.toml")
      writeFileSync(file, `port = 1\nhosts = 3\nadmin-password = "hidden"\n`)
      const { code, stdout } = yield* ended(["config", "--config", file, "--no-demo"], { KILONOVA_PORT: "2" })
      assert.strictEqual(code, 0)
      assert.include(stdout, "port = 2\n    from KILONOVA_PORT;")
      assert.include(stdout, `hosts = 3\n    from ${file};`)
      assert.include(stdout, "demo = false\n    from --demo;")
      assert.notInclude(stdout, "hidden")
    }))

  it.live("ends with 2 on a wrong value, an unknown flag or a file that is no TOML", () =>
    Effect.gen(function*() {
      const file = join(yield* freshFolder, "broken.toml")
      writeFileSync(file, "port = = 1\n")
      const answers = yield* Effect.all([
        ended(["--port", "nine"]),
        ended(["--prot", "1"]),
        ended(["--config", file]),
        ended(["--topologies", "nowhere.json", "--data-dir", yield* freshFolder])
      ])
      assert.deepStrictEqual(answers.map(({ code }) => code), [2, 2, 2, 2])
      const complaints = [`kilonova: --port must be a whole number from 0 to 65535, not "nine"`, "--prot", file, "nowhere.json (--topologies)"]
      answers.forEach(({ stderr }, index) => assert.include(stderr, complaints[index]!))
    }))

  it.live("names the port that is in use", () =>
    Effect.gen(function*() {
      const taken = yield* Effect.acquireRelease(freePort, ({ close }) => Effect.sync(close))
      const dataDir = yield* freshFolder
      const { code, stderr } = yield* ended(["--port", String(taken.port), "--data-dir", dataDir])
      assert.strictEqual(code, 1)
      assert.include(stderr, `kilonova: Port ${taken.port} of 127.0.0.1 is in use`)
    }))

  it.live("names the folder it cannot write", () =>
    Effect.gen(function*() {
      const file = join(yield* freshFolder, "file")
      writeFileSync(file, "")
      const { code, stderr } = yield* ended(["--port", "0", "--data-dir", file])
      assert.strictEqual(code, 1)
      assert.include(stderr, `kilonova: Cannot write to the data folder ${file} (--data-dir)`)
    }))

  it.live("refuses the data folder of a running cloud, and names its process", () =>
    Effect.gen(function*() {
      const cloud = yield* startCloud({ args: ["--no-demo"] })
      const { code, stderr } = yield* ended(["--port", "0", "--data-dir", cloud.dataDir])
      assert.strictEqual(code, 1)
      assert.include(stderr, `is in use by another Kilonova (process ${cloud.pid})`)
    }))

  it.live("stops in order when it is told to, and starts again with the same password", () =>
    Effect.gen(function*() {
      const dataDir = yield* freshFolder
      const first = yield* kilonova(["--port", "0", "--no-demo", "--data-dir", dataDir])
      yield* first.line(/ready at/)
      const clouds = readFileSync(join(dataDir, "clouds.yaml"), "utf8")
      assert.strictEqual(statSync(join(dataDir, "clouds.yaml")).mode & 0o777, 0o600)
      assert.include(first.stdout(), `export OS_CLIENT_CONFIG_FILE=${join(dataDir, "clouds.yaml")}`)
      assert.include(first.stdout(), "export OS_CLOUD=kilonova")
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        const again = signal === "SIGTERM" ? first : yield* kilonova(["--port", "0", "--data-dir", dataDir])
        yield* again.line(/ready at/)
        assert.deepStrictEqual(yield* again.kill(signal), { code: 0, signal: null })
      }
      const password = /password: .*/
      assert.strictEqual(readFileSync(join(dataDir, "clouds.yaml"), "utf8").match(password)?.[0], clouds.match(password)?.[0])
    }))

  it.live("seeds once: what was deleted stays deleted", () =>
    Effect.gen(function*() {
      const dataDir = yield* freshFolder
      const first = yield* startCloud({ dataDir })
      const api = yield* login(first)
      const image = text(yield* api.get("/image/v2/images"), "images.0.id")
      for (const id of ["1", "2", "3", "4", "5"]) yield* api.call("DELETE", `/compute/v2.1/flavors/${id}`)
      yield* api.call("DELETE", `/image/v2/images/${image}`)
      yield* first.kill("SIGTERM")
      const again = yield* Effect.flatMap(startCloud({ dataDir }), login)
      assert.deepStrictEqual(items(yield* again.get("/compute/v2.1/flavors"), "flavors"), [])
      assert.deepStrictEqual(items(yield* again.get("/image/v2/images"), "images"), [])
      assert.strictEqual(at(yield* again.get("/network/v2.0/networks"), "networks.0.name"), "private")
    }))

  it.live("--no-demo seeds nothing, nor does a later start without it", () =>
    Effect.gen(function*() {
      const dataDir = yield* freshFolder
      for (const args of [["--no-demo"], []]) {
        const cloud = yield* startCloud({ dataDir, args })
        const api = yield* login(cloud)
        assert.deepStrictEqual(items(yield* api.get("/compute/v2.1/flavors"), "flavors"), [])
        assert.deepStrictEqual(items(yield* api.get("/network/v2.0/networks"), "networks"), [])
        yield* cloud.kill("SIGTERM")
      }
    }))

  it.live("answers /healthz when it says that it is ready", () =>
    Effect.gen(function*() {
      const cloud = yield* startCloud({ args: ["--no-demo", "--hosts", "1000"] })
      const reply = yield* Effect.promise(() => fetch(`${cloud.url}/healthz`))
      assert.strictEqual(reply.status, 200)
    }))
})
