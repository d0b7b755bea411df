import type { HostState } from "./HostState.ts"

type Attribute = string | number | boolean | ReadonlyArray<string> | { readonly [key: string]: Attribute }

/** Of a host, by the names that Nova's host state has: what capabilities and queries of hints speak of. */
const attributes: Readonly<Record<string, (host: HostState) => Attribute>> = {
  host: (host) => host.hostname,
  nodename: (host) => host.hostname,
  hypervisor_hostname: (host) => host.hostname,
  host_ip: (host) => host.hostIp,
  hypervisor_type: (host) => host.hypervisorType,
  hypervisor_version: (host) => host.hypervisorVersion,
  cpu_info: (host) => ({ arch: host.cpuArch, model: host.cpuModel, features: featuresOf(host) }),
  vcpus_total: (host) => host.vcpus,
  vcpus_used: (host) => host.vcpusUsed,
  free_ram_mb: (host) => host.ramCapacityMb - host.ramUsedMb,
  total_usable_ram_mb: (host) => host.memoryMb,
  free_disk_mb: (host) => (host.diskCapacityGb - host.diskUsedGb) * 1024,
  disk_mb_used: (host) => host.diskUsedGb * 1024,
  total_usable_disk_gb: (host) => host.diskGb,
  num_instances: (host) => host.instances,
  num_io_ops: (host) => host.ioOps,
  failed_builds: (host) => host.failedBuilds,
  cpu_allocation_ratio: (host) => host.ratios.cpu,
  ram_allocation_ratio: (host) => host.ratios.ram,
  disk_allocation_ratio: (host) => host.ratios.disk,
  enabled: (host) => !host.isDisabled
}

/** Do hosts have an attribute of this name? */
export const isAttribute = (name: string): boolean => Object.hasOwn(attributes, name)

const featureTrait = /^HW_CPU_(?:X86_|AARCH64_)?(\w+)$/

/** CPU features as libvirt names them, from the traits that Placement has for them. */
const featuresOf = ({ traits }: HostState): ReadonlyArray<string> =>
  [...traits].flatMap((trait) => featureTrait.exec(trait)?.[1]?.toLowerCase().replaceAll("_", "-") ?? [])

/** `undefined`: hosts have no such attribute. */
export const attributeOf = (host: HostState, path: ReadonlyArray<string>): Attribute | undefined => {
  const [first = "", ...rest] = path
  let value: Attribute | undefined = Object.hasOwn(attributes, first) ? attributes[first]!(host) : undefined
  for (const key of rest) {
    if (value === undefined || typeof value !== "object" || Array.isArray(value)) return undefined
    const within: { readonly [key: string]: Attribute } = value as { readonly [key: string]: Attribute }
    value = Object.hasOwn(within, key) ? within[key] : undefined
  }
  return value
}
