/** A request laid out over one tree: what has to be found, and who could give it, each on its own. */
import type { Forest } from "../Forest.ts"
import { hasRoom, isMember, meetsTraits, type Provider } from "../Provider.ts"
import type { Resources } from "../resourceClasses.ts"
import type { CandidatesRequest, RequestGroup } from "./CandidatesRequest.ts"

/** One provider is to be found for it: a whole group with a suffix, or one class of the group without. */
export interface Slot {
  readonly group: RequestGroup
  readonly resources: Resources
  readonly options: ReadonlyArray<Provider>
}

export interface Surroundings {
  readonly forest: Forest
  readonly usedOf: (provider: Provider) => Resources
  readonly sharersOf: (root: Provider) => ReadonlyArray<Provider>
}

const hasRoomFor = (provider: Provider, used: Resources, resources: Resources): boolean => {
  for (const [resource, amount] of resources) if (!hasRoom(provider, used, resource, amount)) return false
  return true
}

/** `in_tree` may name any provider of the tree; one that is not there is in no tree. */
const isInTree = (forest: Forest, provider: Provider, { inTree }: RequestGroup): boolean =>
  inTree === null || forest.byUuid.get(inTree)?.rootUuid === provider.rootUuid

/** Without resources, a group must say what its provider is, or is in: to say what it is not, or whose, finds nobody. */
const saysWhom = ({ memberOf, required, resources }: RequestGroup): boolean =>
  resources.size > 0 || required.length > 0 || memberOf.length > 0

/** All of the group by one provider. */
const whole = (group: RequestGroup, providers: ReadonlyArray<Provider>, { forest, usedOf }: Surroundings): Slot => ({
  group,
  resources: group.resources,
  options: !saysWhom(group) ? [] : providers.filter((provider) =>
    isInTree(forest, provider, group) && meetsTraits(provider.traits, group) && isMember(provider, group) &&
    hasRoomFor(provider, usedOf(provider), group.resources))
})

/**
 * A root in all the aggregates that are asked for puts its tree there, as if each provider were; whoever shares with the
 * tree must be in them itself.
 */
const isMemberWithRoot = (provider: Provider, root: Provider, { memberOf, notMemberOf }: RequestGroup): boolean => {
  const isInAll = ({ aggregates }: Provider) => memberOf.every((any) => !any.isDisjointFrom(aggregates))
  return (isInAll(provider) || (provider.rootUuid === root.uuid && isInAll(root))) &&
    notMemberOf.isDisjointFrom(provider.aggregates) && notMemberOf.isDisjointFrom(root.aggregates)
}

/** Each class by whom it may; what is required of traits, all of them must have together. */
const parts = (
  group: RequestGroup, root: Provider, providers: ReadonlyArray<Provider>, { forest, usedOf }: Surroundings
): ReadonlyArray<Slot> => {
  // A tree that is named shares with nobody else's.
  const near = group.inTree === null ? providers : providers.filter(({ rootUuid }) => rootUuid === root.uuid)
  const eligible = near.filter((provider) =>
    isInTree(forest, provider, group) && group.forbidden.isDisjointFrom(provider.traits) && isMemberWithRoot(provider, root, group))
  return [...group.resources].map(([resource, amount]) => ({
    group,
    resources: new Map([[resource, amount]]),
    options: eligible.filter((provider) => hasRoom(provider, usedOf(provider), resource, amount))
  }))
}

/** `undefined`: this tree cannot serve. The slots with the fewest options come first, so that dead ends end early. */
export const slotsOf = (request: CandidatesRequest, root: Provider, around: Surroundings): ReadonlyArray<Slot> | undefined => {
  if (!meetsTraits(root.traits, request.root)) return undefined
  const providers = [...around.forest.treeOf(root.uuid), ...around.sharersOf(root)]
  const slots: Array<Slot> = []
  for (const group of request.groups) {
    for (const slot of group.suffix === "" ? parts(group, root, providers, around) : [whole(group, providers, around)]) {
      if (slot.options.length === 0) return undefined
      slots.push(slot)
    }
  }
  return slots.sort((a, b) => a.options.length - b.options.length)
}
