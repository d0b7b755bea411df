import type { HostState, RequestSpec, Weigher } from "../Filter.ts"

const weigher = (name: string, weigh: (host: HostState, spec: RequestSpec) => number): Weigher => ({ name, multiplier: 1, weigh })

/** A positive multiplier spreads servers over the hosts, a negative one packs them. */
export const ram = weigher("RAMWeigher", (host) => host.ramCapacityMb - host.ramUsedMb)
export const cpu = weigher("CPUWeigher", (host) => host.vcpuCapacity - host.vcpusUsed)
export const disk = weigher("DiskWeigher", (host) => host.diskCapacityGb - host.diskUsedGb)

const membersHere = (host: HostState, spec: RequestSpec) => spec.groupHosts.get(host.hostname) ?? 0
export const softAffinity = weigher(
  "ServerGroupSoftAffinityWeigher",
  (host, spec) => spec.groupPolicy === "soft-affinity" ? membersHere(host, spec) : 0
)
export const softAntiAffinity = weigher(
  "ServerGroupSoftAntiAffinityWeigher",
  (host, spec) => spec.groupPolicy === "soft-anti-affinity" ? -membersHere(host, spec) : 0
)
