import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { parseTopologies, topologies, topology } from "../../../src/drivers/simulated/topologies.ts"
import type { Topology } from "../../../src/drivers/simulated/topologies.ts"

const parse = (json: unknown) => parseTopologies(JSON.stringify(json))
const problems = (json: unknown) => Result.getOrThrow(Result.flip(parse(json)))
const node = (id: number, cpus: ReadonlyArray<number>, rest = {}) => ({ id, cpus, memory_mb: 1024, pages: [], ...rest })
const device = (address: string, rest = {}) => ({ address, vendor_id: "8086", product_id: "1572", ...rest })
const host = (rest = {}) => ({ name: "h", numa: [node(0, [0, 1])], cores: [{ socket: 0, cpus: [0, 1] }], ...rest })

/** True of every machine: nodes and cores are two partitions of one set of CPUs. */
const assertConsistent = ({ cores, memoryMb, numa, vcpus }: Topology) => {
  const inNodes = numa.flatMap(({ cpus }) => [...cpus])
  assert.strictEqual(new Set(inNodes).size, vcpus)
  assert.strictEqual(inNodes.length, vcpus)
  assert.sameMembers(cores.flatMap(({ cpus }) => [...cpus]), inNodes)
  assert.strictEqual(numa.reduce((sum, node) => sum + node.memoryMb, 0), memoryMb)
}

describe("the shapes of the default mix", () => {
  it.each(topologies.map((shape) => [shape.name, shape] as const))("%s is a consistent machine", (_, shape) => {
    assertConsistent(shape)
    for (const { memoryMb, pages } of shape.numa) {
      assert.isBelow(pages.reduce((sum, { count, sizeKb }) => sum + count * sizeKb / 1024, 0), memoryMb)
    }
  })

  it("siblings are numbered as Linux does", () => {
    const machine = topology({
      name: "t", cpuModel: "m", sockets: 2, nodesPerSocket: 1, coresPerNode: 2, threads: 2, nodeMemoryGb: [4, 2],
      pages: [], diskGb: 1
    })
    assert.deepStrictEqual(machine.numa.map(({ cpus, memoryMb }) => [cpus, memoryMb]), [
      [[0, 1, 4, 5], 4096],
      [[2, 3, 6, 7], 2048]
    ])
    assert.deepStrictEqual(machine.cores, [
      { socket: 0, cpus: [0, 4] },
      { socket: 0, cpus: [1, 5] },
      { socket: 1, cpus: [2, 6] },
      { socket: 1, cpus: [3, 7] }
    ])
  })
})

describe("a topologies file", () => {
  it("is read as it is written", () => {
    const [machine] = Result.getOrThrow(parse([host({
      numa: [node(3, [0, 1], { pages: [{ size_kb: 2048, count: 5 }] }), node(5, [])],
      disk_gb: 77,
      distances: null
    })]))
    assert.deepInclude(machine, { name: "h", vcpus: 2, memoryMb: 2048, diskGb: 77 })
    assert.deepStrictEqual(machine!.numa[0], { id: 3, cpus: [0, 1], memoryMb: 1024, pages: [{ sizeKb: 2048, count: 5 }] })
  })

  it("CPUs outside the nodes are not counted, CPUs outside the cores are cores, unknown memory is guessed", () => {
    const [machine] = Result.getOrThrow(parse([host({
      numa: [node(0, [0, 2], { memory_mb: null })],
      cores: [{ socket: null, cpus: [0, 1] }, { socket: 1, cpus: [7] }]
    })]))
    assertConsistent(machine!)
    assert.deepStrictEqual(machine!.cores, [{ socket: 0, cpus: [0] }, { socket: 0, cpus: [2] }])
    assert.isAbove(machine!.memoryMb, 0)
  })

  it("a node with the CPUs of another is memory beside them", () => {
    const [machine] = Result.getOrThrow(parse([host({ numa: [node(0, [0, 1]), node(1, [2]), node(2, [0, 1])] })]))
    assert.deepStrictEqual(machine!.numa.map(({ cpus }) => cpus), [[0, 1], [2], []])
    assert.strictEqual(machine!.memoryMb, 3072)
  })

  it.each([
    ["[0].numa[0].memory_mb", [host({ numa: [node(0, [0], { memory_mb: "lots" })] })]],
    ["[1].name", [host(), host({ name: undefined })]],
    ["[0].cores[0].cpus[1]", [host({ cores: [{ socket: 0, cpus: [0, -1] }] })]],
    ["[0].numa[0].pages[0].size_kb", [host({ numa: [node(0, [0], { pages: [{ size_kb: 1.5, count: 1 }] })] })]],
    ["[0].numa: CPU 1 stands there twice", [host({ numa: [node(0, [0, 1]), node(1, [1])] })]],
    ["[0].numa: node 0 stands there twice", [host({ numa: [node(0, [0]), node(0, [1])] })]],
    ["[0].pci_devices[0].address: Expected an address, as 0000:81:00.0 in lower case", [host({ pci_devices: [device("81:00.0")] })]],
    ["[0].pci_devices[0].vendor_id: Expected four hex digits", [host({ pci_devices: [{ ...device("0000:81:00.0"), vendor_id: "8086x" }] })]],
    ["[0].pci_devices[1].address: 0000:81:00.0 stands there twice", [host({ pci_devices: [device("0000:81:00.0"), device("0000:81:00.0")] })]],
    ["[0].pci_devices[0].numa_node: the host has no node 7", [host({ pci_devices: [device("0000:81:00.0", { numa_node: 7 })] })]],
    ["[0].numa: no node has a CPU", [host({ numa: [node(0, [])] })]],
    ["the file", { name: "no list" }],
    ["[0]", []]
  ])("what is wrong is named: %s", (field, json) => {
    const found = problems(json)
    assert.isTrue(found.some((problem) => problem.startsWith(field)), found.join("\n"))
  })

  it("devices are of the kind that they say, or that follows from whose they are", () => {
    const [machine] = Result.getOrThrow(parse([host({ pci_devices: [
      device("0000:01:00.0"), device("0000:02:00.0", { numa_node: 0, devname: "eth1", mac_address: "3c:fd:fe:00:00:01" }),
      device("0000:02:10.0", { parent_addr: "0000:02:00.0" }), device("0000:03:00.0", { dev_type: "type-PF" })
    ] })]))
    assert.deepStrictEqual(machine?.pciDevices?.map(({ address: _, productId: __, vendorId: ___, ...rest }) => rest), [
      { type: "type-PCI", numaNode: null }, { type: "type-PF", numaNode: 0, interface: "eth1", macAddress: "3c:fd:fe:00:00:01" },
      { type: "type-VF", numaNode: null, parent: "0000:02:00.0" }, { type: "type-PF", numaNode: null }
    ])
  })

  it("every problem is told, not only the first", () => {
    const found = problems([host({ name: 1 }), host({ cores: "none" })])
    assert.lengthOf(found, 2, found.join("\n"))
  })

  it("text that is no JSON is refused", () => {
    assert.include(Result.getOrThrow(Result.flip(parseTopologies("{"))).join(), "no JSON")
  })

  const recorded = join(resolve(import.meta.dirname, "../../..", process.env["KILONOVA_SHARED"] ?? "../shared"), "topologies/hosts.json")
  it.skipIf(!existsSync(recorded))("recorded machines are consistent, the odd ones too", () => {
    const machines = Result.getOrThrow(parseTopologies(readFileSync(recorded, "utf8")))
    assert.isAbove(machines.length, 10)
    for (const machine of machines) assertConsistent(machine)
  })
})
