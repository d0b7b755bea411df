import type { ClassFilter } from "../Filter.ts"

/** Hosts in an aggregate that names the project, where the request is limited to those (Nova: limit_tenants_to_placement_aggregate). */
export const tenantAggregates: ClassFilter = {
  name: "TenantAggregatesFilter",
  isResource: true,
  key: ({ tenantAggregates: wanted }) => wanted === null ? "" : `!${wanted.join(" ")}`,
  admits: (host, { tenantAggregates: wanted }) => wanted === null || host.aggregates.some(({ uuid }) => wanted.includes(uuid)),
  why: (_, { tenantAggregates: wanted }) =>
    ({ reason: wanted?.length === 0 ? "no aggregate is for the request's project, as all must have one" : "in no aggregate that is for the request's project" })
}
