/** Where a set of resources can be had. Pure, and as lazy as the limit allows. */
import { Limits } from "../../../runtime/Limits.ts"
import type { Forest } from "../Forest.ts"
import type { Provider } from "../Provider.ts"
import type { Resources } from "../resourceClasses.ts"
import type { Candidate, Candidates, CandidatesRequest } from "./CandidatesRequest.ts"
import { search } from "./search.ts"
import { isSharing, sharersOf } from "./sharing.ts"

type Search = Generator<Candidate | undefined, void>

/** What a sharing provider gives alone looks the same from every tree that it serves. */
const keyOf = ({ allocations, mappings }: Candidate): string =>
  [
    ...[...allocations].map(([{ uuid }, resources]) => `${uuid} ${[...resources].toSorted().join(" ")}`).toSorted(),
    ...[...mappings].map(([suffix, providers]) => `${suffix}=${providers.map(({ uuid }) => uuid).toSorted().join(" ")}`)
  ].join()

/** Others than sharing providers serve one tree alone: with one of them, no second tree gives the same. */
const isFromAnywhere = ({ mappings }: Candidate): boolean => [...mappings.values()].every((providers) => providers.every(isSharing))

/**
 * Trees take turns, one find each, so that a wide one does not crowd out the others. A search without end stops after
 * `Limits.placementSearchSteps` steps that bring nothing new, with what it has.
 */
const taken = (request: CandidatesRequest, searches: ReadonlyArray<Search>): ReadonlyArray<Candidate> => {
  const lines = request.groups.reduce((sum, { resources }) => sum + Math.max(1, resources.size), 0)
  const limit = Math.min(request.limit, Limits.placementCandidatesMax, Math.ceil(Limits.placementCandidateLinesMax / lines))
  const found: Array<Candidate> = []
  const shared = new Set<string>()
  const isNew = (candidate: Candidate): boolean => {
    if (!isFromAnywhere(candidate)) return true
    const before = shared.size
    return shared.add(keyOf(candidate)).size > before
  }
  let stepsLeft = Limits.placementSearchSteps
  for (let open = searches; open.length > 0 && stepsLeft > 0;) {
    const stillOpen: Array<Search> = []
    for (const tree of open) {
      const turn = tree.next()
      if (turn.done === true) continue
      stillOpen.push(tree)
      const candidate = turn.value
      if (candidate === undefined) stepsLeft -= Limits.placementTurnSteps
      else if (isNew(candidate)) found.push(candidate)
      else stepsLeft -= Limits.placementRepeatSteps
      if (found.length >= limit) return found
    }
    open = stillOpen
  }
  return found
}

const summarized = (forest: Forest, found: ReadonlyArray<Candidate>, isNested: boolean): ReadonlyArray<Provider> => {
  const serving = new Set(found.flatMap(({ allocations }) => [...allocations.keys()]))
  const roots = new Set([...serving].map(({ rootUuid }) => rootUuid))
  return forest.providers.filter((provider) => isNested ? roots.has(provider.rootUuid) : serving.has(provider))
}

export const candidates = (forest: Forest, usedOf: (provider: Provider) => Resources, request: CandidatesRequest): Candidates => {
  const uses = new Map<Provider, Resources>()
  const remembered = (provider: Provider): Resources => {
    let used = uses.get(provider)
    if (used === undefined) uses.set(provider, used = usedOf(provider))
    return used
  }
  const around = { forest, usedOf: remembered, sharersOf: sharersOf(forest) }
  const found = taken(request, forest.roots.map((root) => search(request, root, around)))
  return { found, summarized: summarized(forest, found, request.isNested) }
}
