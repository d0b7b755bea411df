import { wordsOf } from "../aggregates.ts"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import { matches } from "../match.ts"
import type { RequestSpec } from "../RequestSpec.ts"

const broken = (host: HostState, { aggregateSpecs }: RequestSpec) =>
  aggregateSpecs.find(([key, wanted]) => !wordsOf(host, key).some((value) => matches(value, wanted)))

/** Extra specs match the metadata of the host's aggregates (Nova: AggregateInstanceExtraSpecsFilter). */
export const aggregateSpecs: ClassFilter = {
  name: "AggregateInstanceExtraSpecsFilter",
  isResource: false,
  key: (spec) => spec.aggregateSpecs.length === 0 ? "" : JSON.stringify(spec.aggregateSpecs),
  admits: (host, spec) => broken(host, spec) === undefined,
  why: (host, spec) => {
    const [key, wanted] = broken(host, spec)!
    const values = wordsOf(host, key)
    return { reason: values.length === 0 ? `in no aggregate that says ${key}` : `its aggregates say ${key}=${values.join(",")}, ${wanted} needed` }
  }
}
