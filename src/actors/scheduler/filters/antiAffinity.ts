import type { RequestFilter } from "../Filter.ts"

/** Keeps a group's members apart: fewer than `maxServerPerHost` on each host (Nova: ServerGroupAntiAffinityFilter). */
export const antiAffinity: RequestFilter = {
  name: "ServerGroupAntiAffinityFilter",
  isResource: false,
  reach: (spec) => spec.groupPolicy === "anti-affinity" && spec.groupHosts.size > 0 ? { except: spec.groupHosts.keys() } : null,
  admits: (host, spec) => spec.groupPolicy !== "anti-affinity" || (spec.groupHosts.get(host.hostname) ?? 0) < spec.maxServerPerHost,
  why: (host, spec) => ({ reason: `has ${spec.groupHosts.get(host.hostname) ?? 0} of the group's members` })
}
