import { keysOf, wordsOf } from "../aggregates.ts"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"

const tenantsOf = (host: HostState, prefix: string) => keysOf(host, prefix).flatMap((key) => wordsOf(host, key))

/** Hosts of an aggregate that names tenants are for these alone (Nova: AggregateMultiTenancyIsolation). */
export const aggregateTenants: ClassFilter = {
  name: "AggregateMultiTenancyIsolation",
  isResource: false,
  key: (spec) => spec.projectId,
  admits: (host, spec) => {
    const tenants = host.aggregates.length === 0 ? [] : tenantsOf(host, "filter_tenant_id")
    return tenants.length === 0 || tenants.includes(spec.projectId)
  },
  why: () => ({ reason: "in an aggregate that is for other projects" })
}
