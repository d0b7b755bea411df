import type { RequestFilter } from "../Filter.ts"

/** Hosts of the servers that hint `same_host` names, and no others (Nova: SameHostFilter). */
export const sameHost: RequestFilter = {
  name: "SameHostFilter",
  isResource: false,
  reach: (spec) => spec.sameHosts === null ? null : { only: spec.sameHosts },
  admits: (host, spec) => spec.sameHosts === null || spec.sameHosts.includes(host.hostname),
  why: () => ({ reason: "has none of the servers of hint same_host" })
}

/** Other hosts than those of the servers that hint `different_host` names (Nova: DifferentHostFilter). */
export const differentHost: RequestFilter = {
  name: "DifferentHostFilter",
  isResource: false,
  reach: (spec) => spec.differentHosts === null ? null : { except: spec.differentHosts },
  admits: (host, spec) => spec.differentHosts === null || !spec.differentHosts.includes(host.hostname),
  why: () => ({ reason: "has a server of hint different_host" })
}
