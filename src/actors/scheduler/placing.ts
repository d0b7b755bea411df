import { Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { Steps } from "../shared/Steps.ts"
import type { Picked } from "./HostTable.ts"
import type { RequestSpec } from "./RequestSpec.ts"
import type { Refusals } from "./select.ts"

/** Of servers that are to be placed together, how many would have fit, and why the next did not. */
export interface NotAll {
  readonly placed: number
  readonly refusals: Refusals
}

interface Means {
  readonly pick: (spec: RequestSpec) => Result.Result<Picked, Refusals>
  /** What is picked counts for the next pick. */
  readonly hold: (member: number, picked: Picked) => void
  readonly undo: (member: number) => void
  /** The group's members by host, with those held. */
  readonly groupHosts: () => ReadonlyMap<string, number>
}

/** One after the other; when one finds no place, nobody keeps any. */
function* placeEach(members: ReadonlyArray<number>, spec: RequestSpec, { groupHosts, hold, pick, undo }: Means): Steps<NotAll | null> {
  for (let at = 0; at < members.length; at++) {
    const picked = pick({ ...spec, groupHosts: groupHosts() })
    if (Result.isFailure(picked)) {
      members.slice(0, at).forEach(undo)
      return { placed: at, refusals: picked.failure }
    }
    hold(members[at]!, picked.success)
    yield
  }
  return null
}

/**
 * Places all members or none; `null`: all. Members of a group with affinity, which has no host yet, need one that holds them
 * all: those with room in sum are tried, the best first, since their NUMA cells may still say no.
 */
export function* placeAll(members: ReadonlyArray<number>, spec: RequestSpec, means: Means): Steps<NotAll | null> {
  if (spec.groupPolicy !== "affinity" || means.groupHosts().size > 0) return yield* placeEach(members, spec, means)
  const tried: Array<string> = []
  let nearest: NotAll | null = null
  while (tried.length < Limits.gangHostsTriedMax) {
    const picked = means.pick({ ...spec, together: members.length, excludedHosts: [...spec.excludedHosts, ...tried], groupHosts: new Map() })
    if (Result.isFailure(picked)) return nearest ?? { placed: 0, refusals: picked.failure }
    const { hostname } = picked.success.host
    const failed = yield* placeEach(members, { ...spec, host: hostname }, means)
    if (failed === null) return null
    if (nearest === null || failed.placed > nearest.placed) nearest = failed
    tried.push(hostname)
  }
  return nearest
}
