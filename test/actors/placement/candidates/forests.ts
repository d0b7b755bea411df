/** Forests made by hand or by chance, and an independent judge of candidates: what Placement promises, said a second time. */
import type { Candidate, CandidatesRequest, RequestGroup } from "../../../../src/actors/placement/candidates/CandidatesRequest.ts"
import { Forest } from "../../../../src/actors/placement/Forest.ts"
import { anything, type Provider } from "../../../../src/actors/placement/Provider.ts"
import type { Inventory } from "../../../../src/actors/placement/records.ts"
import type { Resources } from "../../../../src/actors/placement/resourceClasses.ts"

export interface Planted {
  readonly uuid: string
  readonly parent?: string
  readonly has?: Readonly<Record<string, number | Partial<Inventory>>>
  readonly traits?: ReadonlyArray<string>
  readonly aggregates?: ReadonlyArray<string>
}

const inventory = (given: number | Partial<Inventory>): Inventory => ({
  total: 1, reserved: 0, minUnit: 1, maxUnit: 1_000_000, stepSize: 1, allocationRatio: 1, ...(typeof given === "number" ? { total: given } : given)
})

/** Parents stand before their children. */
export const forest = (planted: ReadonlyArray<Planted>): Forest => {
  const byUuid = new Map<string, Provider>()
  for (const { aggregates = [], has = {}, parent = null, traits = [], uuid } of planted) {
    byUuid.set(uuid, {
      uuid, name: uuid, hostname: null, parentUuid: parent, rootUuid: parent === null ? uuid : byUuid.get(parent)!.rootUuid, updatedAt: "",
      inventories: new Map(Object.entries(has).map(([name, given]) => [name, inventory(given)])),
      measured: new Set(), traits: new Set(traits), aggregates: new Set(aggregates)
    })
  }
  return new Forest(byUuid.values())
}

export const group = (suffix: string, resources: Readonly<Record<string, number>>, rest: Partial<RequestGroup> = {}): RequestGroup =>
  ({ ...anything, suffix, resources: new Map(Object.entries(resources)), ...rest })
export const request = (groups: ReadonlyArray<RequestGroup>, rest: Partial<CandidatesRequest> = {}): CandidatesRequest => ({
  groups, isIsolated: false, root: { required: [], forbidden: new Set() }, subtrees: [], isNested: true, limit: Infinity, ...rest
})

export const show = ({ allocations, mappings }: Candidate): string =>
  [
    [...allocations].map(([{ uuid }, amounts]) => `${uuid}(${[...amounts].map(([name, amount]) => `${name}:${amount}`).toSorted().join(" ")})`).toSorted().join(" "),
    [...mappings].map(([suffix, providers]) => `${suffix}=${providers.map(({ uuid }) => uuid).toSorted().join("+")}`).toSorted().join(" ")
  ].join(" | ")

/** Each class of the unnamed group, and each named group, with the provider that gives it. */
type Assignment = ReadonlyArray<{ readonly group: RequestGroup; readonly resources: Resources; readonly provider: Provider }>

const some = (wanted: ReadonlyArray<ReadonlySet<string>>, has: ReadonlySet<string>) => wanted.every((any) => [...any].some((one) => has.has(one)))
const none = (unwanted: ReadonlySet<string>, has: ReadonlySet<string>) => [...unwanted].every((one) => !has.has(one))

const isAbove = (forest: Forest, top: Provider, below: Provider): boolean =>
  top === below || (below.parentUuid !== null && isAbove(forest, top, forest.byUuid.get(below.parentUuid)!))

const shares = (forest: Forest, sharer: Provider, root: Provider): boolean =>
  sharer.traits.has("MISC_SHARES_VIA_AGGREGATE") &&
  forest.providers.some((member) => member.rootUuid === root.uuid && [...member.aggregates].some((one) => sharer.aggregates.has(one)))

/** Is the assignment an answer as the tree of this root gives it? */
const isAnswerOf = (forest: Forest, used: (provider: Provider) => Resources, asked: CandidatesRequest, root: Provider, assignment: Assignment): boolean => {
  const isNear = ({ provider }: Assignment[number]) => provider.rootUuid === root.uuid || shares(forest, provider, root)
  const rootOfTree = (uuid: string) => forest.byUuid.get(uuid)?.rootUuid
  const fits = ({ provider, resources }: Assignment[number]) =>
    [...resources].every(([name, amount]) => {
      const has = provider.inventories.get(name)
      return has !== undefined && amount >= has.minUnit && amount <= has.maxUnit && amount % has.stepSize === 0
    })
  const isWanted = ({ group, provider }: Assignment[number]) => {
    const isOwn = provider.rootUuid === root.uuid
    const inTree = group.inTree === null || (provider.rootUuid === rootOfTree(group.inTree) && (group.suffix !== "" || isOwn))
    if (group.suffix !== "") {
      const saysWhom = group.resources.size + group.required.length + group.memberOf.length > 0
      return saysWhom && inTree && some(group.required, provider.traits) && none(group.forbidden, provider.traits) &&
        some(group.memberOf, provider.aggregates) && none(group.notMemberOf, provider.aggregates)
    }
    return inTree && none(group.forbidden, provider.traits) &&
      (some(group.memberOf, provider.aggregates) || (isOwn && some(group.memberOf, root.aggregates))) &&
      none(group.notMemberOf, provider.aggregates) && none(group.notMemberOf, root.aggregates)
  }
  const unnamed = assignment.filter(({ group }) => group.suffix === "")
  const named = assignment.filter(({ group }) => group.suffix !== "")
  const sums = new Map<Provider, Map<string, number>>()
  for (const { provider, resources } of assignment) {
    const sum = sums.get(provider) ?? new Map<string, number>()
    sums.set(provider, sum)
    for (const [name, amount] of resources) sum.set(name, (sum.get(name) ?? 0) + amount)
  }
  const hasRoom = [...sums].every(([provider, sum]) =>
    [...sum].every(([name, amount]) => {
      const has = provider.inventories.get(name)
      return has !== undefined && amount <= has.maxUnit && (used(provider).get(name) ?? 0) + amount <= (has.total - has.reserved) * has.allocationRatio
    }))
  const givers = [...sums].filter(([, sum]) => sum.size > 0).map(([provider]) => provider)
  return some(asked.root.required, root.traits) && none(asked.root.forbidden, root.traits) &&
    assignment.every((each) => isNear(each) && fits(each) && isWanted(each)) && hasRoom &&
    (unnamed.length === 0 || some(unnamed[0]!.group.required, new Set(unnamed.flatMap(({ provider }) => [...provider.traits])))) &&
    (!asked.isIsolated || new Set(named.map(({ provider }) => provider)).size === named.length) &&
    asked.subtrees.every((subtree) => {
      const members = assignment.filter(({ group }) => subtree.has(group.suffix)).map(({ provider }) => provider)
      return members.some((top) => members.every((member) => isAbove(forest, top, member)))
    }) &&
    (asked.isNested || new Set(givers.map(({ rootUuid }) => rootUuid)).size === givers.length)
}

const product = <A>(lists: ReadonlyArray<ReadonlyArray<A>>): ReadonlyArray<ReadonlyArray<A>> =>
  lists.reduce<ReadonlyArray<ReadonlyArray<A>>>((all, list) => all.flatMap((begun) => list.map((next) => [...begun, next])), [[]])

/** Every answer there is, by trying everything. */
export const everyAnswer = (forest: Forest, used: (provider: Provider) => Resources, asked: CandidatesRequest): ReadonlySet<string> => {
  const parts = asked.groups.flatMap((group) =>
    group.suffix === "" ? [...group.resources].map((pair) => ({ group, resources: new Map([pair]) })) : [{ group, resources: group.resources }])
  const answers = new Set<string>()
  for (const providers of product(parts.map(() => forest.providers))) {
    const assignment = parts.map((part, index) => ({ ...part, provider: providers[index]! }))
    if (!forest.roots.some((root) => isAnswerOf(forest, used, asked, root, assignment))) continue
    const allocations = new Map<Provider, Map<string, number>>()
    const mappings = new Map<string, Array<Provider>>()
    for (const { group, provider, resources } of assignment) {
      const known = mappings.get(group.suffix) ?? []
      mappings.set(group.suffix, known.includes(provider) ? known : [...known, provider])
      for (const [name, amount] of resources) {
        const sum = allocations.get(provider) ?? new Map<string, number>()
        allocations.set(provider, sum.set(name, (sum.get(name) ?? 0) + amount))
      }
    }
    answers.add(show({ allocations, mappings }))
  }
  return answers
}
