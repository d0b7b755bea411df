/** Dry runs stand in nobody's way, and what they say of a moment is what would come of it. Seeds are printed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schema } from "effect"
import { claim, fit } from "../../../src/actors/placement/numa/Numa.ts"
import { dryRuns } from "../../../src/actors/scheduler/dryRunsWorkflow.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { HostTable } from "../../../src/actors/scheduler/HostTable.ts"
import { rulesOf } from "../../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"
import { requestSpecOf } from "../../../src/actors/scheduler/RequestSpec.ts"
import { defaultCell, SchedulerEntity } from "../../../src/actors/scheduler/SchedulerProtocol.ts"
import { defaultSettings } from "../../../src/actors/scheduler/settings.ts"
import { begin } from "../../../src/actors/scheduler/whatIf/answer.ts"
import { capacityOf } from "../../../src/actors/scheduler/whatIf/capacity.ts"
import { drainPlan } from "../../../src/actors/scheduler/whatIf/drain.ts"
import type { Moment, Surveyed } from "../../../src/actors/scheduler/whatIf/Moment.ts"
import { finished } from "../../../src/actors/shared/Steps.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { aCloud } from "../../fixtures/asked.ts"
import { anInstance } from "../../fixtures/instances.ts"
import { Guest, guestFrom, Host, hostFrom } from "../placement/numa/generated.ts"
import { hostOf, specOf } from "./made.ts"
import { brokenBy } from "./proofVerifier.ts"

const rules = rulesOf(defaultSettings)
const flavor = anInstance().flavor
const nameOf = (at: number) => `host-${String(at).padStart(5, "0")}`
const movable = { serversOn: () => [], mayLeave: () => true }
const momentOf = (hosts: ReadonlyArray<HostState>): Moment => ({ at: "2030-01-01T00:00:00.000Z", rules, hosts, movable })
const surveyed = (hosts: ReadonlyArray<HostState>): Surveyed => ({
  ...momentOf(hosts),
  serverOf: () => undefined, serversOn: () => [], arrivingOn: () => [], heldAt: () => null, membersBeside: () => [],
  specOf: (server) => requestSpecOf(server, { groupHosts: new Map(), hostOf: () => null })
})
const boot = { _tag: "Boot" as const, requestId: "req-1", projectId: "p", flavor, imageId: null, imageProperties: {}, zone: null }
const fleet = Array.from({ length: 10 }, (_, at) => hostOf(nameOf(at)))

describe("dry runs", () => {
  it.live("keep nobody waiting: who is placed meanwhile is placed before they end", () =>
    Effect.gen(function*() {
      const cloud = yield* aCloud({ hosts: 200 })
      const scheduler = (yield* Effect.provideContext(SchedulerEntity.client, cloud.context))(defaultCell)
      const asked = yield* Effect.forkChild(scheduler.WhatIf({ question: boot }), { startImmediately: true })
      const { host } = yield* scheduler.Select({ instance: anInstance({ id: "a", host: null }) })
      assert.isUndefined(asked.pollUnsafe())
      assert.match(host, /^sim-/)
      const answer = yield* Fiber.join(asked)
      assert.isTrue(answer._tag === "Boot" && answer.isCounted && answer.capacity[0]!.hosts === 200)
    }).pipe(Effect.scoped))

  it.effect("are a few at a time, and not many more wait", () =>
    Effect.gen(function*() {
      const dryRun = yield* dryRuns
      let surveys = 0
      const survey = () => {
        surveys++
        return surveyed(fleet)
      }
      const asked = yield* Effect.forEach(
        Array.from({ length: Limits.dryRunsMax + Limits.dryRunsWaitingMax + 1 }), () => Effect.forkChild(Effect.result(dryRun(boot, survey)), { startImmediately: true })
      )
      yield* Effect.yieldNow
      assert.strictEqual(surveys, Limits.dryRunsMax)
      const answers = yield* Effect.forEach(asked, Fiber.join)
      const refused = answers.filter(Result.isFailure)
      assert.deepStrictEqual(refused.map(({ failure }) => failure.code), ["TooManyDryRuns"])
      assert.isTrue(Result.isSuccess(yield* Effect.result(dryRun(boot, survey))))
    }))
})

it("questions of later releases are refused", () =>
  assert.deepInclude(Result.getOrThrow(Result.flip(begin({ _tag: "Later" } as never, surveyed(fleet)))), { kind: "notImplemented", code: "UnknownQuestion" }))

const one = <const A extends ReadonlyArray<number>>(...values: A) => Schema.Literals(values)
const Made = Schema.Struct({ ram: one(8192, 14_000, 15_500), vcpus: one(20, 28, 31), disk: one(70, 90, 99), cells: Schema.NullOr(Host) })
const Fleet = Schema.Array(Made).check(Schema.isMinLength(1), Schema.isMaxLength(4))
const Asked = Schema.Struct({ ram: one(0, 512, 2048), vcpus: one(1, 2), disk: one(0, 3), guest: Schema.NullOr(Guest) })

const hostsFrom = (made: typeof Fleet.Type) => made.map(({ cells, disk, ram, vcpus }, at) =>
  hostOf(nameOf(at), { ramUsedMb: ram, vcpusUsed: vcpus, diskUsedGb: disk, availabilityZone: at % 2 === 0 ? "a" : "b", topology: cells === null ? null : hostFrom(cells) }))

const specFrom = ({ disk, guest, ram, vcpus }: typeof Asked.Type): RequestSpec => {
  const numa = guest === null ? null : guestFrom(guest)
  const sum = (of: (cell: NonNullable<RequestSpec["numa"]>["cells"][number]) => number) => numa?.cells.reduce((all, cell) => all + of(cell), 0) ?? 0
  const pinnedCpus = sum(({ dedicatedCpus }) => dedicatedCpus.length)
  return specOf({ ramMb: ram, diskGb: disk, numa, pinnedCpus, vcpus: numa === null ? vcpus : pinnedCpus + sum(({ sharedCpus }) => sharedCpus.length) })
}

/** The host with one server of this request more, by the rules. */
const taking = (host: HostState, spec: RequestSpec): HostState => {
  const fitted = spec.numa === null || host.topology === null ? null : Result.getOrThrow(fit(host.topology, spec.numa, { limits: { cpuRatio: host.ratios.cpu, ramRatio: host.ratios.ram }, isPacked: false }))
  return {
    ...host, ramUsedMb: host.ramUsedMb + spec.ramMb, vcpusUsed: host.vcpusUsed + spec.vcpus, diskUsedGb: host.diskUsedGb + spec.diskGb,
    instances: host.instances + 1, topology: fitted === null ? host.topology : claim(host.topology!, fitted)
  }
}

describe("what a dry run says", () => {
  it.prop("of how many more fit is how many then do", [Fleet, Asked], ([made, asked]) => {
    const hosts = hostsFrom(made)
    const spec = specFrom(asked)
    const counted = finished(capacityOf(rules, hosts, spec))
    const expected = new Map<string, { hosts: number; servers: number }>()
    for (const empty of hosts) {
      let count = 0
      for (let host = empty; brokenBy(host, spec).length === 0; host = taking(host, spec)) count++
      if (count === 0) continue
      const zone = expected.get(empty.availabilityZone) ?? { hosts: 0, servers: 0 }
      expected.set(empty.availabilityZone, { hosts: zone.hosts + 1, servers: zone.servers + count })
    }
    assert.deepStrictEqual(counted, {
      isCounted: true, capacity: [...expected].toSorted().map(([zone, { hosts: on, servers }]) => ({ zone, hosts: on, servers }))
    })
  }, { arbitrary: { runs: 300 } })

  it.prop("of a drain can be done move by move, and nobody more could move", [Fleet, Schema.Array(Asked)], ([made, leaving]) => {
    const hosts = hostsFrom(made)
    const [from] = hosts
    const specs = leaving.map((asked, at) => ({ ...specFrom(asked), groupPolicy: at % 3 === 0 ? "anti-affinity" : null, instanceId: `s${at}` }))
    const servers = specs.map((spec, at) => ({
      spec, server: anInstance({ id: `s${at}`, host: from!.hostname, flavor: { ...flavor, vcpus: spec.vcpus, ramMb: spec.ramMb, diskGb: spec.diskGb } }),
      beside: specs.flatMap((other, other_) => other_ !== at && other.groupPolicy !== null && spec.groupPolicy !== null ? [{ id: `s${other_}`, host: from!.hostname }] : [])
    }))
    const plan = finished(drainPlan(momentOf(hosts), { host: from!.hostname, servers, premises: [], arriving: [] }))
    assert.strictEqual(plan.moves.length + plan.stuck.length, servers.length)
    const now = new Map(hosts.map((host) => [host.hostname, host]))
    const moved = new Map<string, string>()
    const asks = (id: string): RequestSpec => {
      const at = Number(id.slice(1))
      const groupHosts = new Map<string, number>()
      for (const { id: other } of servers[at]!.beside) {
        const host = moved.get(other) ?? from!.hostname
        groupHosts.set(host, (groupHosts.get(host) ?? 0) + 1)
      }
      return { ...specs[at]!, excludedHosts: [from!.hostname], groupHosts }
    }
    for (const { server, to } of plan.moves) {
      assert.deepStrictEqual(brokenBy(now.get(to)!, asks(server)), [], `${server} to ${to}`)
      now.set(to, taking(now.get(to)!, asks(server)))
      moved.set(server, to)
    }
    for (const { server } of plan.stuck) for (const host of now.values()) assert.isNotEmpty(brokenBy(host, asks(server)), `${server} fits ${host.hostname}`)
    assert.deepStrictEqual(plan.premises.map(({ host }) => host), [...new Set([from!.hostname, ...moved.values()])].toSorted())
  }, { arbitrary: { runs: 300 } })

  it.prop("of hosts is what the table has of them, by name", [Schema.Array(one(1, 2, 3, 4, 5, 6)), Schema.Array(one(1, 2, 3, 4, 5, 6))], ([put, gone]) => {
    const table = new HostTable(rules)
    for (const at of put) table.put(hostOf(nameOf(at)))
    for (const at of gone) table.remove(nameOf(at))
    const left = [...new Set(put)].filter((at) => !gone.includes(at)).toSorted()
    assert.deepStrictEqual(table.ordered().map(({ hostname }) => hostname), left.map(nameOf))
  }, { arbitrary: { runs: 100 } })
})
