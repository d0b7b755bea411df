/** Proofs hold by rules written a second time, say the same whenever they are asked for, and tell owners nothing of others. Seeds are printed. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { claim, fit, release } from "../../../src/actors/placement/numa/Numa.ts"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import { HostTable } from "../../../src/actors/scheduler/HostTable.ts"
import { placedOf } from "../../../src/actors/scheduler/proof/placed.ts"
import { Proof } from "../../../src/actors/scheduler/proof/Proof.ts"
import { refusedOf } from "../../../src/actors/scheduler/proof/refused.ts"
import { proofRequestOf } from "../../../src/actors/scheduler/proof/request.ts"
import { adviceOf, explanationOf } from "../../../src/actors/scheduler/proof/words.ts"
import { rulesOf } from "../../../src/actors/scheduler/registry.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"
import { trial } from "../../../src/actors/scheduler/whatIf/trial.ts"
import { finished } from "../../../src/actors/shared/Steps.ts"
import { defaultSettings } from "../../../src/actors/scheduler/settings.ts"
import { devicesOf, gpu, request } from "../../fixtures/devices.ts"
import { anInstance } from "../../fixtures/instances.ts"
import { Guest, guestFrom, Host, hostFrom } from "../placement/numa/generated.ts"
import { having, hostOf, specOf } from "./made.ts"
import { complaintsOfPlaced, complaintsOfRefused } from "./proofVerifier.ts"

const one = <const A extends ReadonlyArray<string | number | boolean>>(...values: A) => Schema.Literals(values)
const Server = Schema.Struct({ ram: one(0, 512, 2048, 8192), vcpus: one(1, 2, 8), disk: one(0, 10, 60), guest: Schema.NullOr(Guest) })
const Made = Schema.Struct({
  ramUsed: one(0, 8192, 12_000, 15_000, 20_000), vcpusUsed: one(0, 4, 28, 31), diskUsed: one(0, 40, 95), up: one(true, true, true, true, false),
  disabled: one(false, false, false, true), zone: one("nova", "nova", "az1", "az2"), ioOps: one(0, 0, 1, 3), failed: one(0, 0, 0, 1),
  version: one(1, 1, 2), divided: one(true, false), pcpus: one(3, 64), gpus: one(0, 1), cells: Schema.NullOr(Host), servers: Schema.Array(Server)
})
const Fleet = Schema.Array(Made).check(Schema.isMinLength(1), Schema.isMaxLength(12))
const Asked = Schema.Struct({
  ram: one(0, 512, 2048, 8192), vcpus: one(1, 2, 4, 9), disk: one(0, 10, 60), zone: one("", "", "", "nova", "az1"),
  policy: one("", "", "", "affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"), group: Schema.Array(one(0, 1, 2, 3)),
  excluded: Schema.Array(one(0, 1, 12)), gpus: one(0, 0, 0, 1), guest: Schema.NullOr(Guest)
})

/** Hosts that nothing but their cells may keep a guest from. */
const Roomy = Schema.Array(Schema.Struct({ ...Made.fields, ramUsed: one(0), vcpusUsed: one(0), diskUsed: one(0), up: one(true), disabled: one(false), cells: Host }))
  .check(Schema.isMinLength(1), Schema.isMaxLength(4))
const Pinned = Schema.Struct({
  ...Asked.fields, ram: one(512), disk: one(0), zone: one(""), policy: one(""), excluded: Schema.Array(one(12)),
  guest: Schema.Struct({ ...Guest.fields, pageSize: one("none", "large", "2048", "any") })
})

interface World {
  readonly hosts: ReadonlyArray<HostState>
  readonly servers: ReadonlyMap<string, ReadonlyArray<Instance>>
}
const nameOf = (at: number) => `secret-node-${(at * 7) % 13}`

/** Each host with its servers, whose NUMA cells are claimed where they fit. */
const worldOf = (fleet: typeof Fleet.Type): World => {
  const servers = new Map<string, ReadonlyArray<Instance>>()
  const hosts = fleet.map((made, at) => {
    let topology = made.cells === null ? null : hostFrom(made.cells)
    const here = made.servers.map((server, number) => {
      const guest = server.guest === null ? null : guestFrom(server.guest)
      const numa = guest === null || topology === null ? null : Result.getOrNull(fit(topology, guest))
      if (numa !== null && topology !== null) topology = claim(topology, numa)
      return anInstance({
        id: `other-tenants-${at}-${number}`, projectId: "rival", host: nameOf(at), numa,
        flavor: { ...anInstance().flavor, vcpus: server.vcpus, ramMb: server.ram, diskGb: server.disk }
      })
    })
    servers.set(nameOf(at), here)
    const sum = (of: (server: Instance) => number) => here.reduce((all, server) => all + of(server), 0)
    const pinned = (server: Instance) => server.numa?.cells.reduce((all, { guest }) => all + guest.dedicatedCpus.length, 0) ?? 0
    return hostOf(nameOf(at), {
      availabilityZone: made.zone, isUp: made.up, isDisabled: made.disabled, ioOps: made.ioOps, failedBuilds: made.failed,
      hypervisorVersion: made.version, isDivided: made.divided, instances: here.length, topology,
      others: having({ ...made.divided ? { PCPU: made.pcpus } : {}, ...made.gpus === 0 ? {} : { VGPU: made.gpus } }, { PCPU: sum(pinned) }),
      ramUsedMb: made.ramUsed + sum(({ flavor }) => flavor.ramMb), diskUsedGb: made.diskUsed + sum(({ flavor }) => flavor.diskGb),
      vcpusUsed: made.vcpusUsed + sum((server) => server.flavor.vcpus - (made.divided ? pinned(server) : 0))
    })
  })
  return { hosts, servers }
}

const specFrom = (asked: typeof Asked.Type): RequestSpec => {
  const groupHosts = new Map<string, number>()
  for (const at of asked.group) groupHosts.set(nameOf(at), (groupHosts.get(nameOf(at)) ?? 0) + 1)
  const numa = asked.guest === null ? null : guestFrom(asked.guest)
  const own = numa?.cells.reduce((sum, { dedicatedCpus, sharedCpus }) => sum + dedicatedCpus.length + sharedCpus.length, 0)
  return specOf({
    ramMb: asked.ram, vcpus: own ?? asked.vcpus, diskGb: asked.disk, availabilityZone: asked.zone || null, numa,
    pinnedCpus: numa?.cells.reduce((sum, { dedicatedCpus }) => sum + dedicatedCpus.length, 0) ?? 0,
    resources: asked.gpus === 0 ? [] : [["VGPU", asked.gpus]],
    groupPolicy: asked.policy || null, groupHosts, excludedHosts: asked.excluded.map(nameOf)
  })
}

const rules = rulesOf(defaultSettings)

const without = ({ servers }: World) => (id: string, host: HostState): HostState => {
  const server = servers.get(host.hostname)!.find((one) => one.id === id)!
  const { flavor, numa } = server
  const pinned = numa?.cells.reduce((sum, { guest }) => sum + guest.dedicatedCpus.length, 0) ?? 0
  return {
    ...host, ramUsedMb: host.ramUsedMb - flavor.ramMb, diskUsedGb: host.diskUsedGb - flavor.diskGb,
    vcpusUsed: host.vcpusUsed - flavor.vcpus + (host.isDivided ? pinned : 0),
    others: new Map([...host.others].map(([name, { inventory, used }]) => [name, { inventory, used: name === "PCPU" ? used - pinned : used }])),
    topology: host.topology === null || numa == null ? host.topology : release(host.topology, numa)
  }
}

const outcomeOf = ({ hosts, servers }: World, spec: RequestSpec): Proof["outcome"] => {
  const table = new HostTable(rules)
  for (const host of hosts) table.put(host)
  const picked = table.pick(spec)
  return Result.isSuccess(picked)
    ? placedOf(picked.success)
    : refusedOf(rules, table.states(), spec, picked.failure, { serversOn: (host) => servers.get(host)!, mayLeave: () => true })
}
const proofOf = (world: World, spec: RequestSpec): Proof =>
  ({ at: "2030-01-01T00:00:00.000Z", request: proofRequestOf(spec, "req-1", 1), outcome: outcomeOf(world, spec) })

const runs = { arbitrary: { runs: 1500 } }

describe("proofs", () => {
  const kinds = new Map<string, number>()
  const check = (fleet: typeof Fleet.Type, asked: typeof Asked.Type) => {
    const world = worldOf(fleet)
    const spec = specFrom(asked)
    const outcome = outcomeOf(world, spec)
    for (const kind of [outcome._tag, ...outcome._tag === "Refused" ? outcome.relaxations.map(({ _tag }) => _tag) : []]) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    assert.deepStrictEqual(
      outcome._tag === "Placed" ? complaintsOfPlaced(world.hosts, spec, outcome) : complaintsOfRefused(world.hosts, spec, outcome, without(world)), []
    )
  }
  it.prop("hold by the rules, written a second time", [Fleet, Asked], ([fleet, asked]) => check(fleet, asked), runs)
  it.prop("hold so of guests with cells of their own", [Roomy, Pinned], ([fleet, asked]) => check(fleet, asked), runs)

  it("of every kind were among them", () =>
    assert.deepStrictEqual([...kinds.keys()].toSorted(), ["Group", "Move", "PageSize", "Placed", "Refused", "Shortage", "Unpinned", "Zone"]))

  it.prop("are the same for the same request, in whatever order the hosts came", [Fleet, Asked], ([fleet, asked]) => {
    const world = worldOf(fleet)
    const spec = specFrom(asked)
    assert.deepStrictEqual(proofOf({ ...world, hosts: world.hosts.toReversed() }, spec), proofOf(world, spec))
  }, { arbitrary: { runs: 500 } })

  it.prop("say the same when they are worked out in steps", [Fleet, Asked], ([fleet, asked]) => {
    const world = worldOf(fleet)
    const spec = specFrom(asked)
    const hosts = world.hosts.toSorted((a, b) => a.hostname < b.hostname ? -1 : 1)
    const movable = { serversOn: (host: string) => world.servers.get(host)!, mayLeave: () => true }
    assert.deepStrictEqual(finished(trial({ rules, hosts, movable }, spec)), outcomeOf(world, spec))
  }, { arbitrary: { runs: 500 } })

  it.prop("are small, and the same after the journal", [Fleet, Asked], ([fleet, asked]) => {
    const proof = proofOf(worldOf(fleet), specFrom(asked))
    const text = JSON.stringify(proof)
    assert.isAtMost(text.length, 2048 + 1024, text)
    assert.deepStrictEqual(Schema.decodeUnknownSync(Proof)(JSON.parse(text)), proof)
  }, { arbitrary: { runs: 500 } })

  const tellsNothing = (fleet: typeof Fleet.Type, asked: typeof Asked.Type) => {
    const proof = proofOf(worldOf(fleet), specFrom(asked))
    if (proof.outcome._tag === "Placed") return
    assert.notMatch(adviceOf(proof.outcome), /secret|rival|tenants/)
    assert.match(explanationOf(proof), /secret-node/)
    for (const relaxation of proof.outcome.relaxations) {
      if (relaxation._tag === "Move") assert.include(explanationOf(proof), `fits after moving server ${relaxation.server} off host ${relaxation.host}`)
    }
  }
  it.prop("name no host and no other server to the owner, and both to operators", [Fleet, Asked], ([fleet, asked]) => tellsNothing(fleet, asked), runs)
  it.prop("name none of cells either", [Roomy, Pinned], ([fleet, asked]) => tellsNothing(fleet, asked), runs)

  it("never have a pinned server make room among shared CPUs", () => {
    const pinned = anInstance({
      id: "pinned", flavor: { ...anInstance().flavor, vcpus: 4 },
      numa: { cells: [{ guest: { id: 0, sharedCpus: [], dedicatedCpus: [0, 1, 2, 3], memoryMb: 512 }, hostCell: 0, pageSizeKb: null, pins: [], reserved: [], taken: [] }] }
    })
    const host = hostOf("a", { isDivided: true, vcpus: 8, vcpuCapacity: 8, vcpusUsed: 8 })
    const tagsOf = (server: Instance) => {
      const outcome = outcomeOf({ hosts: [host], servers: new Map([["a", [server]]]) }, specOf())
      return outcome._tag === "Refused" ? outcome.relaxations.map(({ _tag }) => _tag) : []
    }
    assert.deepStrictEqual(tagsOf(pinned), ["Shortage"])
    assert.deepStrictEqual(tagsOf({ ...pinned, numa: null }), ["Shortage", "Move"])
  })
})

describe("in words", () => {
  const advice = (hosts: ReadonlyArray<HostState>, more: Partial<RequestSpec>) => {
    const outcome = outcomeOf({ hosts, servers: new Map(hosts.map(({ hostname }) => [hostname, []])) }, specOf(more))
    return outcome._tag === "Placed" ? "placed" : adviceOf(outcome)
  }
  it("the nearest way out is told", () => {
    assert.strictEqual(advice([hostOf("a", { vcpusUsed: 30, availabilityZone: "az1" })], { vcpus: 6 }), " Nearest: 4 VCPU short in zone az1.")
    const withGpu = hostOf("a", { devices: devicesOf([gpu(1)]) })
    assert.strictEqual(advice([withGpu], { devices: [request("gpu", 3)] }), " Nearest: 2 PCI devices gpu short in zone nova.")
    assert.strictEqual(advice([withGpu], { devices: [request("gpu", 3), request("vf")] }), "", "a gpu less would not do")
    assert.strictEqual(advice([hostOf("a", { availabilityZone: "az2" })], { availabilityZone: "az1" }), " Nearest: fits 1 host in zone az2.")
    assert.strictEqual(advice([hostOf("a"), hostOf("b")], { groupPolicy: "affinity", groupHosts: new Map([["gone", 1]]) }), " Nearest: fits 2 hosts without the server group's policy.")
    assert.strictEqual(advice([hostOf("a", { isUp: false })], {}), "")
    assert.strictEqual(advice([], {}), "")
    const guest = guestFrom({ nodes: 1, vcpus: 2, memory: 512, policy: "none", thread: "none", emulator: "none", pageSize: "large" })!
    const cells = hostFrom({ threads: 1, cells: [{ cores: 3, pinned: 0, shared: "undivided", sharedUsed: 0, baseUsed: 0, hugeUsed: 4, pages: "huge" }] })
    assert.strictEqual(advice([hostOf("a", { topology: cells })], { numa: guest }), " Nearest: fits 1 host with 4 KiB pages.")
  })
})
