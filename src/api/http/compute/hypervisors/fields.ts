import { serviceNumber } from "../../../../actors/host/computeServices.ts"
import { defaultRatios, type Host } from "../../../../actors/host/Host.ts"
import type { Usage } from "../../../../runtime/kernel/InstanceIndex.ts"
import type { Call } from "../Call.ts"
import { field, renderer } from "../Fields.ts"

export interface ShownHypervisor {
  readonly host: Host
  readonly isUp: boolean
  readonly usage: Usage
  readonly servers: ReadonlyArray<{ readonly name: string; readonly uuid: string }>
  readonly busy: number
}

/** What a host has and has given away, in the reference's names; without overcommitment, as it counts here. */
export const countsOf = ({ busy, host, usage }: ShownHypervisor) => {
  const memoryUsed = usage.ramMb + defaultRatios.reservedRamMb
  return {
    vcpus: host.vcpus,
    memory_mb: host.memoryMb,
    local_gb: host.diskGb,
    vcpus_used: usage.cores,
    memory_mb_used: memoryUsed,
    local_gb_used: usage.diskGb,
    free_ram_mb: host.memoryMb - memoryUsed,
    free_disk_gb: host.diskGb - usage.diskGb,
    current_workload: busy,
    running_vms: usage.instances,
    disk_available_least: host.diskGb - usage.diskGb
  }
}
export type Counts = ReturnType<typeof countsOf>

const cpuOf = (host: Host) => {
  const sockets = Math.max(1, host.numa.length)
  return {
    arch: host.cpuArch,
    model: host.cpuModel,
    vendor: "",
    topology: { sockets, cores: Math.max(1, Math.floor(host.vcpus / sockets)), threads: 1 },
    features: host.traits.filter((trait) => trait.startsWith("HW_CPU_")).map((trait) => trait.replace(/^HW_CPU_[A-Z0-9]+_/, "").toLowerCase())
  }
}

const whole = { views: ["detail"] }
const counts = { ...whole, until: 87 }
const count = (name: keyof Counts) => field<ShownHypervisor>(name, (shown) => countsOf(shown)[name], counts)
/** Asked for in the query, or by the old sub-route. */
const withServers = { views: ["with servers"] }

export const fields = [
  field<ShownHypervisor>("id", ({ host }) => host.number, { until: 52 }),
  field<ShownHypervisor>("id", ({ host }) => host.id, { since: 53 }),
  field<ShownHypervisor>("hypervisor_hostname", ({ host }) => host.hostname),
  field<ShownHypervisor>("state", ({ isUp }) => isUp ? "up" : "down"),
  field<ShownHypervisor>("status", ({ host }) => host.isDisabled ? "disabled" : "enabled"),
  field<ShownHypervisor>("hypervisor_type", ({ host }) => host.hypervisorType, whole),
  field<ShownHypervisor>("hypervisor_version", ({ host }) => host.hypervisorVersion, whole),
  field<ShownHypervisor>("host_ip", ({ host }) => host.hostIp, whole),
  field<ShownHypervisor>("service", ({ host }) => ({
    id: serviceNumber(host), host: host.hostname, disabled_reason: host.disabledReason
  }), { ...whole, until: 52 }),
  field<ShownHypervisor>("service", ({ host }) => ({
    id: host.serviceId, host: host.hostname, disabled_reason: host.disabledReason
  }), { ...whole, since: 53 }),
  count("vcpus"), count("memory_mb"), count("local_gb"), count("vcpus_used"), count("memory_mb_used"),
  count("local_gb_used"), count("free_ram_mb"), count("free_disk_gb"), count("current_workload"), count("running_vms"),
  count("disk_available_least"),
  field<ShownHypervisor>("cpu_info", ({ host }) => JSON.stringify(cpuOf(host)), { ...whole, until: 27 }),
  field<ShownHypervisor>("cpu_info", ({ host }) => cpuOf(host), { ...whole, since: 28, until: 87 }),
  field<ShownHypervisor>("uptime", () => null, { ...whole, since: 88 }),
  field<ShownHypervisor>("servers", ({ servers }) => servers.length === 0 ? undefined : servers, { ...withServers, until: 74 }),
  field<ShownHypervisor>("servers", ({ servers }) => servers, { ...withServers, since: 75 })
]
const renderRows = renderer(fields)

/** `servers` holds only what its own view adds. */
export const render = (call: Call, view: "index" | "detail", hasServers: boolean, shown: ShownHypervisor): Record<string, unknown> => {
  const rendered = renderRows(call, view, shown)
  const servers = hasServers ? renderRows(call, "with servers", shown)["servers"] : undefined
  return servers === undefined ? rendered : { ...rendered, servers }
}
