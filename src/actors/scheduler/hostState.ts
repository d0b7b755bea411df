import type { AllocationRatios, Host } from "../host/Host.ts"
import type { Instance } from "../instance/Instance.ts"
import { diskGbOf } from "../instance/Instance.ts"
import type { HostState, RequestSpec } from "./Filter.ts"
import type { Sums } from "./Holds.ts"

export interface HostUsage {
  readonly instances: number
  readonly cores: number
  readonly ramMb: number
  readonly diskGb: number
}

/** One host for the filters: the record, the live usage, the holds. */
export const hostState = (
  host: Host, isUp: () => boolean, usage: HostUsage, held: Readonly<Sums> | undefined, ratios: AllocationRatios
): HostState => ({
  hostname: host.hostname,
  availabilityZone: host.availabilityZone,
  // Asked at each pick: a host goes down without a word.
  get isUp() {
    return !host.isForcedDown && isUp()
  },
  isDisabled: host.isDisabled,
  disabledReason: host.disabledReason,
  vcpus: host.vcpus,
  memoryMb: host.memoryMb,
  vcpuCapacity: host.vcpus * ratios.cpu,
  ramCapacityMb: (host.memoryMb - ratios.reservedRamMb) * ratios.ram,
  diskCapacityGb: host.diskGb * ratios.disk,
  vcpusUsed: usage.cores + (held?.vcpus ?? 0),
  ramUsedMb: usage.ramMb + (held?.ramMb ?? 0),
  diskUsedGb: usage.diskGb + (held?.diskGb ?? 0),
  instances: usage.instances
})

export const requestSpec = (instance: Instance, groupHosts: ReadonlyMap<string, number>): RequestSpec => ({
  instanceId: instance.id,
  projectId: instance.projectId,
  vcpus: instance.flavor.vcpus,
  ramMb: instance.flavor.ramMb,
  diskGb: diskGbOf(instance.flavor),
  availabilityZone: instance.wish.availabilityZone,
  host: instance.wish.host,
  isForced: instance.wish.isForced,
  excludedHosts: instance.work?.excludedHosts ?? [],
  groupPolicy: instance.wish.groupPolicy,
  maxServerPerHost: instance.wish.maxServerPerHost,
  groupHosts
})
