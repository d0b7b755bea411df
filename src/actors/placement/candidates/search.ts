/** All the ways in which one tree can serve a request, one after the other, each found only when it is asked for. */
import { Limits } from "../../../runtime/Limits.ts"
import type { Forest } from "../Forest.ts"
import { lineOf } from "../Forest.ts"
import { meetsTraits, type Provider } from "../Provider.ts"
import type { Resources } from "../resourceClasses.ts"
import type { Candidate, CandidatesRequest } from "./CandidatesRequest.ts"
import { Ledger } from "./Ledger.ts"
import { type Slot, slotsOf, type Surroundings } from "./slots.ts"

type Chosen = ReadonlyArray<Provider>
/** A rule on the choices made so far. */
type Rule = (chosen: Chosen) => boolean

const isOneSubtree = (forest: Forest, providers: ReadonlySet<Provider>): boolean => {
  if (providers.size === 1) return true
  const lines = [...providers].map((provider) => new Set(lineOf(forest, provider)))
  return [...providers].some((top) => lines.every((line) => line.has(top)))
}

/** Rules over several slots, each at the last slot it speaks of: a choice that breaks one goes no deeper. */
const rulesOf = (slots: ReadonlyArray<Slot>, request: CandidatesRequest, forest: Forest): ReadonlyArray<ReadonlyArray<Rule>> => {
  const rules: Array<Array<Rule>> = slots.map(() => [])
  const at = (places: ReadonlyArray<number>, rule: (providers: ReadonlyArray<Provider>) => boolean) => {
    if (places.length > 0) rules[places.at(-1)!]!.push((chosen) => rule(places.map((place) => chosen[place]!)))
  }
  const placesWhere = (belongs: (suffix: string) => boolean) =>
    slots.flatMap(({ group }, place) => belongs(group.suffix) ? [place] : [])
  const unnamed = request.groups.find(({ suffix }) => suffix === "")
  if (unnamed !== undefined && unnamed.required.length > 0) {
    at(placesWhere((suffix) => suffix === ""), (providers) =>
      meetsTraits(new Set(providers.flatMap(({ traits }) => [...traits])), { required: unnamed.required, forbidden: new Set() }))
  }
  for (const subtree of request.subtrees) {
    at(placesWhere((suffix) => subtree.has(suffix)), (providers) => isOneSubtree(forest, new Set(providers)))
  }
  return rules
}

/** Versions that know no trees never saw two providers of one. */
const isFlat = (allocations: Candidate["allocations"]): boolean =>
  new Set([...allocations.keys()].map(({ rootUuid }) => rootUuid)).size === allocations.size

/** What the choices give, by provider: of one that several slots chose, together. */
const allocationsOf = (slots: ReadonlyArray<Slot>, chosen: Chosen): Candidate["allocations"] => {
  const allocations = new Map<Provider, Resources>()
  for (const [place, provider] of chosen.entries()) {
    const { resources } = slots[place]!
    const known = allocations.get(provider)
    if (known === undefined) {
      if (resources.size > 0) allocations.set(provider, resources)
      continue
    }
    const sum = new Map(known)
    for (const [resource, amount] of resources) sum.set(resource, (sum.get(resource) ?? 0) + amount)
    allocations.set(provider, sum)
  }
  return allocations
}

/** Of each group, the places of its slots. */
type Places = ReadonlyArray<readonly [suffix: string, places: ReadonlyArray<number>]>
const placesOf = (request: CandidatesRequest, slots: ReadonlyArray<Slot>): Places =>
  request.groups.map(({ suffix }) => [suffix, slots.flatMap(({ group }, place) => group.suffix === suffix ? [place] : [])])

const mappingsOf = (places: Places, chosen: Chosen): Candidate["mappings"] => {
  const mappings = new Map<string, ReadonlyArray<Provider>>()
  for (const [suffix, own] of places) {
    mappings.set(suffix, own.length === 1 ? [chosen[own[0]!]!] : [...new Set(own.map((place) => chosen[place]!))])
  }
  return mappings
}

/**
 * `undefined`: `Limits.placementTurnSteps` steps without a find, so that whoever asks can turn to other trees, or stop.
 * The choices so far stand in a row, one a slot, and the search goes back along it at every dead end.
 */
export function* search(
  request: CandidatesRequest, root: Provider, around: Surroundings
): Generator<Candidate | undefined, void> {
  const slots = slotsOf(request, root, around)
  if (slots === undefined) return
  const rules = rulesOf(slots, request, around.forest)
  const ledger = new Ledger(slots, around.usedOf)
  const places = placesOf(request, slots)
  const isOwn = slots.map(({ group }) => request.isIsolated && group.suffix !== "")
  const chosen: Array<Provider> = []
  /** How many options of each slot have been tried; the last of them is the one chosen. */
  const tried = [0]
  const undo = (place: number) => {
    chosen.pop()
    ledger.giveBack(place, ledger.numbers[place]![tried[place]! - 1]!, isOwn[place]!)
  }

  for (let place = 0, steps = 1; place >= 0; steps++) {
    if (place === slots.length) {
      const allocations = allocationsOf(slots, chosen)
      if (request.isNested || isFlat(allocations)) yield { allocations, mappings: mappingsOf(places, chosen) }
      undo(--place)
    } else if (tried[place] === slots[place]!.options.length) {
      if (--place >= 0) undo(place)
    } else {
      const option = tried[place]!++
      if (ledger.take(place, ledger.numbers[place]![option]!, isOwn[place]!)) {
        chosen.push(slots[place]!.options[option]!)
        if (rules[place]!.every((rule) => rule(chosen))) tried[++place] = 0
        else undo(place)
      }
    }
    if (steps % Limits.placementTurnSteps === 0) yield undefined
  }
}
