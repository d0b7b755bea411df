import type { Steps } from "../../shared/Steps.ts"
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

/** A cell without free CPUs to pin to and a host without are one reason, and the cell's says more. */
const oneOf = ([first, second, third]: ReadonlyArray<Filter>): Filter | null => {
  if (first === undefined || third !== undefined) return null
  if (second === undefined) return first
  return first.name === "PCPU" && second.name === "NUMATopologyFilter" ? second : null
}

/** By name, so that what follows does not hang on the order of rows. */
export function* nearOf({ filters }: Pick<Rules, "filters">, hosts: Iterable<HostState>, spec: RequestSpec): Steps<ReadonlyArray<Near>> {
  const asked = filters.filter((filter) => concerns(filter, spec))
  const near: Array<Near> = []
  for (const host of hosts) {
    const refusing: Array<Filter> = []
    for (let at = 0; refusing.length < 3 && at < asked.length; at++) if (!asked[at]!.admits(host, spec)) refusing.push(asked[at]!)
    const by = oneOf(refusing)
    if (by !== null) near.push({ host, by })
    yield
  }
  return near.sort((a, b) => a.host.hostname < b.host.hostname ? -1 : 1)
}
