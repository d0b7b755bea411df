/** What the files under cluster/ tell other programs to run: each command line and variable is one that Kilonova knows. */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { Result } from "effect"
import { flagOf, type Table, variableOf } from "../../src/runtime/main/optionKinds.ts"
import { agentOptions, clusterOptions, frontOptions, runnerOptions } from "../../src/runtime/main/options.ts"
import { resolve } from "../../src/runtime/main/settings.ts"
import { at, items } from "../fixtures/json.ts"
import { hasProgram, requires } from "../fixtures/require.ts"

const folder = join(import.meta.dirname, "../../cluster")
const read = (...path: ReadonlyArray<string>) => readFileSync(join(folder, ...path), "utf8")

const tables: Readonly<Record<string, Table>> = {
  runner: runnerOptions, agent: agentOptions, front: frontOptions, token: clusterOptions
}

/** What is wrong with `runner --port 1 …`: nothing, or a sentence each. */
const problems = ([command, ...args]: ReadonlyArray<string>): ReadonlyArray<string> => {
  const table = tables[command ?? ""]
  if (table === undefined) return [`${command} is no command`]
  const flags: Record<string, string> = {}
  const wrong: Array<string> = []
  for (let index = 0; index < args.length; index += 2) {
    const name = Object.keys(table).find((option) => `--${flagOf(option)}` === args[index])
    if (name === undefined) wrong.push(`${command} has no option ${args[index]}`)
    else flags[name] = args[index + 1] ?? ""
  }
  const resolved = resolve(table, { flags, environment: {}, file: null })
  return Result.isSuccess(resolved) ? wrong : [...wrong, ...resolved.failure]
}

const variables = new Set(Object.values(tables).flatMap((table) => Object.keys(table).map(variableOf)))
const unknownVariables = (text: string) => [...text.matchAll(/KILONOVA_[A-Z_]+/g)].map(([name]) => name).filter((name) => !variables.has(name))

/** The documents of a YAML file. */
const yaml = (name: string): ReadonlyArray<unknown> => {
  const script = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))"
  const { status, stderr, stdout } = spawnSync("python3", ["-c", script], { encoding: "utf8", input: read(name) })
  assert.strictEqual(status, 0, stderr)
  return JSON.parse(stdout)
}

const describeYaml = requires("python3 with yaml", {
  present: () => hasProgram("python3") && spawnSync("python3", ["-c", "import yaml"]).status === 0,
  install: "apt-get install python3-yaml"
})

const strings = (found: unknown): ReadonlyArray<string> => Array.isArray(found) ? found.map(String) : []

describeYaml("compose.yaml", () => {
  it("runs command lines and sets variables that Kilonova knows", () => {
    const services = Object.entries(at(yaml("compose.yaml")[0], "services") as Record<string, unknown>)
    const lines = services.map(([, service]) => strings(at(service, "command"))).filter(([command]) => tables[command ?? ""] !== undefined)
    assert.deepStrictEqual(lines.map(([command]) => command), ["runner", "runner", "runner", "front", "agent"])
    assert.deepStrictEqual(lines.flatMap(problems), [])
    assert.deepStrictEqual(unknownVariables(read("compose.yaml")), [])
  })

  it("keeps agents and the front away from Redis, and Redis on its disk", () => {
    const services = at(yaml("compose.yaml")[0], "services")
    const inStore = Object.entries(services as Record<string, unknown>).filter(([, one]) => strings(at(one, "networks")).includes("store"))
    assert.deepStrictEqual(inStore.map(([name]) => name), ["redis", "runner-1", "runner-2", "runner-3", "tokens"])
    assert.notInclude(JSON.stringify(at(services, "agent")), "REDIS")
    const redis = strings(at(services, "redis.command")).join(" ")
    for (const setting of ["--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"]) assert.include(redis, setting)
  })
})

describeYaml("kubernetes.yaml", () => {
  const documents = () => yaml("kubernetes.yaml")
  const named = (kind: string, name: string) => documents().find((one) => at(one, "kind") === kind && at(one, "metadata.name") === name)
  const container = (name: string) => items(named("StatefulSet", name), "spec.template.spec.containers")[0]

  it("runs command lines and sets variables that Kilonova knows", () => {
    const lines = ["kilonova", "agent"].map((name) => strings(at(container(name), "args")))
    assert.deepStrictEqual(lines.map(([command]) => command), ["runner", "agent"])
    assert.deepStrictEqual(lines.flatMap(problems), [])
    assert.deepStrictEqual(unknownVariables(read("kubernetes.yaml")), [])
  })

  it("gives a runner more time to end than its drain and its last requests take", () => {
    const args = strings(at(container("kilonova"), "args"))
    const drain = Number(args[args.indexOf("--drain-millis") + 1])
    const grace = Number(at(named("StatefulSet", "kilonova"), "spec.template.spec.terminationGracePeriodSeconds"))
    assert.isAbove(grace * 1_000, drain + 10_000 + 5_000)
    // A runner that is told to stop must be seen unready before it takes no more requests.
    const probe = at(container("kilonova"), "readinessProbe")
    assert.isBelow(Number(at(probe, "periodSeconds")) * Number(at(probe, "failureThreshold")) * 1_000, drain)
  })

  it("lets only runners reach Redis and the port of runners", () => {
    const from = (name: string, port: number) =>
      items(named("NetworkPolicy", name), "spec.ingress").filter((rule) => items(rule, "ports").some((one) => at(one, "port") === port))
    assert.deepStrictEqual(
      [...from("redis", 6379), ...from("runners", 8775)].map((rule) => at(items(rule, "from")[0], "podSelector.matchLabels.app")),
      ["kilonova", "kilonova"]
    )
  })

  it("every claim, service and secret that it speaks of is there or told to be made", () => {
    const text = read("kubernetes.yaml")
    assert.isDefined(named("PersistentVolumeClaim", "images"))
    assert.isDefined(named("Service", "redis"))
    assert.isDefined(named("Service", String(at(named("StatefulSet", "kilonova"), "spec.serviceName"))))
    for (const secret of ["kilonova", "agent-tokens"]) assert.include(text, `create secret generic ${secret} `)
  })
})

describe("systemd units", () => {
  const units = readdirSync(join(folder, "systemd"))

  it("run command lines and name variables that Kilonova knows", () => {
    const lines = units.map((unit) => /^ExecStart=\S+ .*kilonova\.mjs (.*)$/m.exec(read("systemd", unit))?.[1]?.split(" ") ?? [])
    assert.strictEqual(lines.length, 3)
    assert.deepStrictEqual(lines.flatMap(problems), [])
    assert.deepStrictEqual(units.flatMap((unit) => unknownVariables(read("systemd", unit))), [])
  })

  it("start again for ever", () =>
    units.forEach((unit) => {
      for (const line of ["Restart=always", "StartLimitIntervalSec=0", "NoNewPrivileges=yes"]) assert.include(read("systemd", unit), line, unit)
    }))
})

requires("systemd-analyze", { present: () => hasProgram("systemd-analyze"), install: "apt-get install systemd" })("systemd", () => {
  it("has nothing against the units but that the program is not installed", () => {
    const files = readdirSync(join(folder, "systemd")).map((unit) => join(folder, "systemd", unit))
    const { stderr } = spawnSync("systemd-analyze", ["verify", ...files], { encoding: "utf8" })
    assert.deepStrictEqual(stderr.split("\n").filter((line) => line !== "" && !line.includes("kilonova/node_modules/.bin/node is not executable")), [])
  })
})

describe("Dockerfile", () => {
  it("starts the engine as the bundle does", () => {
    const { flags } = JSON.parse(read("engine.json"))
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(read("Dockerfile"))![1]!)
    assert.deepStrictEqual(entry.slice(0, -1), ["node", ...flags])
  })

  it("copies what the bundle is made of", () => {
    const ignored = read("Dockerfile.dockerignore")
    const copied = [...read("Dockerfile").matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, names]) => names!.split(" "))
    assert.deepStrictEqual(copied.filter((name) => !ignored.includes(`!${name}\n`)), [])
    for (const name of ["src", "cluster", "package.json", "package-lock.json"]) assert.include(copied, name)
  })
})
