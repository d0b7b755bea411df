import type { RequestFilter } from "../Filter.ts"

/** Keeps a group's members together (Nova: ServerGroupAffinityFilter). */
export const affinity: RequestFilter = {
  name: "ServerGroupAffinityFilter",
  isResource: false,
  reach: (spec) => spec.groupPolicy === "affinity" && spec.groupHosts.size > 0 ? { only: spec.groupHosts.keys() } : null,
  admits: (host, spec) => spec.groupPolicy !== "affinity" || spec.groupHosts.size === 0 || spec.groupHosts.has(host.hostname),
  why: () => ({ reason: "the group's members are on another host" })
}
