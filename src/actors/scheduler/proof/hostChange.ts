import type { ClaimedDevice } from "../../placement/devices/Device.ts"
import { claimDevices, type DeviceState, releaseDevices } from "../../placement/devices/DeviceState.ts"
import type { FittedTopology } from "../../placement/numa/fit.ts"
import type { HostTopology } from "../../placement/numa/HostTopology.ts"
import { claim, release } from "../../placement/numa/Numa.ts"
import type { Allocations, Instance } from "../../instance/Instance.ts"
import { type Taken, takenByServer } from "../../placement/demand/Taken.ts"
import type { HostState } from "../HostState.ts"

/** What a server takes of its host, as usage counts it. */
export interface Load {
  readonly taken: Taken
  readonly numa: FittedTopology | null
  /** Of providers beside the host's own. */
  readonly allocations: Allocations | null
  readonly devices: ReadonlyArray<ClaimedDevice>
}

export const loadOf = (server: Pick<Instance, "flavor" | "imageProperties" | "numa" | "allocations" | "devices">): Load => ({
  taken: takenByServer(server), numa: server.numa ?? null, allocations: server.allocations ?? null, devices: server.devices ?? []
})

const othersWith = (others: HostState["others"], taken: Taken, count: number): HostState["others"] => {
  if (others.size === 0) return others
  const amountOf = (resource: string) => resource === "PCPU" ? taken.pinnedCpus + taken.emulatorCpus : taken.others.get(resource) ?? 0
  return new Map([...others].map(([resource, { inventory, used }]) => [resource, { inventory, used: used + count * amountOf(resource) }]))
}

const treeWith = (tree: HostState["tree"], allocations: Allocations | null, count: number): HostState["tree"] =>
  tree === null || allocations === null ? tree : {
    ...tree,
    usedOf: (provider) => {
      const used = tree.usedOf(provider)
      const own = allocations[provider.uuid]
      return own === undefined ? used
        : new Map([...used, ...Object.entries(own).map(([resource, amount]) => [resource, (used.get(resource) ?? 0) + count * amount] as const)])
    }
  }

/** The host with so many loads more (or less), and these devices; `topology` is asked for when somebody reads it. */
export const hostWith = (
  host: HostState, load: Load, count: number, topology: () => HostTopology | null, devices: DeviceState = host.devices
): HostState => {
  const { taken } = load
  const cpus = host.isDivided ? taken.vcpus - taken.pinnedCpus : taken.vcpus
  // Field by field: a spread would count the host's cells though nobody asks for them.
  return {
    hostname: host.hostname, availabilityZone: host.availabilityZone, isUp: host.isUp, isDisabled: host.isDisabled,
    disabledReason: host.disabledReason, hostIp: host.hostIp, hypervisorType: host.hypervisorType,
    hypervisorVersion: host.hypervisorVersion, cpuArch: host.cpuArch, cpuModel: host.cpuModel, traits: host.traits,
    aggregates: host.aggregates, ratios: host.ratios, vcpus: host.vcpus, memoryMb: host.memoryMb,
    diskGb: host.diskGb, vcpuCapacity: host.vcpuCapacity, ramCapacityMb: host.ramCapacityMb,
    diskCapacityGb: host.diskCapacityGb, isDivided: host.isDivided, others: othersWith(host.others, taken, count),
    tree: treeWith(host.tree, load.allocations, count),
    devices, metrics: host.metrics, ioOps: host.ioOps, failedBuilds: host.failedBuilds,
    servers: host.servers,
    vcpusUsed: host.vcpusUsed + count * cpus,
    ramUsedMb: host.ramUsedMb + count * taken.ramMb,
    diskUsedGb: host.diskUsedGb + count * taken.diskGb,
    instances: host.instances + count,
    get topology() {
      return topology()
    }
  }
}

const after = (host: HostState, { numa }: Load, apply: typeof claim) => {
  let known: HostTopology | null | undefined
  return () => known === undefined ? known = host.topology === null || numa === null ? host.topology : apply(host.topology, numa) : known
}

export const withLoad = (host: HostState, load: Load): HostState =>
  hostWith(host, load, 1, after(host, load, claim), claimDevices(host.devices, load.devices))
export const withoutLoad = (host: HostState, load: Load): HostState =>
  hostWith(host, load, -1, after(host, load, release), releaseDevices(host.devices, load.devices))
