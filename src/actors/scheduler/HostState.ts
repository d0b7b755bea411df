import { type AllocationRatios, type Host } from "../host/Host.ts"
import { sharedCpuCountOf } from "../host/numa.ts"
import { type DeviceState, noDevices } from "../placement/devices/DeviceState.ts"
import { isDivided, type Taken } from "../placement/demand/Taken.ts"
import type { HostTopology } from "../placement/numa/HostTopology.ts"
import { otherInventoriesOf } from "../placement/Provider.ts"
import type { ProviderOverlay } from "../placement/providerOverlay.ts"
import type { Inventory } from "../placement/records.ts"
import type { Resources } from "../placement/resourceClasses.ts"
import type { HostAggregate } from "./aggregates.ts"
import type { ProviderTree } from "./providerTree.ts"
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
  /** Other classes of resources, PCPU among them, by their names. */
  readonly others: ReadonlyMap<string, OtherResource>
  /** `null`: the host's own provider has to give everything. */
  readonly tree: ProviderTree | null
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

/** A class of which the host's own provider has so much, and has given so much. */
export interface OtherResource {
  readonly inventory: Inventory
  readonly used: number
}

/** What is known of one host at the moment. */
export interface Facts {
  readonly host: Host
  readonly isUp: boolean
  readonly traits: ReadonlySet<string>
  readonly aggregates: ReadonlyArray<HostAggregate>
  /** Where its aggregates say nothing. */
  readonly usualRatios?: AllocationRatios
  /** By servers, and by picks in flight. */
  readonly instances: number
  readonly taken: Taken
  /** What clients' consumers hold of it. */
  readonly claimed: Resources
  readonly overlay: Pick<ProviderOverlay, "hostRatios" | "inventories">
  readonly tree: ProviderTree | null
  readonly ioOps: number
  readonly failedBuilds: number
  /** Called where the host has some. */
  readonly devices: () => DeviceState
  /** Called when a request first asks for cells. */
  readonly topology: () => HostTopology | null
  readonly servers: () => Iterable<ServerHere>
}

const none: ReadonlyMap<string, number> = new Map()
const noOthers: HostState["others"] = new Map()

const othersOf = ({ claimed, host, overlay, taken }: Pick<Facts, "claimed" | "host" | "overlay" | "taken">): HostState["others"] => {
  const inventories = [...overlay.inventories, ...otherInventoriesOf(host, overlay)]
  if (inventories.length === 0) return noOthers
  const usedOf = (resource: string) => resource === "PCPU" ? taken.pinnedCpus + taken.emulatorCpus : taken.others.get(resource) ?? 0
  return new Map(inventories.map(([resource, inventory]) => [resource, { inventory, used: usedOf(resource) + (claimed.get(resource) ?? 0) }]))
}

export const hostStateOf = (
  { aggregates, claimed, devices, failedBuilds, host, instances, ioOps, isUp, overlay, servers, taken, topology, traits, tree, usualRatios }: Facts
): HostState => {
  const ratios = ratiosOf(aggregates, usualRatios)
  const isApart = isDivided(host)
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
    vcpusUsed: (isApart ? taken.vcpus - taken.pinnedCpus : taken.vcpus) + (claimed.get("VCPU") ?? 0),
    ramUsedMb: taken.ramMb + (claimed.get("MEMORY_MB") ?? 0),
    diskUsedGb: taken.diskGb + (claimed.get("DISK_GB") ?? 0),
    isDivided: isApart,
    others: othersOf({ claimed, host, overlay, taken }),
    tree,
    devices: host.devices === undefined ? noDevices : devices(),
    metrics: none,
    instances,
    ioOps,
    failedBuilds,
    get topology() {
      return cells === undefined ? cells = topology() : cells
    },
    servers
  }
}
