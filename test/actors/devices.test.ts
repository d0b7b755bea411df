/** Servers with PCI devices of their host, from the flavor or the port to the guest, through the real actors. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Result } from "effect"
import { flavors, snapshotOf } from "../../src/actors/catalog/Flavor.ts"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { InstanceEntity } from "../../src/actors/instance/InstanceProtocol.ts"
import { NetworkApi } from "../../src/actors/network/NetworkApiProtocol.ts"
import { parseAliases } from "../../src/actors/placement/devices/aliases.ts"
import { parseDeviceSpecs } from "../../src/actors/placement/devices/deviceSpecs.ts"
import { parseTopologies } from "../../src/drivers/simulated/topologies.ts"
import { HostTopologies } from "../../src/runtime/kernel/HostTopologies.ts"
import { defaultCell, SchedulerEntity } from "../../src/actors/scheduler/SchedulerProtocol.ts"
import type { WhatIfQuestion } from "../../src/actors/scheduler/whatIf/WhatIf.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud, asked, type Cloud, create } from "../fixtures/asked.ts"
import { admin } from "../fixtures/callers.ts"
import { anInstance } from "../fixtures/instances.ts"
import { networkDraft, portDraft, subnetDraft } from "../fixtures/networks.ts"
import { Prng } from "../sim/kernel/prng.ts"

const vf = (fn: number) => ({ address: `0000:81:02.${fn}`, vendor_id: "8086", product_id: "154c", numa_node: 1, parent_addr: "0000:81:00.0", devname: `ens1v${fn}` })
/** Two NUMA nodes of four CPUs; a GPU at each and one nowhere, and a card of three virtual functions at the second. */
const topologies = Result.getOrThrow(parseTopologies(JSON.stringify([{
  name: "rich", disk_gb: 1000,
  numa: [[0, 1, 2, 3], [4, 5, 6, 7]].map((cpus, id) => ({ id, cpus, memory_mb: 4096, pages: [] })),
  cores: [0, 1, 2, 3, 4, 5, 6, 7].map((cpu) => ({ socket: cpu >> 2, cpus: [cpu] })),
  pci_devices: [
    ...[0, 1, null].map((numa_node, at) => ({ address: `0000:0${at + 1}:00.0`, vendor_id: "10de", product_id: "1eb8", numa_node })),
    { address: "0000:81:00.0", vendor_id: "8086", product_id: "1572", numa_node: 1, devname: "ens1", mac_address: "3c:fd:fe:00:00:01" },
    vf(0), vf(1), vf(2),
    { address: "0000:99:00.0", vendor_id: "dead", product_id: "beef", numa_node: 0 }
  ]
}])))
const deviceSpecs = Result.getOrThrow(parseDeviceSpecs(JSON.stringify([
  { vendor_id: "10de" }, { address: "0000:81:00.0", physical_network: "net1", trusted: "true" }
])))
const aliases = Result.getOrThrow(parseAliases(JSON.stringify([
  { name: "gpu", vendor_id: "10de", product_id: "1eb8" },
  { name: "near", vendor_id: "10de", product_id: "1eb8", numa_policy: "required" },
  { name: "vf", vendor_id: "8086", product_id: "154c", device_type: "type-VF" },
  { name: "card", vendor_id: "8086", product_id: "1572", device_type: "type-PF" }
])))

const flavor = (id: string, extraSpecs: Record<string, string>) => ({
  table: flavors, expect: "any" as const,
  put: {
    id, name: id, vcpus: 2, ramMb: 256, diskGb: 1, ephemeralGb: 0, swapMb: 0, rxtxFactor: 1, isPublic: true, isDisabled: false,
    description: null, extraSpecs, access: [], createdAt: "2030-01-01T00:00:00.000Z"
  }
})
const pinned = { "hw:cpu_policy": "dedicated" }
const wishes = [
  flavor("gpu", { "pci_passthrough:alias": "gpu:1" }),
  flavor("near", { "pci_passthrough:alias": "near:1", ...pinned }),
  flavor("both", { "pci_passthrough:alias": "gpu:1,vf:1", ...pinned }),
  flavor("vf", { "pci_passthrough:alias": "vf:1" }),
  flavor("card", { "pci_passthrough:alias": "card:1" }),
  flavor("pinned", pinned),
  flavor("plain", {})
]
const broken = [
  flavor("stranger", { "pci_passthrough:alias": "gpu:1,fpga:1" }),
  flavor("uncounted", { "pci_passthrough:alias": "gpu" }),
  flavor("greedy", { "pci_passthrough:alias": "gpu:65" })
]

const rich = Effect.fnUntraced(function*(hosts = 1) {
  const cloud = yield* aCloud({ fleet: { topologies, hosts, deviceSpecs }, scheduler: { aliases } })
  yield* cloud.records.write([...wishes, ...broken])
  return cloud
})
const freeOn = (cloud: Cloud, host = "sim-0001") => Context.get(cloud.context, HostTopologies).devicesOf(host).free.map(({ address }) => address)
const addresses = ({ devices }: Instance) => (devices ?? []).map(({ address }) => address)
const boot = (cloud: Cloud, name: string, flavorId: string) => Effect.flatMap(cloud.make(name, { flavorId }), cloud.settled)
const remove = (cloud: Cloud, server: Instance) =>
  Effect.andThen(cloud.servers.perform(asked(`req-delete-${server.id}`, server.projectId), server.id, "delete"), cloud.settled(server))

const aPort = (cloud: Cloud, physicalNetwork: string, vnicType: string, profile = {}, numaPolicy: "required" | null = null) => Effect.gen(function*() {
  const { networks, ports, subnets } = Context.get(cloud.context, NetworkApi)
  const network = yield* networks.create(admin, { ...networkDraft, isShared: true, networkType: "vlan", physicalNetwork, segmentationId: 7 })
  yield* subnets.create(admin, subnetDraft(network.id, "10.0.0.0/24"))
  return yield* ports.create(admin, { ...portDraft(network.id), projectId: "project", vnicType, profile, numaPolicy })
})
const portNow = (cloud: Cloud, id: string) => Context.get(cloud.context, NetworkApi).ports.get(admin, id)
const bootOn = (cloud: Cloud, portId: string, flavorId = "plain") =>
  Effect.flatMap(cloud.make("a", { flavorId, networks: [{ networkId: null, portId, fixedIp: null, tag: null }] }), cloud.settled)

describe("a server of a flavor with devices", () => {
  it.effect("has one of its own, the next one another, and the one too many is told what is short", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const before = freeOn(cloud)
      assert.deepStrictEqual(before.length, 7, "what no device_spec means is not there")
      const made = yield* Effect.forEach(["a", "b", "c"], (name) => boot(cloud, name, "gpu"))
      assert.deepStrictEqual(made.map(({ vmState }) => vmState), Array(3).fill("active"))
      assert.deepStrictEqual(made.flatMap(addresses).toSorted(), ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"])
      const refused = yield* boot(cloud, "d", "gpu")
      assert.match(refused.fault?.message ?? "", /^No valid host was found.*PciPassthroughFilter \([^)]*\) refused 1 of 1/)
      const outcome = refused.placement?.outcome
      assert.deepStrictEqual(outcome?._tag === "Refused" ? outcome.groups[0]?.short : null, { resource: "gpu", needed: 1, available: 0 })
      for (const one of made) {
        const gone = yield* remove(cloud, one)
        assert.deepStrictEqual([gone.vmState, gone.devices], ["deleted", null])
      }
      assert.deepStrictEqual(freeOn(cloud), before)
    }))

  it.effect("lies beside the device that it must be near to, and its flavor's word is stronger than the alias'", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const made = yield* Effect.forEach(["a", "b"], (name) => boot(cloud, name, "near"))
      for (const { devices, numa } of made) assert.strictEqual(devices?.[0]?.numaNode, numa?.cells[0]?.hostCell)
      // A third is there, but nobody knows where.
      const refused = yield* boot(cloud, "c", "near")
      assert.match(refused.fault?.message ?? "", /NUMATopologyFilter refused 1 of 1/)
      yield* cloud.records.write([flavor("near", { "pci_passthrough:alias": "near:1", ...pinned, "hw:pci_numa_affinity_policy": "preferred" })])
      assert.strictEqual((yield* boot(cloud, "d", "near")).vmState, "active")
    }))

  it.effect("leaves cells with devices to who asks for them, and needs a cell that has all of them", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      assert.strictEqual((yield* boot(cloud, "a", "pinned")).numa?.cells[0]?.hostCell, 0)
      const both = yield* boot(cloud, "b", "both")
      assert.deepStrictEqual([both.numa?.cells[0]?.hostCell, addresses(both)], [1, ["0000:02:00.0", "0000:81:02.0"]])
    }))

  it.effect("has a whole card or its virtual functions, never both", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const one = yield* boot(cloud, "a", "vf")
      assert.strictEqual((yield* boot(cloud, "b", "card")).vmState, "error")
      yield* remove(cloud, one)
      assert.deepStrictEqual(addresses(yield* boot(cloud, "c", "card")), ["0000:81:00.0"])
      assert.strictEqual((yield* boot(cloud, "d", "vf")).vmState, "error")
    }))

  it.effect("gives them back when its build fails", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const before = freeOn(cloud)
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no vfio", isRetryable: true })
      const failed = yield* boot(cloud, "a", "gpu")
      assert.deepStrictEqual([failed.vmState, failed.host, failed.devices, freeOn(cloud)], ["error", null, null, before])
    }))

  it.effect.each([
    ["stranger", "PciRequestAliasNotDefined", "PCI alias fpga is not defined"],
    ["uncounted", "PciInvalidAlias", "Invalid PCI alias definition: pci_passthrough:alias has 'gpu', it must be ALIAS:COUNT."],
    ["greedy", "PciInvalidAlias", "Invalid PCI alias definition: pci_passthrough:alias asks for 65 devices, 64 are the most."]
  ] as const)("is refused when its flavor is %s", ([flavorId, code, message]) =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const refusal = yield* Effect.flip(cloud.make("a", { flavorId }))
      assert.deepStrictEqual([refusal.kind, refusal.code, refusal.message], ["badRequest", code, message])
    }))
})

describe("the scheduler", () => {
  it.effect("gives nobody a device that it promised to somebody who is not there yet", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const scheduler = (yield* Effect.provideContext(SchedulerEntity.client, cloud.context))(defaultCell)
      const pick = (id: string) => scheduler.Select({ instance: anInstance({ id, host: null, flavor: snapshotOf(wishes[0]!.put) }) })
      const picked = yield* Effect.forEach(["a", "b", "c"], pick)
      assert.strictEqual(new Set(picked.flatMap(({ devices = [] }) => devices.map(({ address }) => address))).size, 3)
      assert.match((yield* Effect.flip(pick("d"))).message, /^No valid host was found/)
    }))
})

describe("a pick that rests on an older view of the host", () => {
  it.effect.each(["a device that is taken", "no device"])("and names %s is refused by the host, and made again with another", (named) =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const first = yield* boot(cloud, "a", "gpu")
      const instances = yield* Effect.provideContext(InstanceEntity.client, cloud.context)
      const id = "20000000-0000-4000-8000-000000000002"
      const request = { requestId: "req-late", userId: "user", projectId: "project", isAdmin: false, atMillis: 0, deadlineMillis: Limits.taskMillisMax }
      const instance: Instance = {
        ...first, id, host: null, devices: null, vmState: "building", taskState: "scheduling", launchedAt: null, generation: 1, actions: [],
        work: { action: "create", step: "schedule", generation: 1, requestId: "req-late", touchedAtMillis: 0, deadlineMillis: request.deadlineMillis, attempt: 1, excludedHosts: [] }
      }
      yield* Effect.orDie(instances(id).Execute({ command: { _tag: "Create", instance, request, promises: [] } }))
      yield* Effect.orDie(instances(id).Execute({
        command: {
          _tag: "Advance", generation: 1, atMillis: 0, promises: [],
          outcome: { _tag: "Placed", host: first.host!, availabilityZone: "nova", nics: [], ...(named === "no device" ? {} : { devices: first.devices! }) }
        }
      }))
      const second = yield* cloud.settled(instance)
      assert.strictEqual(second.vmState, "active")
      assert.strictEqual(new Set([first, second].flatMap(addresses)).size, 2)
    }))
})

describe("a port whose card is a device", () => {
  it.effect("gets one of its physical network, says which, and gives it back", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const port = yield* aPort(cloud, "net1", "direct", { trusted: "true", mine: "kept" })
      const server = yield* bootOn(cloud, port.id)
      assert.deepStrictEqual([server.vmState, server.nics[0]?.vnicType, server.nics[0]?.vlan], ["active", "direct", 7])
      assert.deepStrictEqual(server.devices?.map(({ address, portId }) => [address, portId]), [["0000:81:02.0", port.id]])
      const bound = yield* portNow(cloud, port.id)
      assert.deepStrictEqual([bound.profile, bound.macAddress], [{
        trusted: "true", mine: "kept", pci_slot: "0000:81:02.0", pci_vendor_info: "8086:154c", physical_network: "net1"
      }, port.macAddress])
      yield* remove(cloud, server)
      assert.deepStrictEqual((yield* portNow(cloud, port.id)).profile, port.profile)
      assert.include(freeOn(cloud), "0000:81:02.0")
    }))

  it.effect("that wants a whole card has its address, and its own again after that", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const port = yield* aPort(cloud, "net1", "direct-physical")
      const server = yield* bootOn(cloud, port.id)
      assert.deepStrictEqual([addresses(server), server.nics[0]?.macAddress], [["0000:81:00.0"], "3c:fd:fe:00:00:01"])
      assert.strictEqual((yield* portNow(cloud, port.id)).macAddress, "3c:fd:fe:00:00:01")
      yield* remove(cloud, server)
      assert.deepStrictEqual(yield* Effect.map(portNow(cloud, port.id), ({ macAddress, profile }) => [macAddress, profile]), [port.macAddress, {}])
    }))

  it.effect("finds no host where its physical network is not, or none that is as trusted as it asks", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      for (const [physical, profile] of [["net2", {}], ["net1", { trusted: "false" }]] as const) {
        const server = yield* bootOn(cloud, (yield* aPort(cloud, physical, "macvtap", profile)).id)
        assert.match(server.fault?.message ?? "", /PciPassthroughFilter \([^)]*\) refused 1 of 1/)
      }
    }))

  it.effect("is bound where the server is, after the first host failed to build it", () =>
    Effect.gen(function*() {
      const cloud = yield* rich(2)
      const taken = yield* boot(cloud, "taken", "vf")
      const port = yield* aPort(cloud, "net1", "direct")
      yield* cloud.faults.inject({ operation: "spawn", name: "a" }, { _tag: "Fail", message: "no vfio", isRetryable: true }, 1)
      const server = yield* bootOn(cloud, port.id)
      const bound = yield* portNow(cloud, port.id)
      assert.deepStrictEqual([server.vmState, bound.hostId, bound.profile.pci_slot], ["active", server.host, addresses(server)[0]])
      assert.deepStrictEqual([server.work, taken.vmState], [null, "active"])
    }))

  it.effect("says how near it must be, whatever the flavor says", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      yield* cloud.records.write([flavor("pinned", { ...pinned, "hw:pci_numa_affinity_policy": "preferred" })])
      // The second node, where the card is, has no room for two more.
      yield* Effect.forEach(["x", "y"], (name) => boot(cloud, name, "both"))
      const port = yield* aPort(cloud, "net1", "direct", {}, "required")
      const near = yield* bootOn(cloud, port.id, "pinned")
      assert.match(near.fault?.message ?? "", /NUMATopologyFilter/)
      yield* Context.get(cloud.context, NetworkApi).ports.update(admin, port.id, { numaPolicy: null })
      assert.strictEqual((yield* bootOn(cloud, port.id, "pinned")).vmState, "active")
    }))

  it.effect("of a kind that no host makes is refused", () =>
    Effect.gen(function*() {
      const cloud = yield* rich()
      const port = yield* aPort(cloud, "net1", "vdpa")
      const refusal = yield* Effect.flip(bootOn(cloud, port.id))
      assert.deepStrictEqual([refusal.kind, refusal.message], [
        "badRequest", `Port ${port.id} has binding:vnic_type vdpa: servers may have ports of normal, direct, macvtap, direct-physical.`
      ])
    }))
})

describe("a server with devices that moves", () => {
  const moved = (cloud: Cloud, server: Instance, flavorId: string | null = null) =>
    Effect.andThen(cloud.servers.coldMigrate(asked(`req-move-${server.id}-${flavorId}`), server.id, { host: null, flavorId }), cloud.settled(server))
  const act = (cloud: Cloud, server: Instance, action: "confirmResize" | "revertResize") =>
    Effect.andThen(cloud.servers.perform(asked(`req-${action}`), server.id, action), cloud.settled(server))
  const counts = (cloud: Cloud) => ["sim-0001", "sim-0002"].map((host) => freeOn(cloud, host).length)

  it.effect("has some on both hosts until that is confirmed", () =>
    Effect.gen(function*() {
      const cloud = yield* rich(2)
      const server = yield* boot(cloud, "a", "gpu")
      const waiting = yield* moved(cloud, server)
      assert.deepStrictEqual([waiting.vmState, addresses(waiting).length, waiting.host === server.host], ["resized", 1, false])
      assert.deepStrictEqual(counts(cloud), [6, 6])
      const after = yield* act(cloud, server, "confirmResize")
      assert.deepStrictEqual([after.vmState, addresses(after), freeOn(cloud, server.host!).length, freeOn(cloud, after.host!).length], ["active", addresses(waiting), 7, 6])
    }))

  it.effect("has what its new flavor asks for, and what it had when that is reverted", () =>
    Effect.gen(function*() {
      const cloud = yield* rich(2)
      const server = yield* boot(cloud, "a", "gpu")
      const waiting = yield* moved(cloud, server, "both")
      assert.deepStrictEqual(waiting.devices?.map(({ alias }) => alias), ["gpu", "vf"])
      const back = yield* act(cloud, server, "revertResize")
      assert.deepStrictEqual([back.host, back.devices, counts(cloud).toSorted()], [server.host, server.devices, [6, 7]])
      const plain = yield* moved(cloud, server, "plain")
      assert.deepStrictEqual([plain.vmState, addresses(plain)], ["resized", []])
      yield* act(cloud, server, "confirmResize")
      assert.deepStrictEqual(counts(cloud), [7, 7])
    }))

  it.effect("is refused a flavor whose devices nobody knows", () =>
    Effect.gen(function*() {
      const cloud = yield* rich(2)
      const server = yield* boot(cloud, "a", "gpu")
      assert.strictEqual((yield* Effect.flip(moved(cloud, server, "stranger"))).code, "PciRequestAliasNotDefined")
    }))

  it.effect("takes its port along", () =>
    Effect.gen(function*() {
      const cloud = yield* rich(2)
      const port = yield* aPort(cloud, "net1", "direct")
      const server = yield* bootOn(cloud, port.id)
      yield* remove(cloud, yield* boot(cloud, "b", "vf"))
      const after = yield* moved(cloud, server)
      const bound = yield* portNow(cloud, port.id)
      assert.deepStrictEqual([bound.hostId, bound.profile.pci_slot], [after.host, addresses(after)[0]])
      yield* act(cloud, server, "revertResize")
      assert.strictEqual((yield* portNow(cloud, port.id)).hostId, server.host)
    }))
})

describe("what would be if", () => {
  const ask = (cloud: Cloud, question: WhatIfQuestion) =>
    Effect.flatMap(Effect.provideContext(SchedulerEntity.client, cloud.context), (scheduler) => scheduler(defaultCell).WhatIf({ question }))
  const roomFor = (cloud: Cloud, id: string) => Effect.map(
    ask(cloud, {
      _tag: "Boot", requestId: "req", projectId: "project", imageId: null, imageProperties: {}, zone: null,
      flavor: snapshotOf(cloud.records.get(flavors, id)!)
    }),
    (answer) => answer._tag === "Boot" ? answer.capacity.map(({ hosts, servers }) => [hosts, servers]) : []
  )

  it.effect("counts as many servers more as have devices, and moves none that has one", () =>
    Effect.gen(function*() {
      const cloud = yield* rich(2)
      assert.deepStrictEqual([yield* roomFor(cloud, "gpu"), yield* roomFor(cloud, "near"), yield* roomFor(cloud, "card")], [[[2, 6]], [[2, 4]], [[2, 2]]])
      const made = yield* Effect.forEach(["a", "b", "c", "d"], (name) => boot(cloud, name, "vf"))
      const counts = yield* roomFor(cloud, "vf")
      assert.deepStrictEqual(counts.map(([, servers]) => servers), [2])
      const drained = yield* ask(cloud, { _tag: "Drain", host: made[0]!.host!, premises: [] })
      const stuck = drained._tag === "Drain" ? drained.plan.stuck.map(({ why }) => why) : []
      assert.deepStrictEqual(new Set(stuck), new Set(["its PCI devices do not move with a server that runs"]))
    }))
})

describe("many servers that come and go at once", () => {
  it.effect.each([1, 2])("never share a device, and leave nothing (seed %i)", (seed) =>
    Effect.gen(function*() {
      const random = new Prng(seed, "servers with devices")
      const cloud = yield* rich(2)
      const names = ["sim-0001", "sim-0002"]
      const before = names.map((name) => freeOn(cloud, name))
      const live = new Map<string, Instance>()
      let built = 0
      for (let round = 0; round < 8; round++) {
        if (random.int(4) === 0) yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no vfio", isRetryable: true }, 1)
        const made = yield* Effect.forEach(Array.from({ length: 1 + random.int(5) }, (_, at) => at), (at) =>
          Effect.option(cloud.servers.create(asked(`req-${round}-${at}`), create({ flavorId: wishes[random.int(wishes.length)]!.put.id }))),
        { concurrency: "unbounded" })
        for (const one of [...live.values()].filter(() => random.int(3) === 0)) {
          yield* cloud.servers.perform(asked(`req-delete-${one.id}`), one.id, "delete")
        }
        for (const one of made) if (one._tag === "Some") for (const server of one.value) live.set(server.id, server)
        for (const server of [...live.values()]) {
          const after = yield* cloud.settled(server)
          if (after.vmState === "deleted") live.delete(after.id)
          if (after.vmState === "active" && addresses(after).length > 0) built++
        }
        for (const [at, name] of names.entries()) {
          const given = [...cloud.index.onHost(name)].flatMap((server) => server.devices ?? [])
          const taken = given.map(({ address }) => address)
          assert.strictEqual(new Set(taken).size, taken.length, `${name}: a device was given twice`)
          assert.isFalse(given.some(({ parent }) => parent !== undefined && taken.includes(parent)), `${name}: a card and a function of it`)
          for (const address of taken) assert.include(before[at]!, address)
        }
      }
      assert.isAbove(built, 8)
      for (const one of live.values()) assert.strictEqual((yield* remove(cloud, one)).vmState, "deleted")
      assert.deepStrictEqual(names.map((name) => freeOn(cloud, name)), before)
    }))
})
