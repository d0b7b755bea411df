import { type AllocationRatios, defaultRatios } from "../host/Host.ts"
import { type HostAggregate, leastOf } from "./aggregates.ts"

/** How much of a host may be promised: as its aggregates say under `cpu_allocation_ratio` and so on, or as is usual. */
export const ratiosOf = (aggregates: ReadonlyArray<HostAggregate>, usual: AllocationRatios = defaultRatios): AllocationRatios => {
  if (aggregates.length === 0) return usual
  const ratio = (resource: "cpu" | "ram" | "disk") => {
    const own = leastOf({ aggregates }, `${resource}_allocation_ratio`, usual[resource])
    return own > 0 ? own : usual[resource]
  }
  return { ...usual, cpu: ratio("cpu"), ram: ratio("ram"), disk: ratio("disk") }
}
