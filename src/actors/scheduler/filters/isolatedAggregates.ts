import { keysOf } from "../aggregates.ts"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"

const lacking = (host: HostState, spec: RequestSpec) =>
  keysOf(host, "trait:").map((key) => key.slice("trait:".length)).find((trait) => !spec.required.includes(trait))

/** Hosts of an aggregate with `trait:X=required` are for requests that require X (Nova: enable_isolated_aggregate_filtering). */
export const isolatedAggregates: ClassFilter = {
  name: "IsolatedAggregatesFilter",
  isResource: false,
  key: (spec) => `!${spec.required.join(" ")}`,
  admits: (host, spec) => host.aggregates.length === 0 || lacking(host, spec) === undefined,
  why: (host, spec) => ({ reason: `in an aggregate that is for requests of trait ${lacking(host, spec)}` })
}
