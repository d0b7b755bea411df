import type { HostState } from "../HostState.ts"
import type { HostWeigher } from "../Weigher.ts"

/** A positive multiplier spreads servers over the hosts, a negative one packs them. */
const free = (name: string, metadataKey: string, weigh: (host: HostState) => number): HostWeigher =>
  ({ reads: "host", name, multiplier: 1, metadataKey, floor: 0, weigh })

export const ram = free("RAMWeigher", "ram_weight_multiplier", (host) => host.ramCapacityMb - host.ramUsedMb)
export const cpu = free("CPUWeigher", "cpu_weight_multiplier", (host) => host.vcpuCapacity - host.vcpusUsed)
export const disk = free("DiskWeigher", "disk_weight_multiplier", (host) => host.diskCapacityGb - host.diskUsedGb)
