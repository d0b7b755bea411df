/** What operators ask of a cloud at the terminal: the commands as processes, the cloud over HTTP. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { login } from "../fixtures/api.ts"
import { kilonova, startCloud } from "../fixtures/cloud.ts"
import { at, items, text } from "../fixtures/json.ts"

const ended = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const process = yield* kilonova(args, env)
    const { code } = yield* process.exited
    return { code, stdout: process.stdout(), stderr: process.stderr() }
  })

/** A cloud of two hosts with one server on one of them. */
const world = Effect.gen(function*() {
  const cloud = yield* startCloud({ args: ["--hosts", "2"] })
  const api = yield* login(cloud)
  const [flavor] = items(yield* api.get("/compute/v2.1/flavors"), "flavors").map((one) => text(one, "id"))
  const [image] = items(yield* api.get("/image/v2/images"), "images").map((one) => text(one, "id"))
  const made = yield* api.post("/compute/v2.1/servers", { server: { name: "a", flavorRef: flavor, imageRef: image, networks: "none" } })
  const server = text(made, "server.id")
  const shown = yield* Effect.repeat(api.get(`/compute/v2.1/servers/${server}`), { until: (answer) => at(answer, "server.status") !== "BUILD" })
  const host = text(shown, "server.OS-EXT-SRV-ATTR:host")
  const run = (...args: ReadonlyArray<string>) => ended([...args, "--data-dir", cloud.dataDir])
  return { cloud, flavor: flavor!, host, other: host === "sim-0001" ? "sim-0002" : "sim-0001", run, server }
})

describe("operators' commands", () => {
  it.live("say why a server is where it is, what else would fit, and by which moves its host can be emptied; or what is wrong, and end so", () =>
    Effect.gen(function*() {
      const { cloud, flavor, host, other, run, server } = yield* world
      const plan = join(cloud.dataDir, "plan.json")
      const [explained, replayed, room, tooMany, migrate, resize, drain] = yield* Effect.all([
        run("explain", "a"), run("explain", server, "--replay"), run("room", "m1.tiny"), run("boot-plan", flavor, "--count", "3", "--group-policy", "anti-affinity"),
        run("migrate-plan", "a", "--host", other), run("resize-plan", "a", "m1.small", "--same-host"), run("drain-plan", host, "--json")
      ], { concurrency: 2 })
      assert.deepStrictEqual([explained, replayed, room, migrate, resize, drain].map(({ code }) => code), [0, 0, 0, 0, 0, 0])
      assert.match(explained.stdout, new RegExp(`^server ${server}\n[^]*^placed on ${host}`, "m"))
      assert.include(replayed.stdout, "the same would come of it\n")
      assert.match(room.stdout, /^zone nova: \d+ more, on 2 hosts$/m)
      assert.deepStrictEqual([tooMany.code, tooMany.stderr], [1, "kilonova: 2 of 3 servers would find a place, and then none is made\n"])
      assert.include(tooMany.stdout, "ServerGroupAntiAffinityFilter")
      assert.include(migrate.stdout, `placed on ${other}`)
      assert.include(resize.stdout, "placed on")
      assert.deepStrictEqual(at(JSON.parse(drain.stdout), "drain.moves"), [{ server, to: other }])
      writeFileSync(plan, drain.stdout)
      const wrong = [
        [["explain", "none"], 1, "kilonova: No decision of the scheduler is known for none"],
        [["drain-plan", "none"], 1, "kilonova: Compute host none could not be found"],
        [["drain-plan", other, "--plan", plan], 2, `${plan} (--plan) is a plan for ${host}, not for ${other}`],
        [["drain-plan", host, "--plan", "nowhere.json"], 2, "nowhere.json (--plan)"],
        [["boot-plan", flavor, "--count", "two"], 2, "count"]
      ] as const
      const [same, ...answers] = yield* Effect.forEach([["drain-plan", host, "--plan", plan], ...wrong.map(([args]) => args)], (args) => run(...args), { concurrency: 2 })
      assert.strictEqual(same!.stdout, `${host} can be emptied\n  server ${server} to ${other}\n`)
      answers.forEach(({ code, stderr }, index) => {
        const [args, expected, complaint] = wrong[index]!
        assert.strictEqual(code, expected, args.join(" "))
        assert.include(stderr, complaint)
      })
      const [unmeant, drained] = yield* Effect.all([run("drain", host), run("drain", host, "--plan", plan, "--execute")])
      assert.deepStrictEqual([unmeant.code, unmeant.stderr.includes("say --execute")], [2, true])
      assert.deepStrictEqual([drained.code, drained.stderr], [0, ""])
      assert.match(drained.stdout, new RegExp(`^server ${server} is on ${other}, or gone\n${host} is empty; it stays disabled`, "m"))
      yield* cloud.kill("SIGTERM")
      const away = yield* run("room", flavor)
      assert.deepStrictEqual([away.code, away.stderr.includes("does not answer: is the cloud running?")], [1, true])
    }), 60_000)
})
