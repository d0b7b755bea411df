/** The table answers as the plain ranking does, whatever came before. Seeds are printed. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { claim, release } from "../../../src/actors/placement/numa/Numa.ts"
import type { HostTopology } from "../../../src/actors/placement/numa/HostTopology.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { tableOf } from "../../../src/actors/scheduler/whatIf/tables.ts"
import { finished } from "../../../src/actors/shared/Steps.ts"
import { HostTable } from "../../../src/actors/scheduler/HostTable.ts"
import { filterNames, rulesOf } from "../../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"
import { detailsOf, ranked, refusalsOf, select } from "../../../src/actors/scheduler/select.ts"
import { defaultSettings, type SchedulerSettings } from "../../../src/actors/scheduler/settings.ts"
import { noDevices } from "../../../src/actors/placement/devices/DeviceState.ts"
import { Devices, Requests, requestsFrom, stateFrom as stateFromDevices } from "../placement/devices/generated.ts"
import { Guest, guestFrom, Host, hostFrom } from "../placement/numa/generated.ts"
import { hostOf, saying, specOf } from "./made.ts"

/** Each as often as any other. */
const one = <const A extends ReadonlyArray<string | number | boolean>>(...values: A) => Schema.Literals(values)
const Made = Schema.Struct({
  ramUsed: one(0, 1024, 8192, 15_000, 20_000), vcpusUsed: one(0, 4, 30, 40), diskUsed: one(0, 50, 95),
  up: one(true, true, true, false), disabled: one(false, false, false, true), zone: one("nova", "nova", "az1"),
  ioOps: one(0, 0, 1, 9), failed: one(0, 0, 0, 1), version: one(1, 1, 2), trait: one(true, false), instances: one(0, 3, 60),
  says: one("", "", "", "ram_weight_multiplier=-1.5", "cpu_weight_multiplier=3", "max_instances_per_host=2", "filter_tenant_id=p,q"),
  cells: Schema.NullOr(Host), devices: Schema.NullOr(Devices)
})
const Asked = Schema.Struct({
  ram: one(0, 2048, 8192), vcpus: one(1, 2, 9), zone: one("", "", "az1"), trait: one("none", "none", "required", "forbidden"),
  policy: one("", "", "affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"), group: Schema.Array(one(0, 1, 2, 3, 70)),
  most: one(1, 2), excluded: Schema.Array(one(0, 1, 2, 5)), host: one(-1, -1, -1, -1, 2), forced: one(false, true),
  different: Schema.Array(one(0, 1, 66)), query: one("", "", "[\">\", \"$free_ram_mb\", 4096]"), project: one("p", "r"),
  guest: Schema.NullOr(Guest), devices: Schema.Union([Schema.Null, Schema.Null, Schema.Null, Requests])
})
const Step = Schema.Union([
  Schema.Struct({ put: one(0, 1, 2, 3, 4, 5, 64, 65, 66, 70, 130), as: Made }),
  Schema.Struct({ remove: one(0, 2, 65) }),
  Schema.Struct({ ask: Asked }),
  // What was asked before: its verdicts are kept.
  Schema.Struct({ again: one(0, 1, 2) }), Schema.Struct({ again: one(0, 1, 2) })
])
const Steps = Schema.Array(Step).check(Schema.isMinLength(6), Schema.isMaxLength(30))

/** Not in the order of their rows. */
const nameOf = (at: number) => `h${(at * 37) % 101}-${at}`

const stateFrom = (at: number, made: typeof Made.Type): HostState => hostOf(nameOf(at), {
  ramUsedMb: made.ramUsed, vcpusUsed: made.vcpusUsed, diskUsedGb: made.diskUsed, isUp: made.up, isDisabled: made.disabled,
  availabilityZone: made.zone, ioOps: made.ioOps, failedBuilds: made.failed, hypervisorVersion: made.version,
  instances: made.instances, traits: new Set(made.trait ? ["HW_X"] : []),
  aggregates: made.says === "" ? [] : [saying(Object.fromEntries([made.says.split("=") as [string, string]]))],
  topology: made.cells === null ? null : hostFrom(made.cells),
  devices: made.devices === null ? noDevices : stateFromDevices(made.devices)
})

const specFrom = (asked: typeof Asked.Type): RequestSpec => {
  const groupHosts = new Map<string, number>()
  for (const at of asked.group) groupHosts.set(nameOf(at), (groupHosts.get(nameOf(at)) ?? 0) + 1)
  return specOf({
    ramMb: asked.ram, vcpus: asked.vcpus, availabilityZone: asked.zone || null, projectId: asked.project,
    required: asked.trait === "required" ? ["HW_X"] : [], forbidden: asked.trait === "forbidden" ? ["HW_X"] : [],
    groupPolicy: asked.policy || null, groupHosts, maxServerPerHost: asked.most, excludedHosts: asked.excluded.map(nameOf),
    host: asked.host < 0 ? null : nameOf(asked.host), isForced: asked.host >= 0 && asked.forced,
    differentHosts: asked.different.length === 0 ? null : asked.different.map(nameOf), query: asked.query || null,
    numa: asked.guest === null ? null : guestFrom(asked.guest),
    devices: asked.devices === null ? [] : requestsFrom(asked.devices)
  })
}

const every: SchedulerSettings = {
  ...defaultSettings,
  enabledFilters: filterNames(defaultSettings).filter((name) => name !== "IoOpsFilter" && name !== "MetricsFilter"),
  weights: { NumInstancesWeigher: -0.5, ImagePropertiesWeigher: 1 }
}

const answerOf = (table: HostTable, spec: RequestSpec) => {
  const picked = table.pick(spec)
  return Result.isSuccess(picked) ? picked.success.host.hostname : detailsOf(picked.failure)
}
const plainAnswer = (settings: SchedulerSettings, hosts: ReadonlyArray<HostState>, spec: RequestSpec) => {
  const picked = select(rulesOf(settings), hosts, spec)
  return Result.isSuccess(picked) ? picked.success.hostname : detailsOf(picked.failure)
}
/** Those that requests name are far from the others: without them all other values mean something else. */
const outliers: Readonly<Record<number, Partial<HostState>>> = {
  0: { ramCapacityMb: 900_000 }, 1: { vcpuCapacity: 4_000 }, 2: { diskCapacityGb: 9_000 }, 3: { ioOps: 90 }, 5: { hypervisorVersion: 99_000_000 }
}
const seeded = Array.from({ length: 140 }, (_, at) => hostOf(nameOf(at), {
  ramUsedMb: (at * 911) % 16_000, vcpusUsed: (at * 7) % 31, diskUsedGb: (at * 13) % 80, ioOps: at % 5, failedBuilds: at % 2, ...outliers[at]
}))

describe("the table", () => {
  for (const [name, settings] of [["the usual rules", defaultSettings], ["nearly every rule", every]] as const) {
    it.prop(`picks as the plain ranking does, with ${name}`, [Steps], ([steps]) => {
      const table = new HostTable(rulesOf(settings))
      for (const host of seeded) table.put(host)
      const asked: Array<RequestSpec> = [specOf()]
      for (const step of steps) {
        if ("put" in step) table.put(stateFrom(step.put, step.as))
        else if ("remove" in step) table.remove(nameOf(step.remove))
        else {
          const spec = "ask" in step ? specFrom(step.ask) : asked[step.again % asked.length]!
          asked.push(spec)
          // Reasons come in the order of the hosts.
          assert.strictEqual(answerOf(table, spec), plainAnswer(settings, [...table.states()], spec))
        }
      }
    }, { arbitrary: { runs: 300 } })
  }

  it.prop("draws among the best only, as many as it is told to", [Asked, Schema.Array(Made)], ([asked, made]) => {
    const table = new HostTable(rulesOf(defaultSettings))
    for (const host of seeded) table.put(host)
    made.forEach((one, at) => table.put(stateFrom(at, one)))
    const spec = specFrom(asked)
    const best = ranked(rulesOf(defaultSettings), table.states(), spec).slice(0, 5).map(({ host }) => host.hostname)
    for (const drawn of [0, 0.3, 0.99]) {
      const picked = table.pick(spec, { subset: 5, isShuffled: false, draw: () => drawn })
      const expected = best[Math.floor(drawn * best.length)]
      assert.strictEqual(Result.isSuccess(picked) ? picked.success.host.hostname : undefined, expected)
    }
  }, { arbitrary: { runs: 200 } })

  it("goes by chance among equals when it is told to shuffle, and never to a lesser one", () => {
    const table = new HostTable(rulesOf(defaultSettings))
    for (let at = 0; at < 200; at++) table.put(hostOf(nameOf(at), { ramUsedMb: at < 100 ? 0 : 1024 }))
    const names = [0.1, 0.2, 0.3, 0.4, 0.5].map((drawn) => {
      const picked = table.pick(specOf(), { subset: 1, isShuffled: true, draw: () => drawn })
      return Result.isSuccess(picked) ? picked.success.host : undefined
    })
    assert.isAbove(new Set(names).size, 2)
    for (const host of names) assert.strictEqual(host?.ramUsedMb, 0)
  })

  it.prop("made in steps answers alike, of what came after too", [Steps, Made], ([steps, made]) => {
    const specs = steps.flatMap((step) => "ask" in step ? [specFrom(step.ask)] : [])
    const table = finished(tableOf(rulesOf(defaultSettings), seeded, specs))
    const check = () => {
      for (const spec of specs) assert.strictEqual(answerOf(table, spec), plainAnswer(defaultSettings, [...table.states()], spec))
    }
    check()
    for (let at = 0; at < 140; at += 3) table.put(stateFrom(at, made))
    check()
  }, { arbitrary: { runs: 60 } })
})

describe("laws of scheduling", () => {
  const hostsOf = (made: ReadonlyArray<typeof Made.Type>) => made.map((one, at) => stateFrom(at, one))
  const Fleet = Schema.Array(Made).check(Schema.isMinLength(1))
  const runs = { arbitrary: { runs: 400 } }
  const isPlaced = (hosts: ReadonlyArray<HostState>, spec: RequestSpec) => Result.isSuccess(select(rulesOf(defaultSettings), hosts, spec))

  it.prop("every host is admitted, or refused by one filter", [Fleet, Asked], ([made, asked]) => {
    const hosts = hostsOf(made)
    const spec = specFrom(asked)
    const { admitted, refused } = refusalsOf(rulesOf(every), hosts, spec)
    const names = [...refused.values()].flatMap((reasons) => [...reasons.values()].flatMap((one) => one.hosts))
    const best = ranked(rulesOf(every), hosts, spec).map(({ host }) => host.hostname)
    assert.strictEqual(best.length, admitted)
    assert.deepStrictEqual([...names, ...best].toSorted(), hosts.map(({ hostname }) => hostname).toSorted())
  }, runs)

  it.prop("what is short has a number that is short", [Fleet, Asked], ([made, asked]) => {
    for (const reasons of refusalsOf(rulesOf(every), hostsOf(made), specFrom(asked)).refused.values()) {
      for (const { why } of reasons.values()) if (why.short !== undefined) assert.isAbove(why.short.needed, why.short.available, why.reason)
    }
  }, runs)

  it.prop("the order of hosts does not matter", [Fleet, Asked], ([made, asked]) => {
    const hosts = hostsOf(made)
    const name = (all: ReadonlyArray<HostState>) => Result.getOrNull(select(rulesOf(every), all, specFrom(asked)))?.hostname
    assert.strictEqual(name(hosts.toReversed()), name(hosts))
  }, runs)

  it.prop("a host more never makes a request unplaceable", [Fleet, Asked, Made], ([made, asked, more]) => {
    const spec = specFrom(asked)
    if (isPlaced(hostsOf(made), spec)) assert.isTrue(isPlaced([...hostsOf(made), stateFrom(99, more)], spec))
  }, runs)

  it.prop("a request that asks less is not lost", [Fleet, Asked], ([made, asked]) => {
    const hosts = hostsOf(made)
    if (!isPlaced(hosts, specFrom(asked))) return
    const relaxed: ReadonlyArray<Partial<typeof Asked.Type>> = [
      { ram: 0 }, { vcpus: 1 }, { zone: "" }, { trait: "none" }, { excluded: [] }, { host: -1, forced: false, policy: "" }, { most: 2 },
      { different: [] }, { query: "" }, { guest: null }, ...asked.policy === "anti-affinity" ? [{ policy: "soft-anti-affinity" as const }] : []
    ]
    // A forced host is asked for less than one that is not.
    if (asked.host >= 0) return
    for (const less of relaxed) assert.isTrue(isPlaced(hosts, specFrom({ ...asked, ...less })), JSON.stringify(less))
  }, runs)

  it.prop("claims never exceed what there is, and release gives back exactly", [Fleet, Schema.Array(Asked)], ([made, requests]) => {
    const table = new HostTable(rulesOf(defaultSettings))
    const before = hostsOf(made)
    for (const host of before) table.put(host)
    const undo: Array<() => void> = []
    for (const asked of requests) {
      const spec = specFrom({ ...asked, host: -1 })
      const picked = table.pick(spec)
      if (Result.isFailure(picked)) continue
      const { host, numa } = picked.success
      const topology: HostTopology | null = host.topology === null || numa === null ? host.topology : claim(host.topology, numa)
      if (spec.numa !== null) assert.isNotNull(numa)
      const next = { ...host, topology, vcpusUsed: host.vcpusUsed + spec.vcpus, ramUsedMb: host.ramUsedMb + spec.ramMb }
      table.put(next)
      if (spec.vcpus > 0) assert.isAtMost(next.vcpusUsed, next.vcpuCapacity)
      if (spec.ramMb > 0) assert.isAtMost(next.ramUsedMb, next.ramCapacityMb)
      undo.push(() => {
        const now = table.get(host.hostname)!
        table.put({
          ...now, vcpusUsed: now.vcpusUsed - spec.vcpus, ramUsedMb: now.ramUsedMb - spec.ramMb,
          topology: now.topology === null || numa === null ? now.topology : release(now.topology, numa)
        })
      })
    }
    for (const one of undo) one()
    const facts = ({ ramUsedMb, topology, vcpusUsed }: HostState) => ({ ramUsedMb, topology, vcpusUsed })
    for (const host of before) assert.deepStrictEqual(facts(table.get(host.hostname)!), facts(host))
  }, runs)
})
