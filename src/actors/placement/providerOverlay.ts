/** What operators said of a host through Placement: beside its record, and what a scheduler must heed with it. */
import { type AllocationRatios, defaultRatios, hosts } from "../host/Host.ts"
import type { Records } from "../../runtime/kernel/Records.ts"
import { type HostRatio, type Inventory, type ProviderRecord, providerRecords } from "./records.ts"

export interface ProviderOverlay {
  /** Beside those of its hardware and driver. */
  readonly traits: ReadonlySet<string>
  /** Of classes that its record does not measure. */
  readonly inventories: ReadonlyMap<string, Inventory>
  /** UUIDs, beside the host aggregates of the compute API that it is in. */
  readonly aggregates: ReadonlySet<string>
  readonly ratios: AllocationRatios
  /** The same, and those of every other class that its record measures. */
  readonly hostRatios: ProviderRecord["hostRatios"]
}

const ratiosOf = (said: ProviderRecord["hostRatios"]): AllocationRatios => {
  const of = (resource: string, ratio: number, reserved: number): HostRatio => said[resource] ?? { allocationRatio: ratio, reserved }
  const cpu = of("VCPU", defaultRatios.cpu, 0)
  const ram = of("MEMORY_MB", defaultRatios.ram, defaultRatios.reservedRamMb)
  const disk = of("DISK_GB", defaultRatios.disk, 0)
  return {
    cpu: cpu.allocationRatio, ram: ram.allocationRatio, disk: disk.allocationRatio,
    reservedCpus: cpu.reserved, reservedRamMb: ram.reserved, reservedDiskGb: disk.reserved
  }
}

type Said = Pick<ProviderRecord, "aggregates" | "hostRatios" | "inventories" | "traits">
const make = ({ aggregates, hostRatios, inventories, traits }: Said): ProviderOverlay => ({
  traits: new Set(traits),
  inventories: new Map(Object.entries(inventories)),
  aggregates: new Set(aggregates),
  ratios: ratiosOf(hostRatios),
  hostRatios
})

/** Of a host that nobody said anything of. */
export const noOverlay: ProviderOverlay = make({ aggregates: [], hostRatios: {}, inventories: {}, traits: [] })

export const overlayOf = (record: ProviderRecord | undefined): ProviderOverlay => record === undefined ? noOverlay : make(record)

/** A pure reading of memory. */
export const providerOverlay = (records: Pick<Records["Service"], "get">, hostname: string): ProviderOverlay => {
  const host = records.get(hosts, hostname)
  return host === undefined ? noOverlay : overlayOf(records.get(providerRecords, host.id))
}
