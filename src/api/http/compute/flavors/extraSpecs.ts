/** What the extra specs of known namespaces may be; those of other namespaces are nobody's business. */

import { standardResourceClasses } from "../../../../actors/placement/resourceClasses.ts"
import { standardTraits } from "../../../../actors/placement/traits.ts"

interface Rule {
  readonly type: "text" | "int" | "bool"
  readonly min?: number
  readonly max?: number
  readonly values?: ReadonlyArray<string>
  readonly pattern?: RegExp
}

const text: Rule = { type: "text" }
const bool: Rule = { type: "bool" }
const int: Rule = { type: "int" }
const from = (min: number, max?: number): Rule => ({ type: "int", min, ...(max === undefined ? {} : { max }) })
const among = (...values: ReadonlyArray<string>): Rule => ({ type: "text", values })
const like = (pattern: RegExp): Rule => ({ type: "text", pattern })

/** As Nova's, written so that no text takes long to be refused. */
const cpus = /\^?\d+(-\d+|,\^?\d+)*/
const shares = among("custom", "high", "normal", "low")
/** A name after the namespace, or a pattern of names between slashes. */
type Names = Readonly<Record<string, Rule>>

const hw: Names = {
  boot_menu: bool,
  cpu_cores: from(1),
  cpu_dedicated_mask: like(cpus),
  cpu_max_cores: from(1),
  cpu_max_sockets: from(1),
  cpu_max_threads: from(1),
  cpu_policy: among("dedicated", "shared", "mixed"),
  cpu_realtime: bool,
  cpu_realtime_mask: like(cpus),
  cpu_sockets: from(1),
  cpu_thread_policy: among("prefer", "isolate", "require"),
  cpu_threads: from(1),
  emulator_threads_policy: among("isolate", "share"),
  ephemeral_encryption: bool,
  ephemeral_encryption_format: among("plain", "luks", "luksv2"),
  hide_hypervisor_id: bool,
  locked_memory: bool,
  mem_encryption: bool,
  mem_encryption_model: among("amd-sev", "amd-sev-es", "amd-sev-snp"),
  mem_page_size: like(/(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)/),
  "/numa_cpus\\.\\d+/": like(cpus),
  "/numa_mem\\.\\d+/": from(1),
  numa_nodes: from(1),
  pci_numa_affinity_policy: among("required", "preferred", "legacy", "socket"),
  pmem: like(/[a-zA-Z0-9_]+(,[a-zA-Z0-9_]+)*,?/),
  pmu: bool,
  redirected_usb_ports: from(0, 15),
  serial_port_count: from(0),
  sound_model: among("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio"),
  tpm_model: among("tpm-tis", "tpm-crb"),
  tpm_secret_security: among("user", "host", "deployment"),
  tpm_version: among("1.2", "2.0"),
  usb_model: among("none", "nec-xhci", "qemu-xhci"),
  vif_multiqueue_enabled: bool,
  viommu_model: among("intel", "smmuv3", "virtio", "auto"),
  virtio_packed_ring: bool,
  watchdog_action: among("none", "pause", "poweroff", "reset", "disabled")
}

const vmwareShares = ["cpu", "memory", "disk_io", "vif"].flatMap((what): ReadonlyArray<readonly [string, Rule]> => [
  [`${what}_limit`, from(0)], [`${what}_reservation`, int], [`${what}_shares_level`, shares], [`${what}_shares_share`, from(0)]
])
const diskLimits = ["read", "write", "total"].flatMap((way) => [`disk_${way}_bytes_sec`, `disk_${way}_iops_sec`])
const cardLimits = ["inbound", "outbound"].flatMap((way) => ["average", "peak", "burst"].map((kind) => `vif_${way}_${kind}`))
const quota: Names = {
  ...Object.fromEntries(vmwareShares),
  ...Object.fromEntries([...diskLimits, ...cardLimits].map((name) => [name, from(0)])),
  cpu_shares: from(0),
  cpu_period: from(0),
  cpu_quota: int
}

const hostFacts = [
  "id", "uuid", "service_id", "host", "vcpus", "memory_mb", "local_gb", "vcpus_used", "memory_mb_used", "local_gb_used",
  "hypervisor_type", "hypervisor_version", "hypervisor_hostname", "free_ram_mb", "free_disk_gb", "current_workload",
  "running_vms", "disk_available_least", "host_ip", "mapped", "cpu_allocation_ratio", "ram_allocation_ratio",
  "disk_allocation_ratio", "total_usable_ram_mb", "total_usable_disk_gb", "disk_mb_used", "free_disk_mb", "vcpus_total",
  "num_instances", "num_io_ops", "failed_builds", "aggregates", "cell_uuid", "updated"
]
const nestedFacts = [
  "cpu_info", "metrics", "stats", "numa_topology", "supported_hv_specs", "pci_device_pools", "nodename", "pci_stats",
  "supported_instances", "limits", "instances"
]
const capabilities: Names = {
  ...Object.fromEntries(hostFacts.map((name) => [name, text])),
  [`/(${nestedFacts.join("|")})(:\\w+)*/`]: text
}

const traitWish = among("required", "forbidden")

const namespaces: ReadonlyArray<readonly [namespace: RegExp, names: Names]> = [
  [/accel/, { device_profile: text }],
  [/aggregate_instance_extra_specs/, { "/.+/": text }],
  [/capabilities/, capabilities],
  [/hw/, hw],
  [/hw_rng/, { allowed: bool, rate_bytes: from(0), rate_period: from(0) }],
  [/hw_video/, { ram_max_mb: from(0) }],
  [/os/, { secure_boot: among("disabled", "required") }],
  [/pci_passthrough/, { alias: like(/[^:]+:\d+(\s*,[^:]+:\d+)*/) }],
  [/quota/, quota],
  [/resources([a-zA-Z0-9_-]{1,64})?/, { [`/(${standardResourceClasses.join("|")}|CUSTOM_[A-Z0-9_]+)/`]: int }],
  [/trait([a-zA-Z0-9_-]{1,64})?/, {
    ...Object.fromEntries(standardTraits.map((name) => [name, traitWish])),
    "/CUSTOM_[A-Z0-9_]+/": traitWish
  }],
  [/vmware/, { hw_version: text, storage_policy: text }]
]
const bare: Names = { hide_hypervisor_id: bool, group_policy: among("isolate", "none") }

const whole = (pattern: RegExp, value: string) => new RegExp(`^(?:${pattern.source})$`).test(value)
const ruleOf = (names: Names, name: string): Rule | undefined =>
  Object.hasOwn(names, name)
    ? names[name]
    : Object.entries(names).find(([key]) => key.startsWith("/") && whole(new RegExp(key.slice(1, -1)), name))?.[1]

const words = new Set(["1", "t", "true", "on", "y", "yes", "0", "f", "false", "off", "n", "no"])

const failed = (name: string, value: string, why: string) => `Validation failed; '${value}' is not a valid value of extra spec ${name}: ${why}.`

const broken = (name: string, rule: Rule, value: string): string | null => {
  if (rule.type === "bool") {
    return words.has(value.trim().toLowerCase()) ? null : failed(name, value, "it must be a boolean")
  }
  if (rule.type === "int") {
    if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(value)) return failed(name, value, "it must be a whole number")
    const number = Number(value.replaceAll("_", ""))
    if (rule.min !== undefined && number < rule.min) return failed(name, value, `it must be ${rule.min} or more`)
    return rule.max !== undefined && number > rule.max ? failed(name, value, `it must be ${rule.max} or less`) : null
  }
  if (rule.values !== undefined && !rule.values.includes(value)) return failed(name, value, `it must be one of ${rule.values.join(", ")}`)
  return rule.pattern !== undefined && !whole(rule.pattern, value) ? failed(name, value, `it must match ${rule.pattern.source}`) : null
}

/** Why an extra spec is refused, or `null`. */
export const violationOf = (key: string, value: string): string | null => {
  const colon = key.indexOf(":")
  if (colon < 0) {
    const rule = ruleOf(bare, key)
    return rule === undefined ? null : broken(key, rule, value)
  }
  const names = namespaces.find(([namespace]) => whole(namespace, key.slice(0, colon)))?.[1]
  if (names === undefined) return null
  const rule = ruleOf(names, key.slice(colon + 1))
  return rule === undefined
    ? `Validation failed; extra spec '${key}' does not appear to be a valid extra spec.`
    : broken(key, rule, value)
}
