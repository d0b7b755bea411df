/** `kilonova agent`, from its settings to an attached host. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestConsole } from "effect/testing"
import { tokenOf } from "../../../src/actors/host/AgentCredential.ts"
import { agent, type AgentSettings } from "../../../src/runtime/main/agent.ts"
import { parseTokens } from "../../../src/drivers/agent/tokens.ts"
import { specOf } from "../specs.ts"
import { makeWorld, quiet, startRunner, tempFolder, until } from "./world.ts"

const token = tokenOf(new Uint8Array(32))

const settings = (more: Partial<AgentSettings>): AgentSettings => ({
  control: "http://127.0.0.1:1", tokenFile: null, ca: null, acceptLoss: false, dataDir: "nowhere", driver: "simulated", hosts: null,
  topologies: null, libvirtUri: "qemu:///system", libvirtPeerUri: null, virtType: "auto", cpuSharedSet: null, cpuDedicatedSet: null, pciDeviceSpec: null, enabledMdevTypes: null, ...more
})

describe("kilonova agent", () => {
  const wrong: ReadonlyArray<readonly [string, Partial<AgentSettings>, RegExp]> = [
    ["no runner", { control: null }, /^--control must name at least one runner/],
    ["a URL of another kind", { control: "http://a:1,ftp://b" }, /^--control must be http:.* not ftp:\/\/b$/],
    ["no token", {}, /^--token-file must name a file/],
    ["a token file that is not there", { tokenFile: "/nowhere/token" }, /^\/nowhere\/token \(--token-file\) cannot be read/],
    ["an authority that is not there", { ca: "/nowhere/ca.pem" }, /^\/nowhere\/ca\.pem \(--ca\) cannot be read/]
  ]
  it.effect.each(wrong)("says what is wrong with %s", ([, more, message]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(agent(settings({ dataDir: yield* tempFolder, ...more })))
      assert.match(error.message, message)
      assert.strictEqual(error.exitCode, 2)
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("attaches its hosts, with a folder of tokens, and finds their guests again at its next start", () =>
    Effect.gen(function*() {
      const runner = yield* startRunner(yield* makeWorld)
      const dataDir = yield* tempFolder
      const tokenFile = join(dataDir, "tokens")
      mkdirSync(tokenFile)
      for (const host of ["sim-0001", "sim-0002"]) {
        writeFileSync(join(tokenFile, host), `${(yield* runner.credentials.create(host)).token}\n`)
      }
      const start = Effect.forkScoped(agent(settings({ control: `${runner.url},`, tokenFile, dataDir, hosts: 2 })))
      const first = yield* start
      yield* until(() => runner.fleet.hosts.length === 2)
      yield* runner.fleet.driver("sim-0002")!.spawn(specOf(1), { epoch: 1 })
      yield* Fiber.interrupt(first)
      yield* until(() => runner.fleet.hosts.length === 0)
      yield* start
      yield* until(() => runner.fleet.hosts.length === 2)
      assert.deepStrictEqual(yield* runner.fleet.driver("sim-0002")!.list, [{ id: specOf(1).id, power: "running" }])
      const lines = (yield* TestConsole.logLines).map(String).filter((line) => line.startsWith("Host sim-0001"))
      assert.deepStrictEqual(lines[0], `Host sim-0001 is driven by ${runner.url} (epoch 1)`)
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})

describe("a token file", () => {
  const files: ReadonlyArray<readonly [string, string, ReadonlyArray<string>, ReadonlyArray<string> | RegExp]> = [
    ["one token for one host", `${token}\n`, ["a"], ["a"]],
    ["a line for each host", `# ours\na ${token}\nb\t${token}\n`, ["a", "b"], ["a", "b"]],
    ["one token for two hosts", token, ["a", "b"], /^has one token for 2 hosts/],
    ["a host without a token", `a ${token}`, ["a", "b"], /^host b has no token; make one with kilonova cluster token b$/],
    ["what is no token", "a secret", ["a"], /^line 1: must be "hostname token"/]
  ]
  it.each(files)("may have %s", (_, text, hosts, expected) => {
    const parsed = parseTokens(text, hosts)
    if (expected instanceof RegExp) assert.match(parsed._tag === "Failure" ? parsed.failure[0]! : "", expected)
    else assert.deepStrictEqual(parsed._tag === "Success" ? [...parsed.success.keys()] : parsed.failure, expected)
  })
})
