/** One request tried on the hosts of a moment, in the plainest way: in steps, and with the answer that the scheduler's table would give. */
import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import type { Steps } from "../../shared/Steps.ts"
import { concerns, type Filter } from "../Filter.ts"
import { placeOf } from "../filters/numaTopology.ts"
import type { HostState } from "../HostState.ts"
import type { Picked } from "../HostTable.ts"
import type { Movable } from "../proof/moves.ts"
import { placedOf } from "../proof/placed.ts"
import type { Proof } from "../proof/Proof.ts"
import { refusedIn } from "../proof/refused.ts"
import { allocationsOf } from "../providerTree.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { grouped, multiplierOf, type Refusal, type Refusals, weighed } from "../select.ts"

/** Those with the greatest scores, the best first; of equal ones who comes first. */
const bestOf = (scores: Float64Array, most: number): ReadonlyArray<number> => {
  const best: Array<number> = []
  for (let row = 0; row < scores.length; row++) {
    let at = best.length
    while (at > 0 && scores[row]! > scores[best[at - 1]!]!) at--
    if (at >= most) continue
    best.splice(at, 0, row)
    best.length = Math.min(best.length, most)
  }
  return best
}

/** `admitted`: by name. */
function* picking(rules: Rules, admitted: ReadonlyArray<HostState>, spec: RequestSpec): Steps<Picked> {
  const scores = new Float64Array(admitted.length)
  const columns: Array<ReturnType<typeof weighed>> = []
  for (const weigher of rules.weighers) {
    const column = weighed(weigher, admitted, spec)
    const { high, low, values } = column
    columns.push(column)
    yield
    if (high === low) continue
    for (let row = 0; row < admitted.length; row++) scores[row]! += (values[row]! - low) * (multiplierOf(weigher, admitted[row]!) / (high - low))
    yield
  }
  const [first, ...next] = bestOf(scores, 1 + Limits.proofRunnersUpMax)
  const host = admitted[first!]!
  const scored = (row: number) => ({ host: admitted[row]!, score: scores[row]! })
  return {
    ...scored(first!),
    admitted: admitted.length,
    ...placeOf(host, spec, rules.isNumaPacked),
    allocations: allocationsOf(host, spec),
    runnersUp: next.map(scored),
    weights: columns.filter(({ high, low }) => high !== low).map(({ high, low, values, weigher }) => ({
      weigher: weigher.name, value: values[first!]!, normalised: (values[first!]! - low) / (high - low), multiplier: multiplierOf(weigher, host)
    }))
  }
}

/** Where the request goes, or why nowhere. `hosts`: by name. */
export function* tried(rules: Rules, hosts: Iterable<HostState>, spec: RequestSpec): Steps<Result.Result<Picked, Refusals>> {
  const asked = rules.filters.filter((filter) => concerns(filter, spec))
  const admitted: Array<HostState> = []
  const refused: Array<readonly [HostState, Filter]> = []
  for (const host of hosts) {
    const filter = asked.find((one) => !one.admits(host, spec))
    if (filter === undefined) admitted.push(host)
    else refused.push([host, filter])
    yield
  }
  if (admitted.length > 0) return Result.succeed(yield* picking(rules, admitted, spec))
  const refusals = new Map<HostState, Refusal>()
  for (const [host, filter] of refused) {
    refusals.set(host, { filter, why: filter.why(host, spec) })
    yield
  }
  return Result.fail(grouped(rules.filters, refusals.keys(), (host) => refusals.get(host)))
}

interface Ground {
  readonly rules: Rules
  readonly hosts: ReadonlyArray<HostState>
  readonly movable: Movable
}

/** What a proof would say of the request. */
export function* trial({ hosts, movable, rules }: Ground, spec: RequestSpec): Steps<Proof["outcome"]> {
  const found = yield* tried(rules, hosts, spec)
  return Result.isSuccess(found) ? placedOf(found.success) : yield* refusedIn(rules, hosts, spec, found.failure, movable)
}
