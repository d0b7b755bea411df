/** What operators learn of decisions, and of those that nobody made; over a whole cloud. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Stream } from "effect"
import { flavors } from "../../../../src/actors/catalog/Flavor.ts"
import { hosts } from "../../../../src/actors/host/Host.ts"
import { Identity } from "../../../../src/actors/identity/IdentityProtocol.ts"
import { quotas } from "../../../../src/actors/project/quota.ts"
import type { Drains } from "../../../../src/actors/scheduler/DrainsProtocol.ts"
import type { Placements } from "../../../../src/actors/scheduler/PlacementsProtocol.ts"
import { defaultCell, SchedulerEntity } from "../../../../src/actors/scheduler/SchedulerProtocol.ts"
import { computeFace } from "../../../../src/api/http/compute/computeFace.ts"
import type { Needs } from "../../../../src/api/http/compute/servers/asking.ts"
import { explanationRoutes } from "../../../../src/api/http/compute/placementExplanations/routes.ts"
import { serverRoutes } from "../../../../src/api/http/compute/servers/routes.ts"
import { nobody } from "../../../../src/api/http/Face.ts"
import { Journal } from "../../../../src/runtime/kernel/Journal.ts"
import { aCloud, asked, breathe, create } from "../../../fixtures/asked.ts"
import { call } from "../../../fixtures/http.ts"
import { anInstance } from "../../../fixtures/instances.ts"
import { at, items, text } from "../../../fixtures/json.ts"

/** Tokens are `project role,role`. */
const identity = Identity.of({
  verify: (token) => {
    const [projectId = "", roles = ""] = token.split(" ")
    return Effect.succeed({ ...nobody, userId: "user", projectId, roles: roles.split(","), isAdmin: roles.includes("admin") })
  },
  hasProject: () => Effect.succeed(true)
})
const asAdmin = "ops admin,member,reader"
const admin = (requestId: string) => ({ ...asked(requestId), caller: { ...asked(requestId).caller, isAdmin: true } })

/** Two hosts; servers of flavor `half` take more than a third of the memory of one. */
const world = Effect.gen(function*() {
  const cloud = yield* aCloud({ hosts: 2 })
  const host = cloud.records.get(hosts, "sim-0001")!
  yield* cloud.records.write([...cloud.records.all(hosts)].map((one) => ({
    table: hosts, expect: "any" as const, put: { ...host, hostname: one.hostname, id: one.id, serviceId: one.serviceId, number: one.number }
  })))
  const ramMb = Math.floor((host.memoryMb - 512) * 0.4)
  yield* cloud.records.write([
    { table: flavors, expect: "absent", put: { ...cloud.records.get(flavors, "tiny")!, id: "half", name: "half", ramMb } },
    { table: flavors, expect: "absent", put: { ...cloud.records.get(flavors, "tiny")!, id: "most", name: "most", ramMb: 2 * ramMb } },
    ...["project", "rival"].map((projectId) => ({ table: quotas, expect: "absent" as const, put: { projectId, userId: null, limits: { ram: -1 } } }))
  ])
  const face = yield* computeFace<Drains | Placements | Needs>({ operations: [...serverRoutes, ...explanationRoutes] }).pipe(
    Effect.provideService(Identity, identity), Effect.provideContext(cloud.context)
  )
  const ask = (method: string, path: string, options: { readonly body?: unknown; readonly token?: string } = {}) =>
    call(face, { method, path: `/v2.1${path}`, token: asAdmin, headers: { "openstack-api-version": "compute latest" }, ...options })
  const make = (name: string, projectId = "project") =>
    Effect.gen(function*() {
      const [made] = yield* cloud.servers.create(asked(`req-${name}`, projectId), create({ name, flavorId: "half" }))
      return yield* cloud.settled(made!)
    })
  return { cloud, ask, make }
})

describe("explanations of placements", () => {
  it.effect("are given in full to administrators, by server and by request, of what was placed and of what was refused", () =>
    Effect.gen(function*() {
      const { ask, make } = yield* world
      const first = yield* make("a")
      for (const path of [first.id, "req-a"]) {
        const [one, ...more] = items((yield* ask("GET", `/os-placement-explanations/${path}`)).body, "placement_explanations")
        assert.strictEqual(more.length, 0)
        assert.deepStrictEqual([at(one, "server_id"), at(one, "placed.host"), at(one, "placed.admitted"), at(one, "request.request_id")], [first.id, first.host, 2, "req-a"])
        assert.deepStrictEqual(items(one, "placed.runners_up").length, 1)
      }
      for (const name of ["b", "c", "d"]) assert.strictEqual((yield* make(name, "rival")).vmState, "active")
      const refused = yield* make("e")
      const [one] = items((yield* ask("GET", "/os-placement-explanations/req-e")).body, "placement_explanations")
      assert.deepStrictEqual([at(one, "refused.groups.0.filter"), at(one, "refused.groups.0.count")], ["MEMORY_MB", 2])
      assert.deepStrictEqual(items(one, "refused.groups.0.hosts"), ["sim-0001", "sim-0002"])
      assert.match(text(one, "text"), /MEMORY_MB: .* \(2 hosts: sim-0001, sim-0002\)/)
      assert.strictEqual(refused.fault?.details, text(one, "text"))
    }))

  it.effect("tell the owner what is short, and nothing of hosts and other projects", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      for (const name of ["a", "b", "c", "d"]) yield* make(name, "rival")
      const { id } = yield* make("e")
      const token = "project member,reader"
      const shown = yield* ask("GET", `/servers/${id}`, { token })
      const log = yield* ask("GET", `/servers/${id}/os-instance-actions/req-e`, { token })
      assert.match(text(shown.body, "server.fault.message"), /^No valid host was found\. MEMORY_MB refused 2 of 2\. Nearest: \d+ MiB of memory short in zone nova\.$/)
      assert.match(text(log.body, "instanceAction.message"), /No valid host was found/)
      const rivals = [...cloud.index.ofProject("rival")].map((server) => server.id)
      for (const secret of ["sim-0001", "sim-0002", "rival", ...rivals]) assert.notInclude(shown.text + log.text, secret)
      for (const path of [id, "req-e"]) assert.strictEqual((yield* ask("GET", `/os-placement-explanations/${path}`, { token })).status, 403)
    }))

  it.effect("are of all servers that a request made, deleted ones among them, and of every try", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      const explained = (id: string) => Effect.map(ask("GET", `/os-placement-explanations/${id}`), ({ body }) => items(body, "placement_explanations"))
      const [first, second] = yield* cloud.servers.create(asked("req-two"), create({ flavorId: "half", minCount: 2, maxCount: 2 }))
      yield* cloud.settled(first!)
      const both = [first!.id, second!.id]
      assert.deepStrictEqual((yield* explained("req-two")).map((one) => at(one, "server_id")), both)
      yield* cloud.servers.perform(asked("req-delete"), first!.id, "delete")
      yield* cloud.settled(first!)
      assert.deepStrictEqual((yield* explained("req-two")).map((one) => at(one, "server_id")), both)
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: true }, 1)
      const tried = yield* make("again")
      for (const id of [tried.id, "req-again"]) {
        assert.deepStrictEqual((yield* explained(id)).map((one) => [at(one, "request.attempt"), at(one, "placed.host") === tried.host]), [[2, true], [1, false]])
      }
      yield* cloud.servers.liveMigrate(admin("req-move"), tried.id, { host: null, isForced: false, copiesDisks: null, isChecked: false })
      yield* cloud.settled(tried)
      assert.deepStrictEqual((yield* explained("req-move")).map((one) => at(one, "server_id")), [tried.id])
      assert.deepStrictEqual((yield* explained("req-again")).length, 2)
      assert.deepStrictEqual((yield* explained(tried.id)).map((one) => at(one, "request.request_id")), ["req-move", "req-again", "req-again"])
    }))

  it.effect("are not there for what nobody placed", () =>
    Effect.gen(function*() {
      const { ask } = yield* world
      assert.strictEqual((yield* ask("GET", "/os-placement-explanations/req-none")).status, 404)
    }))
})

describe("dry runs", () => {
  const whatIf = "/os-placement-explanations/what-if"

  it.effect("say how many servers more fit in each zone, as many as then do, and leave no trace", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      yield* make("a")
      const commits = Effect.orDie(Stream.runCount(Context.get(cloud.context, Journal).feed(0)))
      const before = yield* commits
      const answer = yield* ask("POST", whatIf, { body: { boot: { flavor: "half" } } })
      assert.strictEqual(answer.status, 200, answer.text)
      assert.deepStrictEqual(at(answer.body, "boot.capacity"), [{ zone: "nova", hosts: 2, servers: 3 }])
      assert.strictEqual(yield* commits, before)
      for (const name of ["b", "c", "d"]) assert.strictEqual((yield* make(name)).vmState, "active")
      assert.strictEqual((yield* make("e")).vmState, "error")
      assert.deepStrictEqual(at((yield* ask("POST", whatIf, { body: { boot: { flavor: "half" } } })).body, "boot.capacity"), [])
    }))

  it.effect("say by which moves a host is emptied, why it cannot be, and which premise of the plan changed", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      const a = yield* make("a")
      const from = a.host!
      const to = from === "sim-0001" ? "sim-0002" : "sim-0001"
      const drain = (premises: ReadonlyArray<unknown> = []) => ask("POST", whatIf, { body: { drain: { host: from, premises } } })
      const plan = yield* drain()
      assert.strictEqual(plan.status, 200, plan.text)
      assert.deepStrictEqual(at(plan.body, "drain.moves"), [{ server: a.id, to }])
      assert.isTrue(at(plan.body, "drain.can_be_emptied"))
      const premises = items(plan.body, "drain.premises")
      assert.deepStrictEqual(at((yield* drain(premises)).body, "drain.changed"), [])
      assert.strictEqual((yield* make("b")).host, to)
      const changed = items((yield* drain(premises)).body, "drain.changed").join("\n")
      assert.match(changed, new RegExp(`^host ${to}: instances was 0, is 1$`, "m"))
      yield* make("c")
      yield* make("d")
      const full = yield* drain(premises)
      assert.isFalse(at(full.body, "drain.can_be_emptied"))
      assert.match(text(full.body, "drain.stuck.0.why"), /MEMORY_MB/)
      assert.strictEqual(cloud.index.get(a.id)!.host, from)
    }))

  it.effect("try another flavor on the other hosts, and on its own where it may stay", () =>
    Effect.gen(function*() {
      const { ask, make } = yield* world
      const a = yield* make("a")
      const resize = (more: object) => Effect.map(ask("POST", whatIf, { body: { resize: { server: a.id, ...more } } }), ({ body }) => body)
      assert.notStrictEqual(text(yield* resize({ flavor: "tiny" }), "resize.placed.host"), a.host)
      yield* make("b", "rival")
      assert.deepStrictEqual(at(yield* resize({ flavor: "most" }), "resize.refused.hosts"), 2)
      assert.strictEqual(text(yield* resize({ flavor: "most", same_host: true }), "resize.placed.host"), a.host)
    }))

  it.effect("of a migration say where it would go, as it then does; or why not to the host that was named", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      const a = yield* make("a")
      const to = a.host === "sim-0001" ? "sim-0002" : "sim-0001"
      const migrate = (host?: string) => ask("POST", whatIf, { body: { migrate: { server: a.id, ...host === undefined ? {} : { host } } } })
      assert.strictEqual(text((yield* migrate()).body, "migrate.placed.host"), to)
      assert.strictEqual(text((yield* migrate(to)).body, "migrate.placed.host"), to)
      assert.strictEqual((yield* migrate(a.host!)).status, 400)
      assert.strictEqual((yield* migrate("sim-0009")).status, 404)
      yield* cloud.servers.liveMigrate(admin("req-move"), a.id, { host: null, isForced: false, copiesDisks: null, isChecked: false })
      assert.strictEqual((yield* cloud.settled(a)).host, to)
      for (const name of ["b", "c"]) yield* make(name, "rival")
      yield* make("d", "rival")
      const full = yield* migrate(a.host!)
      assert.deepStrictEqual([at(full.body, "migrate.refused.hosts"), at(full.body, "migrate.refused.groups.0.filter")], [1, "MEMORY_MB"])
      yield* cloud.servers.perform(admin("req-suspend"), a.id, "suspend")
      yield* cloud.settled(a)
      const suspended = yield* migrate()
      assert.strictEqual(suspended.status, 409)
      assert.match(suspended.text, /it is suspended/)
    }))

  it.effect("repeat a decision: the same comes of it while nothing has changed, and what has is told", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      const a = yield* make("a")
      const replay = (server: string) => Effect.map(ask("POST", whatIf, { body: { replay: { server } } }), ({ body }) => body)
      const same = yield* replay(a.id)
      assert.deepStrictEqual([at(same, "replay.same"), at(same, "replay.changed"), at(same, "replay.now.placed.score")], [true, [], at(same, "replay.before.placed.score")])
      const other = a.host === "sim-0001" ? "sim-0002" : "sim-0001"
      const host = cloud.records.get(hosts, a.host!)!
      yield* cloud.records.write([{ table: hosts, expect: "any", put: { ...host, memoryMb: host.memoryMb - 4096 } }])
      const less = yield* replay(a.id)
      assert.deepStrictEqual([at(less, "replay.same"), at(less, "replay.now.placed.host")], [false, other])
      assert.match(items(less, "replay.changed").join("\n"), new RegExp(`^host ${a.host}: RAMWeigher was \\d+, is \\d+$`, "m"))
      yield* cloud.records.write([{ table: hosts, expect: "any", put: { ...host, isDisabled: true } }])
      assert.match(items(yield* replay(a.id), "replay.changed").join("\n"), new RegExp(`^host ${a.host}: ComputeFilter refuses it`, "m"))
      yield* cloud.records.write([{ table: hosts, expect: "any", put: host }])
      for (const name of ["b", "c", "d"]) yield* make(name, "rival")
      const refused = yield* make("e")
      assert.deepStrictEqual([at(yield* replay(refused.id), "replay.same"), at(yield* replay(refused.id), "replay.changed")], [true, []])
      yield* cloud.servers.perform(asked("req-delete"), a.id, "delete")
      yield* cloud.settled(a)
      const room = yield* replay(refused.id)
      assert.isFalse(at(room, "replay.same"))
      assert.match(items(room, "replay.changed").join("\n"), new RegExp(`hosts that would do now: 1, ${a.host} the best of them`))
      // One that is gone is asked for as if it came.
      assert.isTrue(at(yield* replay(a.id), "replay.same"))
      assert.strictEqual((yield* ask("POST", whatIf, { body: { replay: { server: "none" } } })).status, 404)
    }))

  it.effect("of several at once place all or none, by their group's policy", () =>
    Effect.gen(function*() {
      const { ask, cloud } = yield* world
      const boot = (more: object) => Effect.map(ask("POST", whatIf, { body: { boot: { flavor: "half", ...more } } }), ({ body }) => body)
      const both = [{ host: "sim-0001", servers: 1 }, { host: "sim-0002", servers: 1 }]
      assert.deepStrictEqual(at(yield* boot({ count: 2, group_policy: "anti-affinity" }), "boot.hosts"), both)
      assert.deepStrictEqual(at(yield* boot({ count: 2, group_policy: "affinity" }), "boot.hosts"), [{ host: "sim-0001", servers: 2 }])
      assert.deepStrictEqual(at(yield* boot({ count: 4 }), "boot.hosts"), both.map((one) => ({ ...one, servers: 2 })))
      const few = yield* Effect.forEach([{ count: 5 }, { count: 3, group_policy: "anti-affinity" }, { count: 3, group_policy: "affinity" }], boot)
      assert.deepStrictEqual(few.map((one) => at(one, "boot.placed_count")), [4, 2, 0])
      assert.deepStrictEqual(few.map((one) => at(one, "boot.refused.groups.0.filter")), ["MEMORY_MB", "ServerGroupAntiAffinityFilter", "MEMORY_MB"])
      assert.deepStrictEqual([...cloud.index.ofProject(null)], [])
    }))

  it.effect("are for administrators, of one thing, and of things that are there", () =>
    Effect.gen(function*() {
      const { ask } = yield* world
      const status = (body: unknown, token = asAdmin) => Effect.map(ask("POST", whatIf, { body, token }), (answer) => answer.status)
      assert.strictEqual(yield* status({ boot: { flavor: "half" } }, "project member,reader"), 403)
      assert.strictEqual(yield* status({}), 400)
      assert.strictEqual(yield* status({ boot: { flavor: "half" }, drain: { host: "sim-0001" } }), 400)
      assert.strictEqual(yield* status({ boot: { flavor: "none" } }), 400)
      assert.strictEqual(yield* status({ drain: { host: "sim-0009" } }), 404)
      assert.strictEqual(yield* status({ resize: { server: "none", flavor: "tiny" } }), 404)
    }))

  it.effect("hold nothing: the scheduler picks as if nobody had asked", () =>
    Effect.gen(function*() {
      const { ask, cloud } = yield* world
      yield* ask("POST", whatIf, { body: { boot: { flavor: "half" } } })
      yield* ask("POST", whatIf, { body: { drain: { host: "sim-0001" } } })
      yield* breathe
      const entity = (yield* Effect.provideContext(SchedulerEntity.client, cloud.context))(defaultCell)
      const { host, placement } = yield* Effect.orDie(entity.Select({ instance: anInstance({ id: "x", host: null }) }))
      assert.strictEqual(host, "sim-0001")
      assert.strictEqual(placement?.outcome._tag, "Placed")
    }))
})

describe("a drain plan", () => {
  const planOf = (ask: Effect.Success<typeof world>["ask"], host: string) =>
    Effect.map(ask("POST", "/os-placement-explanations/what-if", { body: { drain: { host } } }), ({ body }) => at(body, "drain") as object)
  const drain = "/os-placement-explanations/drain"

  it.effect("is carried out move by move, on a host that gets nobody new, until it is empty", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      const [a, b] = [yield* make("a"), yield* make("b")]
      yield* cloud.servers.liveMigrate(admin("req-both"), b.id, { host: a.host!, isForced: false, copiesDisks: null, isChecked: false })
      assert.strictEqual((yield* cloud.settled(b)).host, a.host)
      const plan = yield* planOf(ask, a.host!)
      const states: Array<unknown> = []
      for (let round = 0; round < 9 && states.at(-1) !== "done"; round++) {
        const { body, status, text: shown } = yield* ask("POST", drain, { body: { drain: { ...plan, at_once: 1 } } })
        assert.strictEqual(status, 200, shown)
        assert.isAtMost(items(body, "drain.under_way").length, 1)
        states.push(at(body, "drain.state"))
        yield* breathe
      }
      assert.deepStrictEqual(states, ["running", "running", "done"])
      const moves = items(plan, "moves").map((move) => [text(move, "server"), text(move, "to")])
      assert.strictEqual(moves.length, 2)
      for (const [server, to] of moves) assert.strictEqual(cloud.index.get(server!)!.host, to)
      assert.deepStrictEqual([cloud.records.get(hosts, a.host!)!.isDisabled, [...cloud.index.onHost(a.host!)]], [true, []])
    }))

  it.effect("moves servers that are off as they are, and says for them that they stay", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      const a = yield* make("a")
      yield* cloud.servers.perform(admin("req-stop"), a.id, "stop")
      yield* cloud.settled(a)
      const plan = yield* planOf(ask, a.host!)
      const states: Array<unknown> = []
      for (let round = 0; round < 9 && states.at(-1) !== "done"; round++) {
        states.push(at((yield* ask("POST", drain, { body: { drain: plan } })).body, "drain.state"))
        yield* breathe
      }
      assert.deepStrictEqual(states, ["running", "running", "done"])
      const { host, migration, vmState } = cloud.index.get(a.id)!
      assert.deepStrictEqual([host, vmState, migration ?? null], [text(plan, "moves.0.to"), "stopped", null])
      assert.deepStrictEqual([...cloud.index.movingOn(a.host!)], [])
    }))

  it.effect("says what has changed before anything is moved, and which move failed", () =>
    Effect.gen(function*() {
      const { ask, cloud, make } = yield* world
      const a = yield* make("a")
      const plan = yield* planOf(ask, a.host!)
      const other = (yield* make("b", "rival")).host!
      const against = (body: unknown) => Effect.map(ask("POST", drain, { body: { drain: body } }), (answer) => [at(answer.body, "drain.state"), items(answer.body, "drain.against").join()] as const)
      const [state, why] = yield* against(plan)
      assert.deepStrictEqual([state, why.includes(`host ${other}: instances was 0, is 1`)], ["stopped", true])
      assert.deepStrictEqual([cloud.records.get(hosts, a.host!)!.isDisabled, cloud.index.get(a.id)!.host], [false, a.host])
      yield* cloud.faults.inject({ operation: "performMigration" }, { _tag: "Fail", message: "wire cut", isRetryable: false }, 1)
      const again = yield* planOf(ask, a.host!)
      assert.strictEqual((yield* against(again))[0], "running")
      yield* breathe
      const [after, failed] = yield* against(again)
      assert.deepStrictEqual([after, failed.includes(`server ${a.id}: its move to ${other} ended as failed`)], ["stopped", true], failed)
    }))

  it.effect("is for administrators, and for hosts that it empties", () =>
    Effect.gen(function*() {
      const { ask, make } = yield* world
      const a = yield* make("a")
      const plan = yield* planOf(ask, a.host!)
      const status = (body: unknown, token = asAdmin) => Effect.map(ask("POST", drain, { body: { drain: body }, token }), (answer) => answer.status)
      assert.strictEqual(yield* status(plan, "project member,reader"), 403)
      assert.strictEqual(yield* status({ ...plan, stuck: [{ server: a.id, why: "x" }] }), 400)
      assert.strictEqual(yield* status({ ...plan, at_once: 0 }), 400)
      assert.strictEqual(yield* status({ ...plan, host: "sim-0009" }), 404)
    }))
})
