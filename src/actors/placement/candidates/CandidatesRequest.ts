import type { Provider, Wanted, WantedTraits } from "../Provider.ts"
import type { Resources } from "../resourceClasses.ts"

/** Resources to be given together. A group with a suffix is given by one provider; the one without, by one tree. */
export interface RequestGroup extends Wanted {
  readonly suffix: string
}

export interface CandidatesRequest {
  readonly groups: ReadonlyArray<RequestGroup>
  /** Groups with a suffix each by a provider of its own. */
  readonly isIsolated: boolean
  readonly root: WantedTraits
  /** Sets of suffixes: one of the set's providers is above all the others, or is theirs. */
  readonly subtrees: ReadonlyArray<ReadonlySet<string>>
  /** Two providers of one tree may serve together; older versions know no trees. */
  readonly isNested: boolean
  readonly limit: number
}

/** One way to give everything. */
export interface Candidate {
  /** By provider; a provider that serves a group without resources gives nothing and is in `mappings` only. */
  readonly allocations: ReadonlyMap<Provider, Resources>
  /** Who serves each group, by suffix. */
  readonly mappings: ReadonlyMap<string, ReadonlyArray<Provider>>
}

export interface Candidates {
  readonly found: ReadonlyArray<Candidate>
  /** All of every tree that takes part, in their order. */
  readonly summarized: ReadonlyArray<Provider>
}
