import { Result } from "effect"
import type { Filter, HostState, RequestSpec, Weigher } from "./Filter.ts"

/** Why no host would do: per filter, in the order they are asked, with what reasons it refused how many hosts. */
export interface NoValidHost {
  readonly hosts: number
  readonly refused: ReadonlyMap<string, ReadonlyMap<string, number>>
}

const refusalOf = (filters: ReadonlyArray<Filter>, host: HostState, spec: RequestSpec) => {
  for (const filter of filters) {
    if (spec.isForced && !filter.isResource) continue
    const verdict = filter.admits(host, spec)
    if (verdict !== true) return { filter: filter.name, reason: verdict }
  }
  return undefined
}

const explained = (filters: ReadonlyArray<Filter>, hosts: Iterable<HostState>, spec: RequestSpec): NoValidHost => {
  const refused = new Map(filters.map(({ name }) => [name, new Map<string, number>()]))
  let count = 0
  for (const host of hosts) {
    count++
    const refusal = refusalOf(filters, host, spec)
    if (refusal === undefined) continue
    const reasons = refused.get(refusal.filter)!
    reasons.set(refusal.reason, (reasons.get(refusal.reason) ?? 0) + 1)
  }
  return { hosts: count, refused: new Map([...refused].filter(([, reasons]) => reasons.size > 0)) }
}

/** Sums each weigher's value, brought to 0..1 over the candidates and multiplied. */
const scoresOf = (weighers: ReadonlyArray<Weigher>, hosts: ReadonlyArray<HostState>, spec: RequestSpec): Float64Array => {
  const scores = new Float64Array(hosts.length)
  const values = new Float64Array(hosts.length)
  for (const weigher of weighers) {
    let low = Infinity
    let high = -Infinity
    for (let i = 0; i < hosts.length; i++) {
      const value = values[i] = weigher.weigh(hosts[i]!, spec)
      if (value < low) low = value
      if (value > high) high = value
    }
    if (high === low) continue
    const scale = weigher.multiplier / (high - low)
    for (let i = 0; i < hosts.length; i++) scores[i]! += (values[i]! - low) * scale
  }
  return scores
}

/**
 * The best of the hosts every filter admits; ties go to the hostname that sorts first, so the same input gives the
 * same answer in whatever order the hosts come. Reasons are gathered only when nothing fits.
 */
export const select = (
  rules: { readonly filters: ReadonlyArray<Filter>; readonly weighers: ReadonlyArray<Weigher> },
  hosts: Iterable<HostState>,
  spec: RequestSpec
): Result.Result<HostState, NoValidHost> => {
  const admitted: Array<HostState> = []
  for (const host of hosts) if (refusalOf(rules.filters, host, spec) === undefined) admitted.push(host)
  if (admitted.length === 0) return Result.fail(explained(rules.filters, hosts, spec))
  const scores = scoresOf(rules.weighers, admitted, spec)
  let best = 0
  for (let i = 1; i < admitted.length; i++) {
    if (scores[i]! > scores[best]! || (scores[i] === scores[best] && admitted[i]!.hostname < admitted[best]!.hostname)) best = i
  }
  return Result.succeed(admitted[best]!)
}

/** For the server's owner: what was short, without a word of other tenants or of hosts by name. */
export const summaryOf = (refusal: NoValidHost): string =>
  refusal.hosts === 0
    ? "there are no compute hosts"
    : [...refusal.refused].map(([filter, reasons]) => {
      const total = [...reasons.values()].reduce((sum, count) => sum + count, 0)
      return `${filter} refused ${total} of ${refusal.hosts}`
    }).join("; ")

/** For operators: every filter with its reasons and how many hosts gave each. */
export const detailsOf = (refusal: NoValidHost): string =>
  [...refusal.refused].flatMap(([filter, reasons]) =>
    [...reasons].map(([reason, count]) => `${filter}: ${reason} (${count} host${count === 1 ? "" : "s"})`)
  ).join("\n")
