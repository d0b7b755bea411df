import type { Filter } from "../Filter.ts"

/** Refuses hosts of another zone than the one asked for (Nova: the zone's aggregate in Placement). */
export const availabilityZone: Filter = {
  name: "AvailabilityZoneFilter",
  isResource: false,
  admits: (host, spec) =>
    spec.availabilityZone === null || host.availabilityZone === spec.availabilityZone || `in zone ${host.availabilityZone}`
}
