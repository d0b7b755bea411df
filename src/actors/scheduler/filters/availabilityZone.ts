import type { ClassFilter } from "../Filter.ts"

/** Refuses hosts of another zone than the one asked for (Nova: the zone's aggregate in Placement). */
export const availabilityZone: ClassFilter = {
  name: "AvailabilityZoneFilter",
  isResource: false,
  key: (spec) => spec.availabilityZone ?? "",
  admits: (host, spec) => host.availabilityZone === spec.availabilityZone,
  why: (host) => ({ reason: `in zone ${host.availabilityZone}` })
}
