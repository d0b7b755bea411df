import { always, type ClassFilter, type Shortage, type Why } from "../Filter.ts"
import { capacityOf } from "../../placement/Provider.ts"
import type { HostState } from "../HostState.ts"
import { unnamedOf } from "../providerTree.ts"
import type { RequestSpec } from "../RequestSpec.ts"

const shortOf = (resource: string, needed: number, available: number): Shortage => ({ resource, needed, available: Math.max(0, available) })

const whyOf = (unit: string, short: Shortage): Why => ({ reason: `${short.available} ${unit} free of ${short.needed} needed`, short })

/** A class of resources of Placement, of which the host has one amount. */
const resource = (
  name: string, unit: string, free: (host: HostState) => number, wanted: (spec: RequestSpec) => number
): ClassFilter => {
  const needed = (spec: RequestSpec) => wanted(spec) * spec.together
  return {
    name,
    isResource: true,
    key: (spec) => needed(spec) === 0 ? "" : String(needed(spec)),
    admits: (host, spec) => needed(spec) <= free(host),
    why: (host, spec) => whyOf(unit, shortOf(name, needed(spec), free(host)))
  }
}

export const memory = resource("MEMORY_MB", "MiB", (host) => host.ramCapacityMb - host.ramUsedMb, (spec) => spec.ramMb)
export const disk = resource("DISK_GB", "GiB", (host) => host.diskCapacityGb - host.diskUsedGb, (spec) => spec.diskGb)

/** Where CPUs are set apart for them, pinned ones are none of those that are shared. */
export const sharedVcpus = (host: HostState, spec: RequestSpec): number => host.isDivided ? Math.max(0, spec.vcpus - spec.pinnedCpus) : spec.vcpus
const pcpus = (spec: RequestSpec): number => (spec.pinnedCpus + spec.emulatorCpus) * spec.together
const freePcpus = ({ others }: HostState): number => {
  const has = others.get("PCPU")
  return has === undefined ? 0 : capacityOf(has.inventory) - has.used
}
const freeVcpus = (host: HostState): number => host.vcpuCapacity - host.vcpusUsed

/** A single server is never given more vCPUs than the host has CPUs. */
export const vcpu: ClassFilter = {
  name: "VCPU",
  isResource: true,
  key: (spec) => spec.vcpus === 0 ? "" : `${spec.vcpus} ${spec.pinnedCpus} ${spec.together}`,
  admits: (host, spec) => {
    const needed = sharedVcpus(host, spec)
    // A guest whose CPUs are all set apart asks nothing of those that are shared, however many were promised.
    return needed === 0 || needed <= host.vcpus && needed * spec.together <= freeVcpus(host)
  },
  why: (host, spec) => {
    const needed = sharedVcpus(host, spec)
    return needed > host.vcpus
      ? { reason: `has ${host.vcpus} CPUs in all, ${needed} needed`, short: shortOf("VCPU", needed, host.vcpus) }
      : whyOf("VCPU", shortOf("VCPU", needed * spec.together, freeVcpus(host)))
  }
}

/** CPUs set apart, for hosts that have them; a flavor that names PCPU itself takes no other host. */
export const pcpu: ClassFilter = {
  name: "PCPU",
  isResource: true,
  key: (spec) => spec.pinnedCpus + spec.emulatorCpus === 0 ? "" : `${pcpus(spec)} ${spec.isForPcpus}`,
  admits: (host, spec) => host.isDivided ? pcpus(spec) <= freePcpus(host) : !spec.isForPcpus,
  why: (host, spec) => whyOf("PCPU", shortOf("PCPU", pcpus(spec), host.isDivided ? freePcpus(host) : 0))
}

/** Hosts that have every trait required and none of those forbidden. */
export const traits: ClassFilter = {
  name: "Traits",
  isResource: true,
  key: (spec) => spec.required.length === 0 && spec.forbidden.length === 0
    ? "" : `${spec.required.join(" ")}!${spec.forbidden.join(" ")}!${unnamedOf(spec).length > 0}`,
  admits: (host, spec) => {
    // Whoever of the tree gives what is asked beside may have the trait: then `otherResources` looks for it.
    const isElsewhere = host.tree !== null && unnamedOf(spec).length > 0
    for (const trait of spec.required) if (!host.traits.has(trait) && !isElsewhere) return false
    for (const trait of spec.forbidden) if (host.traits.has(trait)) return false
    return true
  },
  why: (host, spec) => {
    const lacking = spec.required.find((trait) => !host.traits.has(trait))
    return { reason: lacking === undefined ? `has the trait ${spec.forbidden.find((trait) => host.traits.has(trait))}` : `lacks the trait ${lacking}` }
  }
}

export const allHosts: ClassFilter = {
  name: "AllHostsFilter", isResource: false, key: always, admits: () => true, why: () => ({ reason: "admits every host" })
}
