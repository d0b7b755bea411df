import type { Filter } from "../Filter.ts"

/** Keeps a group's members together (Nova: ServerGroupAffinityFilter). */
export const affinity: Filter = {
  name: "ServerGroupAffinityFilter",
  isResource: false,
  admits: (host, spec) =>
    spec.groupPolicy !== "affinity" || spec.groupHosts.size === 0 || spec.groupHosts.has(host.hostname) ||
    "the group's members are on another host"
}

/** Keeps a group's members apart (Nova: ServerGroupAntiAffinityFilter). */
export const antiAffinity: Filter = {
  name: "ServerGroupAntiAffinityFilter",
  isResource: false,
  admits: (host, spec) => {
    if (spec.groupPolicy !== "anti-affinity") return true
    const members = spec.groupHosts.get(host.hostname) ?? 0
    return members < spec.maxServerPerHost || `has ${members} of the group's members`
  }
}
