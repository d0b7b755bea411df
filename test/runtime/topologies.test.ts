/** Hosts' NUMA cells with what servers claimed: kept by difference, and never other than a fold would have it. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { Host } from "../../src/actors/host/Host.ts"
import { emptyTopologyOf } from "../../src/actors/host/numa.ts"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import type { NumaFit } from "../../src/actors/instance/numaFit.ts"
import { otherPresenceOf } from "../../src/actors/instance/presences.ts"
import type { HostTopology } from "../../src/actors/placement/numa/HostTopology.ts"
import { fit } from "../../src/actors/placement/numa/Numa.ts"
import { Topologies } from "../../src/runtime/projections/topologies.ts"
import { anInstance } from "../fixtures/instances.ts"
import { aHost } from "../fixtures/numaHosts.ts"
import { guestOf } from "../actors/placement/numa/guests.ts"

/** Servers and hosts as an index would have them; each change is told as the index tells it. */
const aWorld = (...hosts: ReadonlyArray<Host>) => {
  const servers = new Map<string, Instance>()
  const records = new Map(hosts.map((host) => [host.hostname, host]))
  const topologies = new Topologies({
    host: (hostname) => records.get(hostname),
    server: (id) => servers.get(id),
    onHost: (hostname) => [...servers.values()].filter(({ host, vmState }) => host === hostname && vmState !== "deleted"),
    movingOn: (hostname) => [...servers.values()].flatMap((server) => otherPresenceOf(server) ?? []).filter(({ host }) => host === hostname)
  })
  return {
    topologies, records,
    put: (after: Instance) => {
      topologies.change(servers.get(after.id), after)
      servers.set(after.id, after)
    }
  }
}

const fitOn = (topology: HostTopology | undefined, vcpus = 2): NumaFit =>
  Result.getOrThrow(fit(topology!, guestOf(vcpus, 512, { cpu_policy: "dedicated", mem_page_size: "large" })))
const freeOf = (topology: HostTopology | undefined) =>
  topology?.cells.map(({ freeCpus, pages }) => [freeCpus, pages[1]!.total - pages[1]!.used])
const server = (id: string, more: Partial<Instance> = {}) => anInstance({ id, ...more })

const untouched = [[4, 512], [4, 512]]

describe("a host's topology", () => {
  it("has what its live servers claimed, whether it was asked before or after they came", () => {
    for (const isAskedFirst of [true, false]) {
      const { put, topologies } = aWorld(aHost())
      const numa = fitOn(emptyTopologyOf(aHost()))
      if (isAskedFirst) assert.deepStrictEqual(freeOf(topologies.of("host-1")?.topology), untouched)
      put(server("plain"))
      put(server("a", { numa }))
      assert.deepStrictEqual(freeOf(topologies.of("host-1")?.topology), [[2, 256], [4, 512]])
      assert.deepStrictEqual(freeOf(topologies.without("host-1", "a")), untouched)
      put(server("a", { numa, vmState: "deleted" }))
      assert.deepStrictEqual(freeOf(topologies.of("host-1")?.topology), untouched)
    }
  })

  it("does not change with what else changes of a server", () => {
    const { put, topologies } = aWorld(aHost())
    const numa = fitOn(topologies.of("host-1")?.topology)
    put(server("a", { numa }))
    const before = topologies.of("host-1")
    put(server("a", { numa: structuredClone(numa), name: "renamed" }))
    assert.strictEqual(topologies.of("host-1"), before)
  })

  it("moves with the server from host to host", () => {
    const { put, topologies } = aWorld(aHost(), aHost({ hostname: "host-2" }))
    const numa = fitOn(topologies.of("host-1")?.topology)
    topologies.of("host-2")
    put(server("a", { numa }))
    put(server("a", { numa, host: "host-2" }))
    assert.deepStrictEqual(freeOf(topologies.of("host-1")?.topology), untouched)
    assert.deepStrictEqual(freeOf(topologies.of("host-2")?.topology), [[2, 256], [4, 512]])
    put(server("a", { numa: null, host: null }))
    assert.deepStrictEqual(freeOf(topologies.of("host-2")?.topology), untouched)
  })

  it("keeps a CPU for the one of two that stays, when both were promised it", () => {
    const { put, topologies } = aWorld(aHost())
    const numa = fitOn(topologies.of("host-1")?.topology)
    put(server("a", { numa }))
    put(server("b", { numa }))
    assert.deepStrictEqual(freeOf(topologies.without("host-1", "b")), [[2, 256], [4, 512]])
    put(server("b", { numa: null, host: null }))
    assert.deepStrictEqual(freeOf(topologies.of("host-1")?.topology), [[2, 256], [4, 512]])
    put(server("a", { vmState: "deleted" }))
    assert.deepStrictEqual(freeOf(topologies.of("host-1")?.topology), untouched)
  })

  it("follows the host's record", () => {
    const { put, records, topologies } = aWorld(aHost())
    put(server("a", { numa: fitOn(topologies.of("host-1")?.topology) }))
    records.set("host-1", aHost({ cpuSets: { shared: [0, 2], dedicated: [1, 3, 4, 5, 6, 7] } }))
    topologies.forget("host-1")
    assert.deepStrictEqual(topologies.of("host-1")?.topology.cells.map(({ freeCpus, pinned }) => [freeCpus, pinned.size]), [[2, 2], [3, 0]])
    assert.isUndefined(topologies.of("host-9"))
  })

  it("without siblings in the record has each CPU as a core", () => {
    const { cores: _, ...old } = aHost()
    const { topologies } = aWorld(old)
    assert.deepStrictEqual(topologies.of("host-1")?.topology.cells.map(({ cores }) => cores), [[[0], [1], [4], [5]], [[2], [3], [6], [7]]])
  })
})
