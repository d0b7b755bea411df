import type { RequestSpec } from "../RequestSpec.ts"
import type { RequestWeigher } from "../Weigher.ts"

const none: ReadonlyArray<string> = []

const members = (name: string, metadataKey: string, policy: string, sign: 1 | -1): RequestWeigher => {
  const isAsked = (spec: RequestSpec) => spec.groupPolicy === policy
  return {
    reads: "request", name, multiplier: 1, metadataKey, floor: null,
    hosts: (spec) => isAsked(spec) ? spec.groupHosts.keys() : none,
    weigh: (host, spec) => isAsked(spec) ? sign * (spec.groupHosts.get(host.hostname) ?? 0) : 0
  }
}

/** To where the group's members are; away from there. */
export const softAffinity = members("ServerGroupSoftAffinityWeigher", "soft_affinity_weight_multiplier", "soft-affinity", 1)
export const softAntiAffinity = members("ServerGroupSoftAntiAffinityWeigher", "soft_anti_affinity_weight_multiplier", "soft-anti-affinity", -1)
