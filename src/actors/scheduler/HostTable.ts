import { Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { Allocations } from "../instance/Instance.ts"
import { concerns, isRequestFilter, type RequestFilter } from "./Filter.ts"
import { type Place, placeOf } from "./filters/numaTopology.ts"
import type { HostState } from "./HostState.ts"
import { allocationsOf } from "./providerTree.ts"
import type { Rules } from "./registry.ts"
import type { RequestSpec } from "./RequestSpec.ts"
import { grouped, type Ranked, ranked, refusalsOf, type Refusals, type Weight } from "./select.ts"
import { Best } from "./table/Best.ts"
import { Columns } from "./table/Columns.ts"
import { keyOf, RequestClass } from "./table/RequestClass.ts"
import { scoreWith, search, type Term } from "./table/search.ts"
import { type Apart, apartOf, refusedRows, termsOf } from "./table/terms.ts"

interface Scored {
  readonly host: HostState
  readonly score: number
}

/** A host, and where on it the guest comes to lie. */
export interface Picked extends Scored, Place {
  /** Who beside the host's own provider gives what; `null`: nobody. */
  readonly allocations: Allocations | null
  /** Hosts that every filter admits. */
  readonly admitted: number
  /** The next best, the best first. */
  readonly runnersUp: ReadonlyArray<Scored>
  /** Of the weighers that tell the admitted hosts apart. */
  readonly weights: ReadonlyArray<Weight>
}

/** The best of the admitted hosts, and what the weighers say of each. */
interface Standings {
  readonly admitted: number
  readonly best: ReadonlyArray<Scored>
  readonly weightsOf: (host: HostState) => ReadonlyArray<Weight>
}

/** Where chance has a say; numbers are of 0..1. */
export interface Chance {
  /** Of so many best hosts one is drawn. */
  readonly subset: number
  /** Ties go by chance, not by name. */
  readonly isShuffled: boolean
  readonly draw: () => number
}
/** Who is drawn from, and who comes next. */
const mostOf = ({ subset }: Chance): number => Math.max(subset, 1 + Limits.proofRunnersUpMax)
const noChance: Chance = { subset: 1, isShuffled: false, draw: () => 0 }

/** A number for each row that hangs on nothing else, spread evenly. */
const shuffled = (seed: number) => (row: number): number => {
  let hash = (row + 1) * 0x9e3779b1 ^ seed
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return (hash ^ hash >>> 16) >>> 0
}

const weightsIn = (
  terms: ReadonlyArray<Term>, { weighers }: Columns, row: number, apart: Apart
): ReadonlyArray<Weight> =>
  terms.map(({ at, column, factor, factors, low, range }): Weight => {
    const value = column === null ? apart.get(row)?.get(at) ?? 0 : column[row]!
    return {
      weigher: weighers[at]!.name, value, normalised: (value - low) / range, multiplier: factors === null ? factor : factors[row]!
    }
  })

/**
 * All hosts, ready for the next request: verdicts are kept per kind of request, values per host, and both change only where
 * a host did. Its answers are those of `select` on the same hosts, whatever came before.
 */
export class HostTable {
  readonly #rules: Rules
  readonly #requestFilters: ReadonlyArray<RequestFilter>
  readonly #columns: Columns
  /** The one used longest ago comes first. */
  readonly #classes = new Map<string, RequestClass>()
  #marks = new Uint8Array(0)

  constructor(rules: Rules) {
    this.#rules = rules
    this.#requestFilters = rules.filters.filter(isRequestFilter)
    this.#columns = new Columns(rules.weighers)
  }

  put(state: HostState): void {
    this.#columns.put(state)
  }
  remove(hostname: string): void {
    this.#columns.remove(hostname)
  }
  get(hostname: string): HostState | undefined {
    const row = this.#columns.rows.get(hostname)
    return row === undefined ? undefined : this.#columns.states[row]
  }
  get size(): number {
    return this.#columns.rows.size
  }
  *states(): Iterable<HostState> {
    for (const state of this.#columns.states) if (state !== undefined) yield state
  }

  /** All of them, by name. */
  ordered(): ReadonlyArray<HostState> {
    const { states } = this.#columns
    return this.#columns.ranks().rows.map((row) => states[row]!)
  }

  /** Judges for requests of this kind what changed, so that the next of them has it ready. */
  prepare(spec: RequestSpec): void {
    this.#classOf(spec)
  }

  /** The host every filter admits and the weighers like best, or why there is none. */
  pick(spec: RequestSpec, chance: Chance = noChance): Result.Result<Picked, Refusals> {
    return Result.fromNullishOr(this.find(spec, chance), () => this.#refusals(spec))
  }

  /** The same, where nobody asks why. */
  find(spec: RequestSpec, chance: Chance = noChance): Picked | null {
    const asked = this.#requestFilters.filter((filter) => concerns(filter, spec))
    const few = this.#fewHosts(asked, spec)
    const { admitted, best, weightsOf } = few === null ? this.#search(asked, spec, chance) : this.#rank(few, spec, chance)
    const one = best[chance.subset === 1 ? 0 : Math.floor(chance.draw() * Math.min(best.length, chance.subset))]
    if (one === undefined) return null
    const { host, score } = one
    return {
      host, score, admitted,
      ...placeOf(host, spec, this.#rules.isNumaPacked),
      allocations: allocationsOf(host, spec),
      runnersUp: best.filter((other) => other !== one).slice(0, Limits.proofRunnersUpMax),
      weights: weightsOf(host)
    }
  }

  /** Per host the first filter that refuses it, grouped; of a request that has a place too. What is known of its kind is not asked again. */
  explain(spec: RequestSpec): Refusals {
    const one = this.#classes.get(keyOf(this.#rules, spec))
    if (one === undefined) return refusalsOf(this.#rules, this.states(), spec)
    one.refresh()
    const { filters } = this.#rules
    const asked = this.#requestFilters.filter((filter) => concerns(filter, spec))
    const { states } = this.#columns
    let row = -1
    return grouped(filters, this.states(), (host) => {
      // They come in the order of their rows.
      while (states[++row] !== host);
      const known = one.admitted[row] === 1 ? undefined : one.why(row)
      const own = asked.find((filter) => !filter.admits(host, spec))
      return own === undefined || (known !== undefined && filters.indexOf(known.filter) < filters.indexOf(own))
        ? known : { filter: own, why: own.why(host, spec) }
    })
  }

  /** The best hosts, each with what every weigher says of it. */
  ranked(spec: RequestSpec, most: number): ReadonlyArray<Ranked> {
    return ranked(this.#rules, this.states(), spec).slice(0, most)
  }

  #refusals(spec: RequestSpec): Refusals {
    if (this.#requestFilters.some((filter) => concerns(filter, spec))) return this.explain(spec)
    const one = this.#classOf(spec)
    if (one.refusals?.version !== this.#columns.version) one.refusals = { version: this.#columns.version, value: this.explain(spec) }
    return one.refusals.value
  }

  /** A request that may go to named hosts alone is not worth a class. `null`: it may go anywhere. */
  #fewHosts(asked: ReadonlyArray<RequestFilter>, spec: RequestSpec): ReadonlyArray<HostState> | null {
    for (const filter of asked) {
      const reach = filter.reach(spec)
      if (reach !== null && "only" in reach) return [...new Set(reach.only)].flatMap((hostname) => this.get(hostname) ?? [])
    }
    return null
  }

  #rank(hosts: ReadonlyArray<HostState>, spec: RequestSpec, chance: Chance): Standings {
    const all = ranked(this.#rules, hosts, spec)
    const standings = (ordered: ReadonlyArray<Ranked>): Standings => ({
      admitted: all.length,
      best: ordered.slice(0, mostOf(chance)),
      weightsOf: (host) => all.find((one) => one.host === host)!.weights
    })
    if (!chance.isShuffled) return standings(all)
    const ties = shuffled(chance.draw() * 2 ** 32)
    const tie = new Map(all.map(({ host }, at) => [host, ties(at)]))
    return standings(all.toSorted((a, b) => b.score - a.score || tie.get(a.host)! - tie.get(b.host)!))
  }

  #classOf(spec: RequestSpec): RequestClass {
    const key = keyOf(this.#rules, spec)
    let one = this.#classes.get(key)
    if (one === undefined) {
      one = new RequestClass(this.#rules, this.#columns, spec)
      const [oldest] = this.#classes.keys()
      if (oldest !== undefined && this.#classes.size >= Limits.requestClassesMax) this.#classes.delete(oldest)
    } else this.#classes.delete(key)
    this.#classes.set(key, one)
    one.refresh()
    return one
  }

  #search(asked: ReadonlyArray<RequestFilter>, spec: RequestSpec, chance: Chance): Standings {
    const columns = this.#columns
    const one = this.#classOf(spec)
    const rows = refusedRows(columns, one, asked, spec)
    const without = this.#marked(rows)
    const refused = rows.length === 0 ? null : without
    const apart = apartOf(columns, one, refused, spec)
    const count = one.admittedCount - rows.length
    const terms = count === 0 ? [] : termsOf({ columns, one, refused, count, apart })
    const ranks = chance.isShuffled ? null : columns.ranks()
    const tie = ranks === null ? shuffled(chance.draw() * 2 ** 32) : (row: number) => ranks.numbers[row]!
    const best = new Best(mostOf(chance))
    for (const [row, values] of apart) {
      best.offer(row, scoreWith(terms, row, values), tie(row))
      without[row] = 1
    }
    const { admitted, bounds } = one
    if (count > 0) one.searched(terms, search({
      terms, tie, bounds, admitted,
      without: rows.length + apart.size === 0 ? null : without,
      minTies: ranks?.minima ?? null
    }, best))
    for (const row of rows) without[row] = 0
    for (const row of apart.keys()) without[row] = 0
    return {
      admitted: count,
      best: best.rows.map((row, at) => ({ host: columns.states[row]!, score: best.scores[at]! })),
      weightsOf: ({ hostname }) => weightsIn(terms, columns, columns.rows.get(hostname)!, apart)
    }
  }

  /** All 0 but for these rows. */
  #marked(rows: ReadonlyArray<number>): Uint8Array {
    if (this.#marks.length !== this.#columns.capacity) this.#marks = new Uint8Array(this.#columns.capacity)
    for (const row of rows) this.#marks[row] = 1
    return this.#marks
  }
}
