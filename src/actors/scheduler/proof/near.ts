import { concerns, type Filter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"

/** A host that one filter alone refuses. */
export interface Near {
  readonly host: HostState
  readonly by: Filter
}

/** Does a host hold the request? What the request asks of which filter is found out once. */
export const admission = ({ filters }: Pick<Rules, "filters">, spec: RequestSpec): (host: HostState) => boolean => {
  const asked = filters.filter((filter) => concerns(filter, spec))
  return (host) => asked.every((filter) => filter.admits(host, spec))
}

/** By name, so that what follows does not hang on the order of rows. */
export const nearOf = ({ filters }: Pick<Rules, "filters">, hosts: Iterable<HostState>, spec: RequestSpec): ReadonlyArray<Near> => {
  const asked = filters.filter((filter) => concerns(filter, spec))
  const near: Array<Near> = []
  for (const host of hosts) {
    let by: Filter | null = null
    let count = 0
    for (let at = 0; count < 2 && at < asked.length; at++) {
      if (asked[at]!.admits(host, spec)) continue
      by = asked[at]!
      count++
    }
    if (by !== null && count === 1) near.push({ host, by })
  }
  return near.sort((a, b) => a.host.hostname < b.host.hostname ? -1 : 1)
}
