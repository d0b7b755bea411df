/** Which providers of a host's tree would serve a request, beside what every host measures. Pure. */
import type { Candidate, CandidatesRequest, RequestGroup } from "../placement/candidates/CandidatesRequest.ts"
import { search } from "../placement/candidates/search.ts"
import type { Surroundings } from "../placement/candidates/slots.ts"
import type { AskedGroup } from "../placement/demand/groups.ts"
import type { Allocations } from "../instance/Instance.ts"
import { anything, type Provider } from "../placement/Provider.ts"
import type { Resources } from "../placement/resourceClasses.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { HostState } from "./HostState.ts"
import type { RequestSpec } from "./RequestSpec.ts"

/** Providers beside the host's own that can serve its servers. */
export interface TreeView {
  readonly root: Provider
  readonly around: Pick<Surroundings, "forest" | "sharersOf">
}
export interface ProviderTree {
  /** As it is now; `null`: the host is gone. */
  readonly view: () => TreeView | null
  /** By servers, by clients' consumers, and by picks in flight. */
  readonly usedOf: (provider: Provider) => Resources
}

/** Does it ask for more than every host measures? */
export const isAsking = ({ groups, resources }: RequestSpec): boolean => resources.length > 0 || groups.length > 0

/** What the group without suffix asks for beyond what every host measures. */
export const unnamedOf = ({ groups, resources }: Pick<RequestSpec, "groups" | "resources">): RequestSpec["resources"] => {
  if (groups.length === 0) return resources
  const left = new Map(resources)
  for (const group of groups) for (const [name, amount] of group.resources) if (left.has(name)) left.set(name, left.get(name)! - amount)
  return [...left].filter(([, amount]) => amount > 0)
}

const groupOf = ({ forbidden, required, resources, suffix }: AskedGroup): RequestGroup => ({
  ...anything, suffix, resources: new Map(resources), required: required.map((trait) => new Set([trait])), forbidden: new Set(forbidden)
})

const requestOf = (host: HostState, spec: RequestSpec): CandidatesRequest => {
  const resources = unnamedOf(spec)
  const required = spec.required.filter((trait) => !host.traits.has(trait))
  const unnamed = { suffix: "", resources, required, forbidden: spec.forbidden }
  return {
    groups: [...resources.length === 0 ? [] : [unnamed], ...spec.groups].map(groupOf),
    isIsolated: spec.resourceGroupPolicy === "isolate",
    root: { required: [], forbidden: new Set() },
    subtrees: [], isNested: true, limit: 1
  }
}

/** How much of the host's own is given, of what this filter minds; the others mind the rest. */
const usedOfOwn = ({ others }: HostState): Resources => new Map([...others].map(([resource, { used }]) => [resource, used]))

const candidateOf = (tree: ProviderTree, host: HostState, request: CandidatesRequest): Candidate | null => {
  const view = tree.view()
  if (view === null) return null
  const own = usedOfOwn(host)
  const around = { ...view.around, usedOf: (provider: Provider) => provider.uuid === view.root.uuid ? own : tree.usedOf(provider) }
  let steps = 0
  for (const found of search(request, view.root, around)) {
    if (found !== undefined) return found
    if ((steps += Limits.placementTurnSteps) >= Limits.placementSearchSteps) return null
  }
  return null
}

const groupText = ({ required, resources, suffix }: AskedGroup): string => [
  resources.map(([name, amount]) => `${amount} ${name}`).join(" and "),
  ...required.length === 0 ? [] : [`with ${required.join(", ")}`],
  ...suffix === "" ? [] : [`(group ${suffix})`]
].join(" ")

/** Why none of its ways will do; `null`: one does. */
export const missingInTree = (tree: ProviderTree, host: HostState, spec: RequestSpec): string | null => {
  const request = requestOf(host, spec)
  if (candidateOf(tree, host, request) !== null) return null
  const alone = [{ suffix: "", resources: unnamedOf(spec), required: [], forbidden: [] }, ...spec.groups]
    .filter(({ resources }) => resources.length > 0)
    .find((group) => candidateOf(tree, host, { ...request, groups: [groupOf(group)] }) === null)
  return alone === undefined
    ? "its providers cannot serve all groups of resources together"
    : `no provider of its tree has room for ${groupText(alone)}`
}

/** Who of the tree gives what, on a host that admits the request; `null`: the host itself gives all. */
export const allocationsOf = (host: HostState, spec: RequestSpec): Allocations | null => {
  if (host.tree === null || !isAsking(spec)) return null
  const found = candidateOf(host.tree, host, requestOf(host, spec))
  const elsewhere = [...found?.allocations ?? []].filter(([{ hostname }]) => hostname !== host.hostname)
  return elsewhere.length === 0 ? null : Object.fromEntries(elsewhere.map(([{ uuid }, amounts]) => [uuid, Object.fromEntries(amounts)]))
}
