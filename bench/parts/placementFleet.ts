/** Fleets for the placement part: hosts of real shapes, about 60 % full of the same kinds of servers that are then placed. */
import { readFileSync } from "node:fs"
import { Result } from "effect"
import { defaultRatios } from "../../src/actors/host/Host.ts"
import { fit, type FittedTopology } from "../../src/actors/placement/numa/fit.ts"
import { demandOf } from "../../src/actors/placement/demand/Demand.ts"
import { claim, hostTopologyOf, release } from "../../src/actors/placement/numa/Numa.ts"
import { flavorWishOf } from "../../src/actors/scheduler/flavorWish.ts"
import { chooseDevices } from "../../src/actors/placement/devices/chooseDevices.ts"
import type { ClaimedDevice } from "../../src/actors/placement/devices/Device.ts"
import { claimDevices, type DeviceState, emptyDevices, noDevices, releaseDevices } from "../../src/actors/placement/devices/DeviceState.ts"
import type { HostState } from "../../src/actors/scheduler/HostState.ts"
import type { RequestSpec } from "../../src/actors/scheduler/RequestSpec.ts"
import { parseTopologies, topologies, type Topology } from "../../src/drivers/simulated/topologies.ts"
import { gpu as simulatedGpu, nic as simulatedNic } from "../../src/drivers/simulated/devices.ts"
import { sharedFile } from "../shared.ts"

const fullness = 0.6
/** Hosts of one shape that differ in what is on them. */
const variants = 16

/** Recorded ones of real machines and those that are simulated, each as often as any other; the latter alone where no others are. */
export const shapes = (): ReadonlyArray<Topology> => {
  const file = sharedFile("topologies/hosts.json")
  return file === null ? topologies : [...topologies, ...Result.getOrThrow(parseTopologies(readFileSync(file, "utf8")))]
}

/** A small generator of the same numbers in every run. */
export const drawing = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

type Sized = readonly [vcpus: number, ramMb: number, extraSpecs: { readonly [key: string]: string }]

const specFrom = ([vcpus, ramMb, extraSpecs]: Sized, at: number): RequestSpec => {
  const flavor = { id: `${at}`, name: `f${at}`, vcpus, ramMb, diskGb: 10, ephemeralGb: 0, swapMb: 0, extraSpecs }
  return {
    ...demandOf({ flavor, imageProperties: {} }), ...flavorWishOf(flavor),
    devices: [], instanceId: "", projectId: "p", flavorName: flavor.name, imageId: null, imageProperties: {},
    availabilityZone: null, host: null, isForced: false, excludedHosts: [], groupPolicy: null, maxServerPerHost: 1, groupHosts: new Map(),
    sameHosts: null, differentHosts: null, near: null, query: null, tenantAggregates: null, together: 1
  }
}

const dedicated = { "hw:cpu_policy": "dedicated" }
export const plain = ([
  [1, 2048, {}], [2, 4096, {}], [4, 8192, {}], [8, 16_384, {}], [2, 16_384, {}], [16, 32_768, {}]
] satisfies ReadonlyArray<Sized>).map(specFrom)
export const pinned = ([
  [4, 4096, { ...dedicated, "hw:mem_page_size": "2048" }],
  [2, 4096, { ...dedicated, "hw:mem_page_size": "1048576" }],
  [8, 8192, { ...dedicated, "hw:mem_page_size": "2048", "hw:numa_nodes": "2" }],
  [4, 8192, { ...dedicated, "hw:cpu_thread_policy": "require" }],
  [2, 4096, dedicated]
] satisfies ReadonlyArray<Sized>).map(specFrom)

const gpu = { vendorId: "10de", productId: "1eb8" }
const vf = { vendorId: "8086", productId: "154c" }
const asking = (spec: RequestSpec, devices: RequestSpec["devices"]): RequestSpec => ({ ...spec, devices })
/** A third asks for none, so that cells with devices are kept for the others. */
export const withDevices = [
  asking(pinned[4]!, [{ name: "gpu", count: 1, matches: [gpu], policy: "required" }]),
  asking(pinned[3]!, [{ name: "gpu", count: 1, matches: [gpu], policy: "legacy" }, { name: "vf", count: 2, matches: [vf], policy: "legacy" }]),
  asking(pinned[2]!, [{ name: "vf", count: 2, matches: [vf], policy: "socket" }]),
  pinned[4]!
]

export interface Placed {
  readonly hostname: string
  readonly spec: RequestSpec
  readonly numa: FittedTopology | null
  /** Absent: none. */
  readonly devices?: ReadonlyArray<ClaimedDevice>
}

/** A GPU and a card of eight virtual functions at each of the host's first four cells. */
const devicesOf = ({ numa }: Topology): DeviceState => emptyDevices(numa.slice(0, 4).flatMap(({ id }) => [
  simulatedGpu(`0000:${10 + id}:00.0`, id), ...simulatedNic(`0000:${20 + id}`, `ens${id}`, 8, id)
]))

const emptyHost = (shape: Topology, hostname: string, devices: DeviceState): HostState => {
  const topology = hostTopologyOf(shape.numa, shape.cores, { shared: null, dedicated: null })
  return {
    hostname, availabilityZone: "nova", isUp: true, isDisabled: false, disabledReason: null, hostIp: "10.0.0.1",
    hypervisorType: "QEMU", hypervisorVersion: 8_002_000, cpuArch: shape.cpuArch, cpuModel: shape.cpuModel, traits: new Set(shape.traits),
    aggregates: [], ratios: defaultRatios, vcpus: shape.vcpus, memoryMb: shape.memoryMb, diskGb: shape.diskGb,
    vcpuCapacity: shape.vcpus * defaultRatios.cpu, ramCapacityMb: shape.memoryMb - defaultRatios.reservedRamMb, diskCapacityGb: shape.diskGb,
    vcpusUsed: 0, ramUsedMb: 0, diskUsedGb: 0, isDivided: false, others: new Map(), tree: null, devices, metrics: new Map(),
    instances: 0, ioOps: 0, failedBuilds: 0, topology, servers: () => []
  }
}

/** The host with the server, or, with -1, without it. */
export const changed = (host: HostState, { devices = [], numa, spec }: Placed, sign: 1 | -1): HostState => ({
  ...host,
  devices: sign === 1 ? claimDevices(host.devices, devices) : releaseDevices(host.devices, devices),
  vcpusUsed: host.vcpusUsed + sign * spec.vcpus,
  ramUsedMb: host.ramUsedMb + sign * spec.ramMb,
  diskUsedGb: host.diskUsedGb + sign * spec.diskGb,
  instances: host.instances + sign,
  topology: host.topology === null || numa === null ? host.topology : sign === 1 ? claim(host.topology, numa) : release(host.topology, numa)
})

/** One that is so full of servers of this mix as the whole fleet is to be. */
const filled = (shape: Topology, mix: ReadonlyArray<RequestSpec>, draw: (below: number) => number) => {
  let host = emptyHost(shape, "", mix.some(({ devices }) => devices.length > 0) ? devicesOf(shape) : noDevices)
  const servers: Array<Omit<Placed, "hostname">> = []
  for (let misses = 0; misses < 20;) {
    const spec = mix[draw(mix.length)]!
    const topology = host.topology
    const wanted = host.devices === noDevices ? {} : { devices: { state: host.devices, requests: spec.devices } }
    const numa = spec.numa === null || topology === null ? null : Result.getOrNull(fit(topology, spec.numa, { limits: null, isPacked: false, ...wanted }))
    const devices = chooseDevices(host.devices, spec.devices, topology, numa?.cells.map(({ hostCell }) => hostCell) ?? null)
    const isFull = devices === null || host.ramUsedMb + spec.ramMb > fullness * host.ramCapacityMb || (spec.numa !== null && (
      numa === null || host.vcpusUsed + spec.vcpus > fullness * host.vcpus))
    if (isFull) {
      misses++
      continue
    }
    servers.push({ spec, numa, devices })
    host = changed(host, { hostname: "", spec, numa, devices }, 1)
  }
  return { host, servers }
}

/** The hosts, and the servers on them. */
export const fleetOf = (size: number, mix: ReadonlyArray<RequestSpec>, draw: (below: number) => number) => {
  const kinds = shapes().flatMap((shape) => Array.from({ length: variants }, () => filled(shape, mix, draw)))
  const hosts: Array<HostState> = []
  const servers: Array<Placed> = []
  for (let at = 0; at < size; at++) {
    const hostname = `host-${String(at).padStart(6, "0")}`
    const kind = kinds[draw(kinds.length)]!
    hosts.push({ ...kind.host, hostname })
    for (const server of kind.servers) servers.push({ ...server, hostname })
  }
  return { hosts, servers }
}
