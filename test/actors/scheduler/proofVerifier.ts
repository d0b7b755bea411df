/**
 * Checks proofs of the scheduler by the rules themselves: nothing here calls its filters, weighers or search. Broken rules
 * come back as sentences; none: the proof holds.
 */
import { Result } from "effect"
import { fit } from "../../../src/actors/placement/numa/Numa.ts"
import type { GuestTopology } from "../../../src/actors/placement/numa/GuestTopology.ts"
import type { HostState } from "../../../src/actors/scheduler/HostState.ts"
import type { Placed, Refused, Relaxation } from "../../../src/actors/scheduler/proof/Proof.ts"
import type { RequestSpec } from "../../../src/actors/scheduler/RequestSpec.ts"

/** How a host breaks one rule: by the rule's name. */
type Rule = (host: HostState, asked: RequestSpec) => boolean

const cpusOf = (host: HostState, asked: RequestSpec) => host.isDivided ? asked.vcpus - asked.pinnedCpus : asked.vcpus
const freeOf = ({ others }: HostState, name: string): number => {
  const has = others.get(name)
  return has === undefined ? 0 : has.inventory.total - has.used
}
const cellsFit = (host: HostState, guest: GuestTopology) =>
  host.topology !== null &&
  Result.isSuccess(fit(host.topology, guest, { limits: { cpuRatio: host.ratios.cpu, ramRatio: host.ratios.ram }, isPacked: false }))

const breaks: Readonly<Record<string, Rule>> = {
  RequestedHostFilter: (host, asked) => asked.excludedHosts.includes(host.hostname) || (asked.host !== null && asked.host !== host.hostname),
  ComputeFilter: (host) => host.isDisabled || !host.isUp,
  AvailabilityZoneFilter: (host, asked) => asked.availabilityZone !== null && asked.availabilityZone !== host.availabilityZone,
  MEMORY_MB: (host, asked) => asked.ramMb > 0 && host.ramUsedMb + asked.ramMb > host.ramCapacityMb,
  // Who asks nothing of the shared CPUs is not refused for what others were promised of them.
  VCPU: (host, asked) => cpusOf(host, asked) > 0 && (cpusOf(host, asked) > host.vcpus || host.vcpusUsed + cpusOf(host, asked) > host.vcpuCapacity),
  DISK_GB: (host, asked) => asked.diskGb > 0 && host.diskUsedGb + asked.diskGb > host.diskCapacityGb,
  PCPU: (host, asked) => asked.pinnedCpus + asked.emulatorCpus > 0 && (host.isDivided
    ? freeOf(host, "PCPU") < asked.pinnedCpus + asked.emulatorCpus : asked.isForPcpus),
  Resources: (host, asked) => asked.resources.some(([name, amount]) => freeOf(host, name) < amount),
  NUMATopologyFilter: (host, asked) => asked.numa !== null && !cellsFit(host, asked.numa),
  ServerGroupAntiAffinityFilter: (host, asked) =>
    asked.groupPolicy === "anti-affinity" && (asked.groupHosts.get(host.hostname) ?? 0) >= asked.maxServerPerHost,
  ServerGroupAffinityFilter: (host, asked) =>
    asked.groupPolicy === "affinity" && asked.groupHosts.size > 0 && !asked.groupHosts.has(host.hostname)
}

/** The names of all rules that a host breaks. */
export const brokenBy = (host: HostState, asked: RequestSpec): ReadonlyArray<string> =>
  Object.entries(breaks).filter(([, rule]) => rule(host, asked)).map(([name]) => name)
const admitted = (hosts: ReadonlyArray<HostState>, asked: RequestSpec) => hosts.filter((host) => brokenBy(host, asked).length === 0)

/** What the usual weighers weigh, by their formulas: free amounts not below 0, tasks in flight, failed builds, versions, the group. */
const weighed: Readonly<Record<string, { readonly factor: number; readonly isFromZero: boolean; readonly of: (host: HostState, asked: RequestSpec) => number }>> = {
  RAMWeigher: { factor: 1, isFromZero: true, of: (host) => Math.max(0, host.ramCapacityMb - host.ramUsedMb) },
  CPUWeigher: { factor: 1, isFromZero: true, of: (host) => Math.max(0, host.vcpuCapacity - host.vcpusUsed) },
  DiskWeigher: { factor: 1, isFromZero: true, of: (host) => Math.max(0, host.diskCapacityGb - host.diskUsedGb) },
  IoOpsWeigher: { factor: -1, isFromZero: true, of: (host) => host.ioOps },
  // Nobody has PCI devices here.
  PCIWeigher: { factor: 1, isFromZero: true, of: () => 100 },
  BuildFailureWeigher: { factor: 1_000_000, isFromZero: false, of: (host) => -host.failedBuilds },
  HypervisorVersionWeigher: { factor: 1, isFromZero: false, of: (host) => host.hypervisorVersion },
  ServerGroupSoftAffinityWeigher: {
    factor: 1, isFromZero: false, of: (host, asked) => asked.groupPolicy === "soft-affinity" ? asked.groupHosts.get(host.hostname) ?? 0 : 0
  },
  ServerGroupSoftAntiAffinityWeigher: {
    factor: 1, isFromZero: false, of: (host, asked) => asked.groupPolicy === "soft-anti-affinity" ? -(asked.groupHosts.get(host.hostname) ?? 0) : 0
  }
}

const partOf = (name: string, host: HostState, all: ReadonlyArray<HostState>, asked: RequestSpec): number => {
  const { factor, isFromZero, of } = weighed[name]!
  const values = all.map((one) => of(one, asked))
  const low = isFromZero ? 0 : Math.min(...values)
  const high = Math.max(...values)
  // Where the best and the reference point are one value, the weigher tells nobody apart.
  return high === low ? 0 : factor * (of(host, asked) - low) / (high - low)
}
const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a))

export const complaintsOfPlaced = (hosts: ReadonlyArray<HostState>, asked: RequestSpec, proof: Placed): ReadonlyArray<string> => {
  const all = admitted(hosts, asked)
  const chosen = all.find(({ hostname }) => hostname === proof.host)
  if (chosen === undefined) return [`${proof.host} breaks ${hosts.filter(({ hostname }) => hostname === proof.host).flatMap((host) => brokenBy(host, asked))}`]
  const scoreOf = (host: HostState) => Object.keys(weighed).reduce((sum, name) => sum + partOf(name, host, all, asked), 0)
  const complaints: Array<string> = []
  if (proof.admitted !== all.length) complaints.push(`${proof.admitted} admitted, it is ${all.length}`)
  if (!isNear(proof.score, scoreOf(chosen))) complaints.push(`score ${proof.score}, it is ${scoreOf(chosen)}`)
  for (const { weighted, weigher } of proof.scores) {
    if (!isNear(weighted, partOf(weigher, chosen, all, asked))) complaints.push(`${weigher} ${weighted}, it is ${partOf(weigher, chosen, all, asked)}`)
  }
  if (!isNear(proof.scores.reduce((sum, { weighted }) => sum + weighted, 0), proof.score)) complaints.push("the parts are not the score")
  const better = all.filter((host) => scoreOf(host) > scoreOf(chosen) + 1e-5)
  if (better.length > 0) complaints.push(`better: ${better.map(({ hostname }) => hostname)}`)
  // In a proof, who comes next has no rival left out that is better.
  const named = new Set([proof.host, ...proof.runnersUp.map(({ host }) => host)])
  if (proof.runnersUp.length !== Math.min(3, all.length - 1)) complaints.push(`${proof.runnersUp.length} runners-up of ${all.length}`)
  for (const one of proof.runnersUp) {
    const host = all.find(({ hostname }) => hostname === one.host)
    if (host === undefined || !isNear(one.score, scoreOf(host))) complaints.push(`runner-up ${one.host}`)
    else if (all.some((other) => !named.has(other.hostname) && scoreOf(other) > scoreOf(host) + 1e-5)) complaints.push(`not next: ${one.host}`)
  }
  return complaints
}

/** The request, or a host of it, as it would be with a relaxation; how many hosts fit then. */
const fitting = (hosts: ReadonlyArray<HostState>, asked: RequestSpec, relaxation: Relaxation, without: (server: string, host: HostState) => HostState): number => {
  switch (relaxation._tag) {
    case "Zone": return admitted(hosts, { ...asked, availabilityZone: relaxation.zone }).length
    case "Group": return admitted(hosts, { ...asked, groupPolicy: null }).length
    case "PageSize": return admitted(hosts, { ...asked, numa: { ...asked.numa!, pageSize: relaxation.pageSizeKb } }).length
    case "Unpinned": return admitted(hosts, {
      ...asked, pinnedCpus: 0, emulatorCpus: 0, isForPcpus: false,
      numa: {
        ...asked.numa!, cpuPolicy: null, threadPolicy: null, emulatorThreads: null,
        cells: asked.numa!.cells.map((cell) => ({ ...cell, dedicatedCpus: [], sharedCpus: [...cell.sharedCpus, ...cell.dedicatedCpus].toSorted((a, b) => a - b) }))
      }
    }).length
    case "Move": return admitted(hosts.filter(({ hostname }) => hostname === relaxation.host).map((host) => without(relaxation.server, host)), asked).length
    case "Shortage": {
      const more = (host: HostState, key: "ramUsedMb" | "diskUsedGb") => ({ ...host, [key]: host[key] - relaxation.short })
      const inZone = hosts.filter((host) => host.availabilityZone === relaxation.zone)
      if (relaxation.resource === "MEMORY_MB") return admitted(inZone.map((host) => more(host, "ramUsedMb")), asked).length
      if (relaxation.resource === "DISK_GB") return admitted(inZone.map((host) => more(host, "diskUsedGb")), asked).length
      if (relaxation.resource !== "VCPU") {
        const withMore = ({ others }: HostState) => new Map([...others].map(([name, has]) =>
          [name, name === relaxation.resource ? { ...has, used: has.used - relaxation.short } : has]))
        return admitted(inZone.map((host) => ({ ...host, others: withMore(host) })), asked).length
      }
      return admitted(inZone.map((host) => ({ ...host, vcpus: host.vcpus + relaxation.short, vcpusUsed: host.vcpusUsed - relaxation.short })), asked).length
    }
  }
}

export const complaintsOfRefused = (
  hosts: ReadonlyArray<HostState>, asked: RequestSpec, proof: Refused, without: (server: string, host: HostState) => HostState
): ReadonlyArray<string> => {
  const complaints: Array<string> = []
  const fits = admitted(hosts, asked)
  if (fits.length > 0) complaints.push(`it fits ${fits.map(({ hostname }) => hostname)}`)
  const listed = proof.groups.reduce((sum, { count }) => sum + count, 0)
  if (listed + proof.moreHosts !== hosts.length) complaints.push(`${listed} and ${proof.moreHosts} are not ${hosts.length}`)
  for (const group of proof.groups) {
    const broken = hosts.filter((host) => breaks[group.filter]!(host, asked)).map(({ hostname }) => hostname)
    for (const name of group.hosts) if (!broken.includes(name)) complaints.push(`${name} does not break ${group.filter}`)
    if (group.count > broken.length) complaints.push(`${group.filter} is broken by ${broken.length}, not ${group.count}`)
    if (group.short !== undefined && group.short.needed > 0 && group.short.needed <= group.short.available) complaints.push(`${group.filter}: nothing is short`)
  }
  for (const relaxation of proof.relaxations) {
    const count = fitting(hosts, asked, relaxation, without)
    if (count !== relaxation.hosts) complaints.push(`${JSON.stringify(relaxation)}: fits ${count}`)
    if (relaxation._tag !== "Shortage") continue
    const less = fitting(hosts, asked, { ...relaxation, short: relaxation.short - 1 }, without)
    if (less > 0) complaints.push(`${JSON.stringify(relaxation)}: less does, too`)
  }
  return complaints
}
