import { finished, type Steps } from "../../shared/Steps.ts"
import type { HostState } from "../HostState.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Refusals } from "../select.ts"
import { groupsOf } from "./groups.ts"
import type { Movable } from "./moves.ts"
import type { Refused } from "./Proof.ts"
import { relaxationsOf } from "./relaxations.ts"

/** Why nothing fits, and the least that would have to be otherwise. */
export function* refusedIn(
  rules: Rules, hosts: Iterable<HostState>, spec: RequestSpec, refusals: Refusals, movable: Movable
): Steps<Refused> {
  const groups = groupsOf(refusals)
  const listed = groups.reduce((sum, { count }) => sum + count, 0)
  return {
    _tag: "Refused", hosts: refusals.hosts, groups,
    moreHosts: refusals.hosts - refusals.admitted - listed,
    relaxations: yield* relaxationsOf(rules, hosts, spec, movable)
  }
}

export const refusedOf = (...asked: Parameters<typeof refusedIn>): Refused => finished(refusedIn(...asked))
