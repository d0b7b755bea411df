import { capacityOf, isPortion } from "../../placement/Provider.ts"
import type { ClassFilter, Why } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import { isAsking, missingInTree, unnamedOf } from "../providerTree.ts"
import type { RequestSpec } from "../RequestSpec.ts"

/** What filters of their own mind. */
const measured = new Set(["VCPU", "PCPU", "MEMORY_MB", "DISK_GB"])

/** A flavor with several groups must say whether one provider may serve more than one of them. */
const isUndecided = ({ groups, resourceGroupPolicy }: RequestSpec): boolean =>
  resourceGroupPolicy === null && groups.filter(({ resources }) => resources.length > 0).length > 1

/** Without a tree the host's own provider has to serve every group. */
const missingOwn = (host: HostState, spec: RequestSpec): Why | null => {
  const { groups, resources, together } = spec
  if (spec.resourceGroupPolicy === "isolate" && groups.length > 1) {
    return { reason: `has one provider of resources, group_policy=isolate asks for ${groups.length}` }
  }
  for (const { forbidden, required, resources: own, suffix } of groups) {
    const lacking = required.find((trait) => !host.traits.has(trait))
    const unwanted = forbidden.find((trait) => host.traits.has(trait))
    if (lacking !== undefined) return { reason: `lacks the trait ${lacking} of group ${suffix}` }
    if (unwanted !== undefined) return { reason: `has the trait ${unwanted}, which group ${suffix} forbids` }
    for (const [name, amount] of own) if (!measured.has(name) && !isGivenOut(host, name, amount)) return portionWhy(host, name, amount)
  }
  for (const [name, amount] of unnamedOf(spec)) if (!isGivenOut(host, name, amount)) return portionWhy(host, name, amount)
  for (const [name, amount] of resources) {
    const has = host.others.get(name)!
    const needed = amount * together
    const available = Math.max(0, capacityOf(has.inventory) - has.used)
    if (needed > available) return { reason: `${available} ${name} free of ${needed} needed`, short: { resource: name, needed, available } }
  }
  return null
}

const isGivenOut = ({ others }: HostState, name: string, amount: number): boolean => {
  const has = others.get(name)
  return has !== undefined && isPortion(has.inventory, amount)
}
const portionWhy = ({ others }: HostState, name: string, amount: number): Why => {
  const has = others.get(name)?.inventory
  return has === undefined
    ? { reason: `0 ${name} free of ${amount} needed`, short: { resource: name, needed: amount, available: 0 } }
    : { reason: `gives out ${name} in steps of ${has.stepSize} from ${has.minUnit} to ${has.maxUnit}, not ${amount}` }
}

const inTree = (host: HostState, spec: RequestSpec): Why | null => {
  const reason = missingInTree(host.tree!, host, spec)
  return reason === null ? null : { reason }
}

const missing = (host: HostState, spec: RequestSpec): Why | null =>
  isUndecided(spec)
    ? { reason: "group_policy (none or isolate) is needed with more than one group of resources" }
    : host.tree === null ? missingOwn(host, spec) : inTree(host, spec)

/** All classes that `resources:` names and not every host measures, in the groups they are asked in. */
export const otherResources: ClassFilter = {
  name: "Resources",
  isResource: true,
  key: (spec) => isAsking(spec)
    ? JSON.stringify([spec.resources, spec.groups, spec.resourceGroupPolicy, spec.required, spec.forbidden, spec.together]) : "",
  admits: (host, spec) => missing(host, spec) === null,
  why: (host, spec) => missing(host, spec)!
}
