import { wordsOf } from "../aggregates.ts"
import type { ClassFilter } from "../Filter.ts"

/** Hosts of an aggregate that says `instance_type` are for these flavors alone (Nova: AggregateTypeAffinityFilter). */
export const aggregateType: ClassFilter = {
  name: "AggregateTypeAffinityFilter",
  isResource: false,
  key: (spec) => spec.flavorName,
  admits: (host, spec) => {
    const names = wordsOf(host, "instance_type")
    return names.length === 0 || names.includes(spec.flavorName)
  },
  why: (host) => ({ reason: `in an aggregate that is for the flavors ${wordsOf(host, "instance_type").join(", ")}` })
}
