/** What is made of the trace: the servers as they came, and harder things to place. */
import { demandOf } from "../../src/actors/placement/demand/Demand.ts"
import { hostTopologyOf } from "../../src/actors/placement/numa/Numa.ts"
import { flavorWishOf } from "../../src/actors/scheduler/flavorWish.ts"
import { defaultRatios } from "../../src/actors/host/Host.ts"
import { noDevices } from "../../src/actors/placement/devices/DeviceState.ts"
import type { HostState } from "../../src/actors/scheduler/HostState.ts"
import type { RequestSpec } from "../../src/actors/scheduler/RequestSpec.ts"
import { topology } from "../../src/drivers/simulated/topologies.ts"
import type { Arrival } from "./Arrival.ts"

export interface HostSize {
  readonly vcpus: number
  readonly ramMb: number
}

export const usualSize: HostSize = { vcpus: 64, ramMb: 256 * 1024 }
/** Half of each cell's memory. */
const pagesOfCell = 64
const pageMb = 1024

export interface Case {
  readonly name: string
  readonly size: HostSize
  /** Of the servers, how many are pinned to CPUs of one NUMA cell. */
  readonly pinnedShare: number
  /** Pinned servers' memory is 1 GiB pages. */
  readonly isPaged: boolean
  /** Servers of one batch are groups of three to five that no host has two of. */
  readonly isApart: boolean
}

export const cases: ReadonlyArray<Case> = [
  { name: "plain", size: usualSize, pinnedShare: 0, isPaged: false, isApart: false },
  { name: "pinned", size: usualSize, pinnedShare: 0.3, isPaged: false, isApart: false },
  { name: "pinned, 1 GiB pages", size: usualSize, pinnedShare: 0.3, isPaged: true, isApart: false },
  { name: "anti-affinity", size: usualSize, pinnedShare: 0, isPaged: false, isApart: true },
  { name: "all of it", size: usualSize, pinnedShare: 0.3, isPaged: true, isApart: true }
]

/** Evenly spread over 0..1, and the same for the same number in every run. */
export const shareOf = (id: number): number => {
  let hash = Math.imul(id + 1, 0x9e3779b1)
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return ((hash ^ hash >>> 16) >>> 0) / 2 ** 32
}

/** Memory in 1 GiB pages of one host. */
export const pagesMbOf = ({ isPaged }: Case): number => isPaged ? 2 * pagesOfCell * pageMb : 0

export const emptyHost = ({ isPaged, pinnedShare, size }: Case, hostname: string): HostState => {
  const shape = topology({
    name: "packing", cpuModel: "Icelake-Server", sockets: 2, nodesPerSocket: 1, coresPerNode: size.vcpus / 2, threads: 1,
    nodeMemoryGb: [size.ramMb / 2048], pages: isPaged ? [{ sizeKb: pageMb * 1024, count: pagesOfCell }] : [], diskGb: 4000
  })
  return {
    hostname, availabilityZone: "nova", isUp: true, isDisabled: false, disabledReason: null, hostIp: "10.0.0.1",
    hypervisorType: "QEMU", hypervisorVersion: 8_002_000, cpuArch: shape.cpuArch, cpuModel: shape.cpuModel, traits: new Set(shape.traits),
    aggregates: [], ratios: { ...defaultRatios, cpu: 1, reservedRamMb: 0 }, vcpus: shape.vcpus, memoryMb: shape.memoryMb, diskGb: shape.diskGb,
    vcpuCapacity: shape.vcpus, ramCapacityMb: shape.memoryMb, diskCapacityGb: shape.diskGb,
    vcpusUsed: 0, ramUsedMb: 0, diskUsedGb: 0, isDivided: false, others: new Map(), tree: null, devices: noDevices, metrics: new Map(),
    instances: 0, ioOps: 0, failedBuilds: 0,
    topology: pinnedShare === 0 ? null : hostTopologyOf(shape.numa, shape.cores, { shared: null, dedicated: null }),
    servers: () => []
  }
}

/** One that is bigger than a cell's pages lies in both. */
const extraSpecsOf = (isPinned: boolean, isPaged: boolean, ramMb: number): Record<string, string> => isPinned
  ? {
    "hw:cpu_policy": "dedicated",
    ...isPaged ? { "hw:mem_page_size": String(pageMb * 1024) } : {},
    ...ramMb > pagesOfCell * pageMb ? { "hw:numa_nodes": "2" } : {}
  }
  : {}

/** Requests by flavor: servers of the same kind share one. */
export const specs = ({ isPaged, pinnedShare }: Case) => {
  const known = new Map<string, RequestSpec>()
  const made = (name: string, isPinned: boolean, vcpus: number, ramMb: number): RequestSpec => {
    const flavor = {
      id: name, name, vcpus, ramMb, diskGb: 0, ephemeralGb: 0, swapMb: 0, extraSpecs: extraSpecsOf(isPinned, isPaged, ramMb)
    }
    return {
      ...demandOf({ flavor, imageProperties: {} }), ...flavorWishOf(flavor),
      devices: [], instanceId: "", projectId: "p", flavorName: name, imageId: null, imageProperties: {},
      availabilityZone: null, host: null, isForced: false, excludedHosts: [], groupPolicy: null, maxServerPerHost: 1, groupHosts: new Map(),
      sameHosts: null, differentHosts: null, near: null, query: null, tenantAggregates: null, together: 1
    }
  }
  return ({ id, ramMb, vcpus }: Arrival): RequestSpec => {
    const isPinned = shareOf(id) < pinnedShare
    const wholeMb = isPinned && isPaged ? Math.ceil(ramMb / pageMb) * pageMb : ramMb
    const name = `${vcpus}x${wholeMb}${isPinned ? "p" : ""}`
    const spec = known.get(name) ?? made(name, isPinned, vcpus, wholeMb)
    known.set(name, spec)
    return spec
  }
}

/** The group of each server as they come: a batch makes groups of three to five, the last as big as is left. */
export const groups = () => {
  let batch = -1
  let left = 0
  let group: Map<string, number> = new Map()
  return (arrival: Arrival): Map<string, number> => {
    if (arrival.batch !== batch || left === 0) {
      batch = arrival.batch
      left = 3 + Math.floor(shareOf(arrival.id) * 3)
      group = new Map()
    }
    left--
    return group
  }
}
