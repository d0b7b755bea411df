import type { ClaimedDevice } from "../../placement/devices/Device.ts"
import { claimDevices, type DeviceState, releaseDevices } from "../../placement/devices/DeviceState.ts"
import type { FittedTopology } from "../../placement/numa/fit.ts"
import type { HostTopology } from "../../placement/numa/HostTopology.ts"
import { claim, release } from "../../placement/numa/Numa.ts"
import { diskGbOf, type Instance } from "../../instance/Instance.ts"
import type { HostState } from "../HostState.ts"

/** What a server takes of its host, as usage counts it. */
export interface Load {
  readonly vcpus: number
  readonly pinnedCpus: number
  readonly ramMb: number
  readonly diskGb: number
  readonly numa: FittedTopology | null
  readonly devices: ReadonlyArray<ClaimedDevice>
}

export const loadOf = ({ devices, flavor, numa }: Pick<Instance, "flavor" | "numa" | "devices">, pinnedCpus: number): Load =>
  ({ vcpus: flavor.vcpus, pinnedCpus, ramMb: flavor.ramMb, diskGb: diskGbOf(flavor), numa: numa ?? null, devices: devices ?? [] })

/** CPUs of the server that are pinned to some of the host's own. */
export const pinnedCpusOf = ({ numa }: Pick<Instance, "numa">): number =>
  (numa?.cells ?? []).reduce((sum, { guest }) => sum + guest.dedicatedCpus.length, 0)

/** The host with so many loads more (or less), and these devices; `topology` is asked for when somebody reads it. */
export const hostWith = (
  host: HostState, load: Load, count: number, topology: () => HostTopology | null, devices: DeviceState = host.devices
): HostState => {
  const cpus = host.isDivided ? load.vcpus - load.pinnedCpus : load.vcpus
  // Field by field: a spread would count the host's cells though nobody asks for them.
  return {
    hostname: host.hostname, availabilityZone: host.availabilityZone, isUp: host.isUp, isDisabled: host.isDisabled,
    disabledReason: host.disabledReason, hostIp: host.hostIp, hypervisorType: host.hypervisorType,
    hypervisorVersion: host.hypervisorVersion, cpuArch: host.cpuArch, cpuModel: host.cpuModel, traits: host.traits,
    aggregates: host.aggregates, ratios: host.ratios, vcpus: host.vcpus, memoryMb: host.memoryMb,
    diskGb: host.diskGb, vcpuCapacity: host.vcpuCapacity, ramCapacityMb: host.ramCapacityMb,
    diskCapacityGb: host.diskCapacityGb, isDivided: host.isDivided, otherFree: host.otherFree,
    devices, metrics: host.metrics, ioOps: host.ioOps, failedBuilds: host.failedBuilds,
    servers: host.servers,
    vcpusUsed: host.vcpusUsed + count * cpus,
    ramUsedMb: host.ramUsedMb + count * load.ramMb,
    diskUsedGb: host.diskUsedGb + count * load.diskGb,
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
