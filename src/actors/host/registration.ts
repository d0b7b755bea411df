/** A host's record as its inventory and what was known before make it. Pure. */
import type { Inventory } from "../../drivers/Driver.ts"
import type { Host } from "./Host.ts"

type Facts = Omit<Host,
  | "hostname" | "id" | "number" | "serviceId" | "serviceNumber" | "availabilityZone" | "isDisabled" | "disabledReason"
  | "isForcedDown" | "createdAt" | "updatedAt">

/** What a record keeps of an inventory. */
const factsOf = (inventory: Inventory): Facts => ({
  hypervisorType: inventory.hypervisorType,
  hypervisorVersion: inventory.hypervisorVersion,
  hostIp: inventory.hostIp,
  cpuModel: inventory.cpuModel,
  cpuArch: inventory.cpuArch,
  vcpus: inventory.vcpus,
  memoryMb: inventory.memoryMb,
  diskGb: inventory.diskGb,
  numa: inventory.numa,
  cores: inventory.cores,
  ...(inventory.cpuSets === undefined ? {} : { cpuSets: inventory.cpuSets }),
  traits: inventory.traits,
  ...(inventory.devices === undefined || inventory.devices.length === 0 ? {} : { devices: inventory.devices }),
  ...(inventory.resources === undefined ? {} : { resources: inventory.resources })
})

/** Of a host that has never answered: operators see that it is there and down, and nothing fits on it. */
const unmeasured: Facts = {
  hypervisorType: "unknown", hypervisorVersion: 0, hostIp: "", cpuModel: "unknown", cpuArch: "unknown",
  vcpus: 0, memoryMb: 0, diskGb: 0, numa: [], traits: []
}

/** Facts that not every inventory has: one that is gone from the inventory goes from the record. */
const withoutOptional = ({ cpuSets: _cpuSets, devices: _devices, resources: _resources, ...rest }: Host): Host => rest

const isSame = (host: Host, facts: Facts) =>
  (["cpuSets", "devices", "resources"] as const).every((key) => (host[key] === undefined) === (facts[key] === undefined)) &&
  (Object.keys(facts) as Array<keyof Facts>).every((key) => JSON.stringify(host[key]) === JSON.stringify(facts[key]))

/** What a new host is given. */
export interface Birth {
  readonly number: number
  readonly id: string
  readonly serviceId: string
}

/**
 * The record to write, or `undefined` where it says all already. `inventory` is `undefined` while the host does not
 * answer: then what is known of it stays.
 */
export const registered = (
  hostname: string, known: Host | undefined, inventory: Inventory | undefined, birth: () => Birth, at: string
): Host | undefined => {
  const facts = inventory === undefined ? undefined : factsOf(inventory)
  if (known !== undefined) return facts === undefined || isSame(known, facts) ? undefined : { ...withoutOptional(known), ...facts, updatedAt: at }
  const { id, number, serviceId } = birth()
  return {
    hostname, number, serviceNumber: number, id, serviceId, availabilityZone: "nova", isDisabled: false,
    disabledReason: null, isForcedDown: false, createdAt: at, updatedAt: at, ...(facts ?? unmeasured)
  }
}
