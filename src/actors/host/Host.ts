import type { HostDevice } from "../placement/devices/Device.ts"
import type { Json } from "../shared/json.ts"

/**
 * One compute host as the operators know it: its service (nova-compute), its hypervisor, its inventory before any
 * server, and the administrator's word on it. Plain JSON, a record of table `hosts`.
 */
export type Host = {
  readonly hostname: string
  /** Ids of the hypervisor: a UUID since 2.53, a number before. */
  readonly id: string
  readonly number: number
  readonly serviceId: string
  readonly serviceNumber: number
  readonly availabilityZone: string
  readonly isDisabled: boolean
  readonly disabledReason: string | null
  readonly isForcedDown: boolean
  readonly createdAt: string
  readonly updatedAt: string
  readonly hypervisorType: string
  readonly hypervisorVersion: number
  readonly hostIp: string
  readonly cpuModel: string
  readonly cpuArch: string
  readonly vcpus: number
  readonly memoryMb: number
  readonly diskGb: number
  readonly numa: ReadonlyArray<{
    readonly id: number
    readonly cpus: ReadonlyArray<number>
    readonly memoryMb: number
    readonly pages: ReadonlyArray<{ readonly sizeKb: number; readonly count: number }>
  }>
  /** Sibling threads, core by core. Absent in records of before: then no CPU is taken to have a sibling. */
  readonly cores?: ReadonlyArray<{ readonly socket: number; readonly cpus: ReadonlyArray<number> }>
  /** CPUs set apart for guests that share them, and for guests pinned to them; absent: all are for both. */
  readonly cpuSets?: { readonly shared: ReadonlyArray<number> | null; readonly dedicated: ReadonlyArray<number> | null }
  readonly traits: ReadonlyArray<string>
  /** PCI devices that guests may have; absent: none. */
  readonly devices?: ReadonlyArray<HostDevice>
  /** How much its driver says it has of other resource classes. */
  readonly resources?: { readonly [resourceClass: string]: number }
}

/** The records' table of hosts; see `Records`. */
export const hosts = {
  type: "host",
  key: (host: Host) => host.hostname,
  /** `number` too: of two processes that register hosts at the same time one draws again. */
  unique: { id: (host: Host) => host.id, serviceId: (host: Host) => host.serviceId, number: (host: Host) => String(host.number) }
}

/** How much more than the hardware may be promised (Nova's defaults), and what the host keeps for itself. */
export interface AllocationRatios {
  readonly cpu: number
  readonly ram: number
  readonly disk: number
  readonly reservedCpus: number
  readonly reservedRamMb: number
  readonly reservedDiskGb: number
}
export const defaultRatios: AllocationRatios = { cpu: 4, ram: 1, disk: 1, reservedCpus: 0, reservedRamMb: 512, reservedDiskGb: 0 }

const _isJson = (host: Host): Json => host
void _isJson
