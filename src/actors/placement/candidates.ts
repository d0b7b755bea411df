import { admits, hasRoom, hasTraits, type Provider, type Wanted } from "./Provider.ts"
import type { Resources } from "./resourceClasses.ts"

/** Resources to be given together. A group with a suffix is given by one provider; the one without, by one tree. */
export interface RequestGroup extends Wanted {
  readonly suffix: string
}

export interface CandidatesRequest {
  readonly groups: ReadonlyArray<RequestGroup>
  /** Groups with a suffix each by a provider of its own. */
  readonly isIsolated: boolean
  readonly root: Pick<Wanted, "required" | "forbidden">
  readonly limit: number
}

/** One way to give everything: by now always a whole tree of one provider. */
export interface Candidate {
  readonly provider: Provider
  readonly resources: Resources
  readonly used: Resources
}

const sumOf = (groups: ReadonlyArray<RequestGroup>): Resources => {
  const sum = new Map<string, number>()
  for (const { resources } of groups) {
    for (const [resource, amount] of resources) sum.set(resource, (sum.get(resource) ?? 0) + amount)
  }
  return sum
}

/** Providers that can give every group at once, in their order. */
export const candidates = (
  providers: Iterable<Provider>,
  usedOf: (provider: Provider) => Resources,
  request: CandidatesRequest
): ReadonlyArray<Candidate> => {
  const found: Array<Candidate> = []
  const resources = sumOf(request.groups)
  const apart = request.groups.filter(({ suffix }) => suffix !== "").length
  // One provider a tree: two groups that must not share one find nothing.
  if (request.isIsolated && apart > 1) return found
  for (const provider of providers) {
    if (found.length >= request.limit) break
    if (!hasTraits(provider, request.root)) continue
    const used = usedOf(provider)
    if (!request.groups.every((group) => admits(provider, used, group))) continue
    if ([...resources].every(([resource, amount]) => hasRoom(provider, used, resource, amount))) {
      found.push({ provider, resources, used })
    }
  }
  return found
}
