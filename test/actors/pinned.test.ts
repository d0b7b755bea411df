/** Servers with CPUs, memory and pages of their own, from the flavor to the guest, through the real actors. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { flavors } from "../../src/actors/catalog/Flavor.ts"
import { hosts } from "../../src/actors/host/Host.ts"
import { emptyTopologyOf } from "../../src/actors/host/numa.ts"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { InstanceEntity } from "../../src/actors/instance/InstanceProtocol.ts"
import { claim } from "../../src/actors/placement/numa/Numa.ts"
import { parseTopologies } from "../../src/drivers/simulated/topologies.ts"
import { HostTopologies } from "../../src/runtime/kernel/HostTopologies.ts"
import { Limits } from "../../src/runtime/Limits.ts"
import { aCloud, asked, type Cloud, create } from "../fixtures/asked.ts"
import { Prng } from "../sim/kernel/prng.ts"

/** Eight CPUs in two NUMA nodes of 2 GiB, half of that in 2 MiB pages; 0 and 4 are siblings, and so on. */
const shape = parseTopologies(JSON.stringify([{
  name: "tiny", disk_gb: 1000,
  numa: [[0, 1, 4, 5], [2, 3, 6, 7]].map((cpus, id) => ({ id, cpus, memory_mb: 2048, pages: [{ size_kb: 2048, count: 512 }] })),
  cores: [0, 1, 2, 3].map((core) => ({ socket: 0, cpus: [core, core + 4] }))
}]))
const topologies = shape._tag === "Success" ? shape.success : []

const flavor = (id: string, vcpus: number, ramMb: number, extraSpecs: Record<string, string>) => ({
  table: flavors, expect: "any" as const,
  put: {
    id, name: id, vcpus, ramMb, diskGb: 1, ephemeralGb: 0, swapMb: 0, rxtxFactor: 1, isPublic: true, isDisabled: false,
    description: null, extraSpecs, access: [], createdAt: "2030-01-01T00:00:00.000Z"
  }
})
const wishes = [
  flavor("pinned", 2, 256, { "hw:cpu_policy": "dedicated" }),
  flavor("paired", 2, 128, { "hw:cpu_policy": "dedicated", "hw:cpu_thread_policy": "require" }),
  flavor("isolated", 1, 128, { "hw:cpu_policy": "dedicated", "hw:cpu_thread_policy": "isolate", "hw:emulator_threads_policy": "isolate" }),
  flavor("huge", 1, 512, { "hw:cpu_policy": "dedicated", "hw:mem_page_size": "large" }),
  flavor("paged", 1, 384, { "hw:mem_page_size": "2048" }),
  flavor("wide", 4, 512, { "hw:cpu_policy": "dedicated", "hw:numa_nodes": "2", "hw:mem_page_size": "2MB" }),
  flavor("mixed", 2, 128, { "hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "1" }),
  flavor("plain", 1, 64, {})
]

const pinning = Effect.fnUntraced(function*(options: NonNullable<Parameters<typeof aCloud>[0]>) {
  const cloud = yield* aCloud({ ...options, fleet: { topologies, hosts: options.hosts ?? 1, ...options.fleet } })
  yield* cloud.records.write(wishes)
  return cloud
})
const topologyOf = (cloud: Cloud, host: string) => Context.get(cloud.context, HostTopologies).topologyOf(host)
const pinsOf = ({ numa }: Instance) => numa?.cells.flatMap(({ pins }) => pins.map(([, cpu]) => cpu)) ?? null

describe("a server of a dedicated flavor", () => {
  it.effect("has CPUs of its own, the next one others, and the one too many is told why it has none", () =>
    Effect.gen(function*() {
      const cloud = yield* pinning({})
      const before = topologyOf(cloud, "sim-0001")
      const made: Array<Instance> = []
      for (const name of ["a", "b", "c", "d"]) made.push(yield* cloud.settled(yield* cloud.make(name, { flavorId: "pinned" })))
      assert.deepStrictEqual(made.map(({ vmState }) => vmState), Array(4).fill("active"))
      assert.deepStrictEqual(made.flatMap(pinsOf).sort(), [0, 1, 2, 3, 4, 5, 6, 7])
      const refused = yield* cloud.settled(yield* cloud.make("e", { flavorId: "pinned" }))
      assert.strictEqual(refused.vmState, "error")
      assert.match(refused.fault?.message ?? "", /^No valid host was found.*NUMATopologyFilter/)
      for (const { id } of [...made, refused]) yield* cloud.servers.perform(asked(`req-delete-${id}`), id, "delete")
      const gone = yield* cloud.settled(made[0]!)
      assert.deepStrictEqual([gone.vmState, gone.numa], ["deleted", null])
      assert.deepStrictEqual(topologyOf(cloud, "sim-0001"), before)
    }))

  it.effect("keeps to the CPUs set apart, and the others to theirs", () =>
    Effect.gen(function*() {
      const cloud = yield* pinning({ fleet: { cpuSets: { shared: [0, 4], dedicated: [1, 2, 3, 5, 6, 7] } } })
      const made = yield* Effect.forEach(["a", "b", "c"], (name) => Effect.flatMap(cloud.make(name, { flavorId: "pinned" }), cloud.settled))
      assert.deepStrictEqual(made.flatMap(pinsOf).sort(), [1, 2, 3, 5, 6, 7])
      const plain = yield* cloud.settled(yield* cloud.make("plain", { flavorId: "plain" }))
      assert.strictEqual(plain.vmState, "active")
    }))

  it.effect("gives its CPUs back when its build fails", () =>
    Effect.gen(function*() {
      const cloud = yield* pinning({})
      const before = topologyOf(cloud, "sim-0001")
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: true })
      const failed = yield* cloud.settled(yield* cloud.make("a", { flavorId: "pinned" }))
      assert.deepStrictEqual([failed.vmState, failed.host, failed.numa], ["error", null, null])
      assert.deepStrictEqual(topologyOf(cloud, "sim-0001"), before)
    }))
})

describe("a pick that rests on an older view of the host", () => {
  const id = "20000000-0000-4000-8000-000000000002"
  const generationsOfOneTry = 2

  it.effect("is refused by the host, and made again: the server comes to lie beside the one that was there", () =>
    Effect.gen(function*() {
      const cloud = yield* pinning({})
      const first = yield* cloud.settled(yield* cloud.make("a", { flavorId: "pinned" }))
      const instances = yield* Effect.provideContext(InstanceEntity.client, cloud.context)
      const request = { requestId: "req-late", userId: "user", projectId: "project", isAdmin: false, atMillis: 0, deadlineMillis: Limits.taskMillisMax }
      const instance: Instance = {
        ...first, id, host: null, numa: null, vmState: "building", taskState: "scheduling", launchedAt: null, generation: 1, actions: [],
        work: { action: "create", step: "schedule", generation: 1, requestId: "req-late", touchedAtMillis: 0, deadlineMillis: request.deadlineMillis, attempt: 1, excludedHosts: [] }
      }
      yield* Effect.orDie(instances(id).Execute({ command: { _tag: "Create", instance, request, promises: [] } }))
      yield* Effect.orDie(instances(id).Execute({
        command: {
          _tag: "Advance", generation: 1, atMillis: 0, promises: [],
          outcome: { _tag: "Placed", host: first.host!, availabilityZone: "nova", nics: [], numa: first.numa! }
        }
      }))
      const second = yield* cloud.settled(instance)
      assert.deepStrictEqual([second.vmState, second.generation], ["active", 2 * generationsOfOneTry])
      assert.deepStrictEqual([first, second].flatMap(pinsOf).length, new Set([first, second].flatMap(pinsOf)).size)
      assert.deepStrictEqual(cloud.calls.filter(({ operation }) => operation === "spawn" || operation === "destroy").length, 2)
      checkHost(cloud, first.host!)
    }))
})

/** What no host may promise twice, counted by hand from the servers that are there. */
const checkHost = (cloud: Cloud, hostname: string) => {
  const record = cloud.records.get(hosts, hostname)!
  const servers = [...cloud.index.onHost(hostname)].filter(({ numa }) => numa != null)
  const cells = servers.flatMap(({ numa }) => numa?.cells ?? [])
  const taken = cells.flatMap((cell) => cell.taken)
  assert.strictEqual(new Set(taken).size, taken.length, `${hostname}: a CPU was promised twice`)
  for (const { id, memoryMb, pages } of record.numa) {
    const here = cells.filter(({ hostCell }) => hostCell === id)
    const sum = (some: typeof here) => some.reduce((mb, { guest }) => mb + guest.memoryMb, 0)
    const hugeMb = pages.reduce((mb, { count, sizeKb }) => mb + count * sizeKb / 1024, 0)
    assert.isAtMost(sum(here.filter(({ pageSizeKb }) => pageSizeKb === 2048)), hugeMb, `${hostname}: pages were promised twice`)
    assert.isAtMost(sum(here.filter(({ pageSizeKb }) => pageSizeKb !== 2048)), memoryMb - hugeMb, `${hostname}: memory was promised twice`)
  }
  const folded = servers.reduce((topology, { numa }) => claim(topology, numa!), emptyTopologyOf(record))
  assert.deepStrictEqual(topologyOf(cloud, hostname)?.cells.map(({ pinned, ...cell }) => ({ ...cell, pinned: [...pinned].sort() })),
    folded.cells.map(({ pinned, ...cell }) => ({ ...cell, pinned: [...pinned].sort() })))
}

describe("many servers that come and go at once", () => {
  it.effect.each([1, 2, 3, 4])("never share what each has to itself, and leave nothing (seed %i)", (seed) =>
    Effect.gen(function*() {
      const random = new Prng(seed, "pinned servers")
      const cloud = yield* pinning({ hosts: 2 })
      const names = ["sim-0001", "sim-0002"]
      const before = names.map((name) => topologyOf(cloud, name))
      const live = new Map<string, Instance>()
      let built = 0
      for (let round = 0; round < 12; round++) {
        const project = `project-${random.int(3)}`
        if (random.int(4) === 0) {
          yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: true }, 1)
        }
        const made = yield* Effect.forEach(Array.from({ length: 1 + random.int(4) }, (_, at) => at), (at) =>
          Effect.option(cloud.servers.create(asked(`req-${round}-${at}`, project), create({ flavorId: wishes[random.int(wishes.length)]!.put.id }))),
        { concurrency: "unbounded" })
        const going = [...live.values()].filter(() => random.int(3) === 0)
        for (const one of going) yield* cloud.servers.perform(asked(`req-delete-${one.id}`, one.projectId), one.id, "delete")
        for (const one of made) if (one._tag === "Some") for (const server of one.value) live.set(server.id, server)
        for (const server of [...live.values()]) {
          const after = yield* cloud.settled(server)
          if (after.vmState === "deleted") live.delete(after.id)
          if (after.vmState === "active") built++
        }
        for (const name of names) checkHost(cloud, name)
      }
      assert.isAbove(built, 12)
      for (const one of live.values()) yield* cloud.servers.perform(asked(`req-end-${one.id}`, one.projectId), one.id, "delete")
      for (const one of live.values()) assert.strictEqual((yield* cloud.settled(one)).vmState, "deleted")
      assert.deepStrictEqual(names.map((name) => topologyOf(cloud, name)), before)
    }))
})
