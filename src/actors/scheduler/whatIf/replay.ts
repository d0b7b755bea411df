/** A decision asked for again: what came of it now, and what of that which its proof tells is not as it was. */
import { concerns } from "../Filter.ts"
import type { HostState } from "../HostState.ts"
import { rounded } from "../proof/placed.ts"
import type { Placed, Proof, Refused } from "../proof/Proof.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { valueOf } from "../Weigher.ts"

interface Now {
  readonly rules: Rules
  readonly hosts: ReadonlyArray<HostState>
  readonly spec: RequestSpec
  readonly proof: Proof
}

const asked = ["vcpus", "ramMb", "diskGb", "numa", "groupPolicy"] as const
const differing = (was: Proof["request"], is: Proof["request"]): ReadonlyArray<string> =>
  asked.filter((fact) => was[fact] !== is[fact]).map((fact) => `the request: ${fact} was ${was[fact]}, is ${is[fact]}`)

/** The host that was picked: is it there, would it do, and does each weigher say of it what it said? */
const ofChosen = ({ host: hostname, scores }: Placed, { hosts, rules, spec }: Now): ReadonlyArray<string> => {
  const host = hosts.find((one) => one.hostname === hostname)
  if (host === undefined) return [`host ${hostname} is gone`]
  const refusing = rules.filters.find((filter) => concerns(filter, spec) && !filter.admits(host, spec))
  if (refusing !== undefined) return [`host ${hostname}: ${refusing.name} refuses it: ${refusing.why(host, spec).reason}`]
  return scores.flatMap(({ value: was, weigher: name }) => {
    const weigher = rules.weighers.find((one) => one.name === name)
    const is = weigher === undefined ? null : rounded(valueOf(weigher, host, spec))
    return is === was ? [] : [`host ${hostname}: ${name} was ${was}, ${is === null ? "is not asked" : `is ${is}`}`]
  })
}

const ofPlaced = (was: Placed, now: Now): ReadonlyArray<string> => {
  const is = now.proof.outcome
  const chosen = ofChosen(was, now)
  if (is._tag === "Refused") return chosen
  const names = ({ runnersUp }: Placed) => runnersUp.map(({ host }) => host).join(", ") || "none"
  return [
    ...chosen,
    ...was.admitted === is.admitted ? [] : [`hosts admitted: were ${was.admitted}, are ${is.admitted}`],
    ...names(was) === names(is) ? [] : [`the next best were ${names(was)}, are ${names(is)}`]
  ]
}

const counts = ({ groups }: Refused): ReadonlyMap<string, number> => {
  const byFilter = new Map<string, number>()
  for (const { count, filter } of groups) byFilter.set(filter, (byFilter.get(filter) ?? 0) + count)
  return byFilter
}

const ofRefused = (was: Refused, is: Proof["outcome"]): ReadonlyArray<string> => {
  const before = counts(was)
  const after = is._tag === "Refused" ? counts(is) : new Map<string, number>()
  return [
    ...is._tag === "Placed" ? [`refused by all then; hosts that would do now: ${is.admitted}, ${is.host} the best of them`] : was.hosts === is.hosts ? [] : [`hosts: were ${was.hosts}, are ${is.hosts}`],
    ...is._tag === "Placed" ? [] : [...new Set([...before.keys(), ...after.keys()])].toSorted()
      .filter((filter) => before.get(filter) !== after.get(filter))
      .map((filter) => `hosts that ${filter} refuses: were ${before.get(filter) ?? 0}, are ${after.get(filter) ?? 0}`)
  ]
}

export const isSameOutcome = (was: Proof["outcome"], is: Proof["outcome"]): boolean =>
  was._tag === "Placed" ? is._tag === "Placed" && is.host === was.host : is._tag === "Refused"

const untold = "nothing that the proof tells has changed: hosts that it does not name have, or how the scheduler is set"

/** Sentences; none: it is as it was as far as the proof tells. */
export const changesSince = (was: Proof, now: Now): ReadonlyArray<string> => {
  const is = now.proof
  const changes = [
    ...differing(was.request, is.request),
    ...was.outcome._tag === "Placed" ? ofPlaced(was.outcome, now) : ofRefused(was.outcome, is.outcome)
  ]
  return changes.length === 0 && !isSameOutcome(was.outcome, is.outcome) ? [untold] : changes
}
