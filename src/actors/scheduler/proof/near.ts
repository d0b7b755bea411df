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

/** The filter that alone refuses a host. A cell without free CPUs to pin to and a host without are one reason, and the cell's says more. */
const onlyOf = (asked: ReadonlyArray<Filter>, host: HostState, spec: RequestSpec): Filter | null => {
  let only: Filter | null = null
  let isSecond = false
  for (const filter of asked) {
    if (filter.admits(host, spec)) continue
    if (only !== null && (isSecond || only.name !== "PCPU" || filter.name !== "NUMATopologyFilter")) return null
    isSecond = only !== null
    only = filter
  }
  return only
}

/** By name, so that what follows does not hang on the order of rows. */
export function* nearOf({ filters }: Pick<Rules, "filters">, hosts: Iterable<HostState>, spec: RequestSpec): Steps<ReadonlyArray<Near>> {
  const asked = filters.filter((filter) => concerns(filter, spec))
  const near: Array<Near> = []
  for (const host of hosts) {
    const by = onlyOf(asked, host, spec)
    if (by !== null) near.push({ host, by })
    yield
  }
  return near.sort((a, b) => a.host.hostname < b.host.hostname ? -1 : 1)
}
