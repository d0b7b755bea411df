/** Scheduling in its plainest form: what the fast table must answer too, and what explains an answer. */
import { Result } from "effect"
import { leastOf } from "./aggregates.ts"
import { type Filter, isRequestFilter, type Why } from "./Filter.ts"
import type { HostState } from "./HostState.ts"
import type { Rules } from "./registry.ts"
import type { RequestSpec } from "./RequestSpec.ts"
import { valueOf, type Weigher } from "./Weigher.ts"

/** Hosts that one filter refused for the same reason. */
interface Refused {
  readonly hosts: ReadonlyArray<string>
  readonly why: Why
}

/** Per filter, in the order they are asked, what it refused and why; each host by the first filter that refuses it. */
export interface Refusals {
  readonly hosts: number
  readonly admitted: number
  readonly refused: ReadonlyMap<string, ReadonlyMap<string, Refused>>
}

/** The filters that the request asks something of. */
const concerned = (filters: ReadonlyArray<Filter>, spec: RequestSpec): ReadonlyArray<Filter> =>
  filters.filter((filter) =>
    (filter.isResource || !spec.isForced) && (isRequestFilter(filter) || filter.key(spec) !== ""))

const admittedOf = (filters: ReadonlyArray<Filter>, hosts: Iterable<HostState>, spec: RequestSpec): ReadonlyArray<HostState> => {
  const asked = concerned(filters, spec)
  const admitted: Array<HostState> = []
  for (const host of hosts) if (asked.every((filter) => filter.admits(host, spec))) admitted.push(host)
  return admitted
}

/** The filter that refused a host first, and its reason. */
export interface Refusal {
  readonly filter: Filter
  readonly why: Why
}

/** Why each host is refused that is. */
export const refusalsOf = ({ filters }: Pick<Rules, "filters">, hosts: Iterable<HostState>, spec: RequestSpec): Refusals => {
  const asked = concerned(filters, spec)
  return grouped(filters, hosts, (host) => {
    const filter = asked.find((one) => !one.admits(host, spec))
    return filter === undefined ? undefined : { filter, why: filter.why(host, spec) }
  })
}

/** By filter, in their order, and by reason. */
export const grouped = (
  filters: ReadonlyArray<Filter>, hosts: Iterable<HostState>, refusalOf: (host: HostState) => Refusal | undefined
): Refusals => {
  const refused = new Map(filters.map(({ name }) => [name, new Map<string, { readonly hosts: Array<string>; readonly why: Why }>()]))
  /** Most refusals are one of few, and a table keeps them: so their texts are compared once. */
  const alike = new Map<Refusal, Array<string>>()
  let count = 0
  let admitted = 0
  for (const host of hosts) {
    count++
    const refusal = refusalOf(host)
    if (refusal === undefined) {
      admitted++
      continue
    }
    const others = alike.get(refusal)
    if (others !== undefined) {
      others.push(host.hostname)
      continue
    }
    const { filter, why } = refusal
    const reasons = refused.get(filter.name)!
    const known = reasons.get(why.reason)
    const named = known?.hosts ?? []
    if (known === undefined) reasons.set(why.reason, { hosts: named, why })
    named.push(host.hostname)
    alike.set(refusal, named)
  }
  return { hosts: count, admitted, refused: new Map([...refused].filter(([, reasons]) => reasons.size > 0)) }
}

/** What one weigher says of one host. */
export interface Weight {
  readonly weigher: string
  readonly value: number
  /** Brought to 0..1 over the admitted hosts. */
  readonly normalised: number
  readonly multiplier: number
}

export interface Ranked {
  readonly host: HostState
  readonly score: number
  readonly weights: ReadonlyArray<Weight>
}

/** The administrator's multiplier, or that of the host's aggregates. Weighers that cost more are off where that is 0. */
export const multiplierOf = ({ metadataKey, multiplier, reads }: Weigher, host: HostState): number =>
  metadataKey === null || host.aggregates.length === 0 || (reads === "class" && multiplier === 0)
    ? multiplier : leastOf(host, metadataKey, multiplier)

/** Values of one weigher, from the least to the greatest of the admitted hosts. */
export const weighed = (weigher: Weigher, hosts: ReadonlyArray<HostState>, spec: RequestSpec) => {
  const values = hosts.map((host) => valueOf(weigher, host, spec))
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return { weigher, values, low: weigher.floor ?? low, high }
}

/** All admitted hosts, the best first; of equal ones that whose name sorts first. */
export const ranked = ({ filters, weighers }: Rules, hosts: Iterable<HostState>, spec: RequestSpec): ReadonlyArray<Ranked> => {
  const admitted = admittedOf(filters, hosts, spec)
  const columns = weighers.map((weigher) => weighed(weigher, admitted, spec))
  return admitted.map((host, at): Ranked => {
    let score = 0
    const weights = columns.map(({ high, low, values, weigher }): Weight => {
      const multiplier = multiplierOf(weigher, host)
      const isFlat = high === low
      if (!isFlat) score += (values[at]! - low) * (multiplier / (high - low))
      return { weigher: weigher.name, value: values[at]!, normalised: isFlat ? 0 : (values[at]! - low) / (high - low), multiplier }
    })
    return { host, score, weights }
  }).sort((a, b) => b.score - a.score || (a.host.hostname < b.host.hostname ? -1 : 1))
}

/**
 * The best of the hosts every filter admits; ties go to the hostname that sorts first, so the same input gives the
 * same answer in whatever order the hosts come. Reasons are gathered only when nothing fits.
 */
export const select = (rules: Rules, hosts: ReadonlyArray<HostState>, spec: RequestSpec): Result.Result<HostState, Refusals> => {
  const [best] = ranked(rules, hosts, spec)
  return best === undefined ? Result.fail(refusalsOf(rules, hosts, spec)) : Result.succeed(best.host)
}

/** What the request itself says that a filter minds: its owner may read it. */
const asks: Readonly<Record<string, (spec: RequestSpec) => ReadonlyArray<string>>> = {
  Resources: ({ resources }) => resources.map(([name, amount]) => `${amount} ${name}`),
  Traits: ({ forbidden, required }) => [...required, ...forbidden.map((trait) => `not ${trait}`)],
  PCPU: ({ emulatorCpus, pinnedCpus }) => [String(pinnedCpus + emulatorCpus)],
  PciPassthroughFilter: ({ devices }) => devices.map(({ count, name }) => `${count} ${name}`)
}

/** For the server's owner: what was short, without a word of other tenants or of hosts by name. */
export const summaryOf = ({ hosts, refused }: Refusals, spec: RequestSpec): string =>
  hosts === 0
    ? "there are no compute hosts"
    : [...refused].map(([filter, reasons]) => {
      const total = [...reasons.values()].reduce((sum, { hosts: named }) => sum + named.length, 0)
      const asked = asks[filter]?.(spec).join(", ") ?? ""
      return `${filter}${asked === "" ? "" : ` (${asked})`} refused ${total} of ${hosts}`
    }).join("; ")

/** For operators: every filter with its reasons and how many hosts gave each. */
export const detailsOf = ({ refused }: Refusals): string =>
  [...refused].flatMap(([filter, reasons]) =>
    [...reasons].map(([reason, { hosts }]) => `${filter}: ${reason} (${hosts.length} host${hosts.length === 1 ? "" : "s"})`)
  ).join("\n")
