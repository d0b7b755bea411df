import { type AllocationRatios, type Host } from "../host/Host.ts"
import { sharedCpuCountOf } from "../host/numa.ts"
import { type DeviceState, noDevices } from "../placement/devices/DeviceState.ts"
import type { HostTopology } from "../placement/numa/HostTopology.ts"
import type { HostAggregate } from "./aggregates.ts"
import { ratiosOf } from "./ratios.ts"

/** A server that is on a host, as far as a weigher reads it. */
export interface ServerHere {
  readonly imageProperties: { readonly [key: string]: string }
}

/** A host as the scheduler sees it: capacity with overcommit, and what servers and picks in flight take of it. */
export interface HostState {
  readonly hostname: string
  readonly availabilityZone: string
  readonly isUp: boolean
  readonly isDisabled: boolean
  readonly disabledReason: string | null
  readonly hostIp: string
  readonly hypervisorType: string
  readonly hypervisorVersion: number
  readonly cpuArch: string
  readonly cpuModel: string
  readonly traits: ReadonlySet<string>
  readonly aggregates: ReadonlyArray<HostAggregate>
  readonly ratios: AllocationRatios
  /** Physical, for the largest single server: the CPUs that servers share; and what may be promised in all. */
  readonly vcpus: number
  readonly memoryMb: number
  readonly diskGb: number
  readonly vcpuCapacity: number
  readonly ramCapacityMb: number
  readonly diskCapacityGb: number
  readonly vcpusUsed: number
  readonly ramUsedMb: number
  readonly diskUsedGb: number
  /** CPUs are set apart for pinned guests, which then take none of the shared ones. */
  readonly isDivided: boolean
  /** How much is free of other classes of resources, by their names. */
  readonly otherFree: ReadonlyMap<string, number>
  /** PCI devices, and which of them are free. */
  readonly devices: DeviceState
  readonly metrics: ReadonlyMap<string, number>
  readonly instances: number
  /** Servers with a task in flight. */
  readonly ioOps: number
  /** Builds that failed since the last that succeeded. */
  readonly failedBuilds: number
  /** NUMA cells with what is claimed of them; `null`: the host has none. */
  readonly topology: HostTopology | null
  readonly servers: () => Iterable<ServerHere>
}

export interface Taken {
  readonly instances: number
  readonly vcpus: number
  readonly ramMb: number
  readonly diskGb: number
  /** Of the vCPUs: pinned to CPUs of their own. */
  readonly pinnedCpus: number
}

/** What is known of one host at the moment. */
export interface Facts {
  readonly host: Host
  readonly isUp: boolean
  readonly traits: ReadonlySet<string>
  readonly aggregates: ReadonlyArray<HostAggregate>
  /** Where its aggregates say nothing. */
  readonly usualRatios?: AllocationRatios
  readonly taken: Taken
  readonly ioOps: number
  readonly failedBuilds: number
  /** Called where the host has some. */
  readonly devices: () => DeviceState
  /** Called when a request first asks for cells. */
  readonly topology: () => HostTopology | null
  readonly servers: () => Iterable<ServerHere>
}

const none: ReadonlyMap<string, number> = new Map()

export const hostStateOf = (
  { aggregates, devices, failedBuilds, host, ioOps, isUp, servers, taken, topology, traits, usualRatios }: Facts
): HostState => {
  const ratios = ratiosOf(aggregates, usualRatios)
  const isDivided = host.cpuSets !== undefined
  const vcpus = sharedCpuCountOf(host)
  let cells: HostTopology | null | undefined
  return {
    hostname: host.hostname,
    availabilityZone: host.availabilityZone,
    isUp: isUp && !host.isForcedDown,
    isDisabled: host.isDisabled,
    disabledReason: host.disabledReason,
    hostIp: host.hostIp,
    hypervisorType: host.hypervisorType,
    hypervisorVersion: host.hypervisorVersion,
    cpuArch: host.cpuArch,
    cpuModel: host.cpuModel,
    traits,
    aggregates,
    ratios,
    vcpus,
    memoryMb: host.memoryMb,
    diskGb: host.diskGb,
    vcpuCapacity: (vcpus - ratios.reservedCpus) * ratios.cpu,
    ramCapacityMb: (host.memoryMb - ratios.reservedRamMb) * ratios.ram,
    diskCapacityGb: (host.diskGb - ratios.reservedDiskGb) * ratios.disk,
    vcpusUsed: isDivided ? taken.vcpus - taken.pinnedCpus : taken.vcpus,
    ramUsedMb: taken.ramMb,
    diskUsedGb: taken.diskGb,
    isDivided,
    otherFree: none,
    devices: host.devices === undefined ? noDevices : devices(),
    metrics: none,
    instances: taken.instances,
    ioOps,
    failedBuilds,
    get topology() {
      return cells === undefined ? cells = topology() : cells
    },
    servers
  }
}
