/** A drain plan carried out: verbatim, or it says what is not as it took it to be. Seeds are printed. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { Migration } from "../../../src/actors/instance/Migration.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { rulesOf } from "../../../src/actors/scheduler/registry.ts"
import { defaultSettings } from "../../../src/actors/scheduler/settings.ts"
import { drainPlan } from "../../../src/actors/scheduler/whatIf/drain.ts"
import type { Drain, DrainMove } from "../../../src/actors/scheduler/whatIf/DrainPlan.ts"
import { nextMoves } from "../../../src/actors/scheduler/whatIf/nextMoves.ts"
import { finished } from "../../../src/actors/shared/Steps.ts"
import { anInstance } from "../../fixtures/instances.ts"
import { hostOf, specOf } from "./made.ts"

const one = <const A extends ReadonlyArray<number | string>>(...values: A) => Schema.Literals(values)
const at = "2030-01-01T00:00:00.000Z"
const source = "source"
const sizes = { 512: 1, 1024: 2, 4096: 4 } as const

const serverOf = (id: string, ramMb: keyof typeof sizes, host: string): Instance =>
  anInstance({ id, host, vmState: "active", taskState: null, work: null, flavor: { ...anInstance().flavor, ramMb, vcpus: sizes[ramMb], diskGb: 1 } })

/** A cloud in which servers take room where they are, and on both hosts while they move. */
class World {
  readonly servers = new Map<string, Instance>()
  readonly hosts = new Map<string, HostState>()

  hostNow(name: string): HostState | undefined {
    const host = this.hosts.get(name)
    const here = [...this.servers.values()].filter((server) => server.host === name || server.migration?.destination?.host === name || server.migration?.source.host === name)
    return host === undefined ? undefined : {
      ...host, instances: here.length,
      ramUsedMb: here.reduce((sum, { flavor }) => sum + flavor.ramMb, 0),
      vcpusUsed: here.reduce((sum, { flavor }) => sum + flavor.vcpus, 0),
      diskUsedGb: here.reduce((sum, { flavor }) => sum + flavor.diskGb + flavor.ephemeralGb, 0)
    }
  }
  on(name: string): ReadonlyArray<Instance> {
    return [...this.servers.values()].filter(({ host }) => host === name)
  }
  begin({ server: id, to }: DrainMove): void {
    const server = this.servers.get(id)!
    const migration: Migration = {
      id: "m", number: 1, type: "live-migration", status: "running", source: { host: server.host!, availabilityZone: null }, destination: { host: to, availabilityZone: null },
      wish: { host: to, isForced: false, copiesDisks: null }, requestId: "r", userId: "u", projectId: "p", createdAt: at, updatedAt: null
    }
    this.servers.set(id, { ...server, migration })
  }
  end(id: string, isGood: boolean): void {
    const { migration, ...server } = this.servers.get(id)!
    if (migration == null) return
    const host = isGood ? migration.destination!.host : server.host
    this.servers.set(id, { ...server, host, migration: null, migrations: [{ ...migration, status: isGood ? "completed" : "failed" }] })
  }
  step(drain: Drain) {
    return nextMoves(drain, {
      serverOf: (id) => this.servers.get(id), heldAt: () => null, hostOf: (name) => this.hostNow(name), serversOn: (name) => this.on(name), arrivingOn: () => []
    })
  }
}

const Made = Schema.Struct({
  servers: Schema.Array(one(512, 1024, 4096)).check(Schema.isMinLength(1), Schema.isMaxLength(8)),
  hosts: Schema.Array(Schema.Array(one(512, 1024, 4096)).check(Schema.isMaxLength(3))).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
  atOnce: one(1, 2, 3),
  /** Of those under way, which end in each round. */
  ends: Schema.Array(one(0, 1, 2)).check(Schema.isMinLength(3)),
  when: one(0, 1, 2, 3),
  what: one("nothing", "room taken", "room given", "host down", "host disabled", "host gone", "server deleted", "server suspended", "server elsewhere", "move fails", "newcomer")
})

const worldOf = (made: typeof Made.Type) => {
  const world = new World()
  for (const name of [source, ...made.hosts.map((_, host) => `h${host}`)]) world.hosts.set(name, hostOf(name))
  made.servers.forEach((ram, number) => world.servers.set(`s${number}`, serverOf(`s${number}`, ram, source)))
  made.hosts.forEach((all, host) => all.forEach((ram, number) => world.servers.set(`o${host}-${number}`, serverOf(`o${host}-${number}`, ram, `h${host}`))))
  const servers = world.on(source).map((server) => ({
    server, beside: [], spec: specOf({ ramMb: server.flavor.ramMb, vcpus: server.flavor.vcpus, diskGb: server.flavor.diskGb })
  }))
  const hosts = [...world.hosts.keys()].map((name) => world.hostNow(name)!)
  const movable = { serversOn: () => [], mayLeave: () => false }
  const plan = finished(drainPlan({ at, rules: rulesOf(defaultSettings), hosts, movable }, { host: source, premises: [], arriving: [], servers }))
  // A plan that leaves some is not carried out.
  for (const { server } of plan.stuck) world.servers.delete(server)
  return { world, drain: { at, host: source, moves: plan.moves, premises: plan.premises, atOnce: made.atOnce } }
}

/** Something happens that bears on a move that has not begun; what the drain must then say, `null`: nothing. */
const disturb = (world: World, what: string, { server: id, to }: DrainMove, others: ReadonlyArray<string>): RegExp | null => {
  const host = world.hosts.get(to)!
  const server = world.servers.get(id)!
  switch (what) {
    case "room taken":
      world.servers.set("x", serverOf("x", 512, to))
      return new RegExp(`^host ${to}: ramUsedMb was \\d+, is \\d+$`, "m")
    case "room given": {
      const there = others.find((other) => world.servers.get(other)?.host === to)
      if (there !== undefined) world.servers.delete(there)
      return null
    }
    case "host down":
      world.hosts.set(to, { ...host, isUp: false })
      return new RegExp(`^host ${to}: isUp was true, is false$`, "m")
    case "host disabled":
      world.hosts.set(to, { ...host, isDisabled: true })
      return new RegExp(`^host ${to}: isDisabled was false, is true$`, "m")
    case "host gone":
      world.hosts.delete(to)
      return new RegExp(`^host ${to} is gone$`, "m")
    case "server deleted":
      world.servers.set(id, { ...server, vmState: "deleted", host: null })
      return null
    case "server suspended":
      world.servers.set(id, { ...server, vmState: "suspended" })
      return new RegExp(`^server ${id} cannot be moved: it is suspended`, "m")
    case "server elsewhere":
      world.hosts.set("z", hostOf("z"))
      world.servers.set(id, { ...server, host: "z" })
      return new RegExp(`^server ${id} was on source, is on z$`, "m")
    case "newcomer":
      world.servers.set("y", serverOf("y", 512, source))
      return /^server y is on host source, and in no move of the plan$/m
    default: return null
  }
}

describe("a drain", () => {
  const seen = new Set<string>()
  it.prop("does the moves of its plan, each once, in their order and so many at a time, until something is not as it was planned", [Made], ([made]) => {
    const { drain, world } = worldOf(made)
    const others = [...world.servers.keys()].filter((id) => id.startsWith("o"))
    const begun: Array<DrainMove> = []
    let expected: RegExp | null = null
    for (let round = 0; round < 40; round++) {
      const next = drain.moves[begun.length]
      if (round === made.when && next !== undefined && made.what !== "nothing" && made.what !== "move fails") {
        expected = disturb(world, made.what, next, others)
        seen.add(made.what)
      }
      const step = world.step(drain)
      assert.isAtMost(step.underWay.length + step.begin.length, made.atOnce)
      if (expected !== null) {
        assert.match(step.against.join("\n"), expected)
        assert.deepStrictEqual(step.begin, [])
        return
      }
      assert.deepStrictEqual(step.against, [])
      for (const move of step.begin) world.begin(move)
      begun.push(...step.begin)
      if (step.underWay.length + step.waiting.length === 0) break
      const ending = [...step.underWay, ...step.begin].slice(0, 1 + made.ends[round % made.ends.length]!)
      if (made.what === "move fails" && round === made.when && ending.length > 0) {
        const [failing] = ending
        world.end(failing!.server, false)
        seen.add(made.what)
        expected = new RegExp(`^server ${failing!.server}: its move to ${failing!.to} ended as failed`, "m")
        continue
      }
      for (const { server } of ending) world.end(server, true)
    }
    const planned = drain.moves.filter(({ server }) => world.servers.get(server)!.vmState !== "deleted")
    assert.deepStrictEqual(begun, planned)
    for (const { server, to } of planned) assert.strictEqual(world.servers.get(server)!.host, to)
    assert.deepStrictEqual(world.on(source).map(({ id }) => id).filter((id) => drain.moves.some(({ server }) => server === id)), [])
  }, { arbitrary: { runs: 600 } })

  it("was disturbed in every way", () => assert.strictEqual(seen.size, 10, [...seen].join()))

  it("waits for a server that is busy, and begins nobody before it", () => {
    const world = new World()
    for (const name of [source, "h0"]) world.hosts.set(name, hostOf(name))
    for (const id of ["s0", "s1"]) world.servers.set(id, serverOf(id, 512, source))
    const { diskUsedGb, instances, ramUsedMb, vcpusUsed } = world.hostNow("h0")!
    const premise = { host: "h0", isUp: true, isDisabled: false, instances, vcpusUsed, ramUsedMb, diskUsedGb }
    const moves = ["s0", "s1"].map((server) => ({ server, to: "h0" }))
    const drain = { at, host: source, moves, premises: [premise], atOnce: 2 }
    world.servers.set("s0", { ...world.servers.get("s0")!, taskState: "rebooting" })
    assert.deepStrictEqual(world.step(drain).begin, [])
    world.servers.set("s0", { ...world.servers.get("s0")!, taskState: null })
    assert.deepStrictEqual(world.step(drain).begin, moves)
  })

  it("confirms a server that moved while it was off, and says when that failed", () => {
    const world = new World()
    for (const name of [source, "h0"]) world.hosts.set(name, hostOf(name))
    world.servers.set("s0", { ...serverOf("s0", 512, source), vmState: "stopped" })
    const move = { server: "s0", to: "h0" }
    const premise = { host: "h0", isUp: true, isDisabled: false, instances: 0, vcpusUsed: 0, ramUsedMb: 0, diskUsedGb: 0 }
    const drain = { at, host: source, moves: [move], premises: [premise], atOnce: 1 }
    assert.deepStrictEqual(world.step(drain).begin, [move])
    world.begin(move)
    const arrived = { ...world.servers.get("s0")!, host: "h0", vmState: "resized" as const }
    world.servers.set("s0", arrived)
    assert.deepInclude(world.step(drain), { underWay: [move], confirm: ["s0"], against: [] })
    world.servers.set("s0", { ...arrived, taskState: "resize_confirming" })
    assert.deepInclude(world.step(drain), { underWay: [move], confirm: [] })
    world.servers.set("s0", { ...arrived, fault: { code: 500, message: "no answer", details: null, createdAt: at } })
    assert.deepStrictEqual(world.step(drain).against, ["server s0 is on h0 and could not be confirmed: no answer"])
  })
})
