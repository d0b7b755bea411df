import { Result } from "effect"
import type { Instance } from "../../instance/Instance.ts"
import { takenBy } from "../../placement/demand/Taken.ts"
import type { Steps } from "../../shared/Steps.ts"
import { anywhereElse } from "../proof/elsewhere.ts"
import { groupsOf } from "../proof/groups.ts"
import { withLoad } from "../proof/hostChange.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { countedOn, type Member, type Moment } from "./Moment.ts"
import { immobile } from "./immobile.ts"
import { changedPremises, premisesOf } from "./premises.ts"
import { tableOf } from "./tables.ts"
import { tried } from "./trial.ts"
import type { DrainPlan, Premise } from "./DrainPlan.ts"

/** A server that is to go, with the other members of its group. */
interface Leaving {
  readonly server: Instance
  readonly spec: RequestSpec
  readonly beside: ReadonlyArray<Member>
}

/** The great first: the small find room last. */
const bySize = ({ server: a }: Leaving, { server: b }: Leaving): number =>
  b.flavor.ramMb - a.flavor.ramMb || b.flavor.vcpus - a.flavor.vcpus || (a.id < b.id ? -1 : 1)

interface Drained {
  readonly host: string
  readonly servers: ReadonlyArray<Leaving>
  /** Others that have a place there, by a move under way. */
  readonly arriving: ReadonlyArray<string>
  /** Of an earlier plan. */
  readonly premises: ReadonlyArray<Premise>
}

/** Where each of a host's servers would go, one after the other. */
export function* drainPlan({ at, hosts, rules }: Moment, { arriving, host, premises, servers }: Drained): Steps<DrainPlan> {
  const stuck: Array<DrainPlan["stuck"][number]> = arriving.map((server) => ({ server, why: "a move of it between this host and another is under way" }))
  const rooted = servers.filter((one) => immobile(one.server) !== null)
  for (const { server } of rooted) stuck.push({ server: server.id, why: immobile(server)! })
  const leaving = servers.filter((one) => !rooted.includes(one)).map((one) => ({ ...one, spec: anywhereElse(one.spec, one.server) })).sort(bySize)
  const after = yield* tableOf(rules, hosts, leaving.map(({ spec }) => spec))
  const moved = new Map<string, string>()
  for (const { beside, server, spec: alone } of leaving) {
    const spec = { ...alone, groupHosts: countedOn(beside, moved) }
    const picked = after.find(spec)
    yield
    if (picked !== null) {
      const { allocations, devices, host: to, numa } = picked
      moved.set(server.id, to.hostname)
      after.put(withLoad(to, { taken: takenBy(spec, allocations ?? undefined), numa, allocations, devices }))
      continue
    }
    const found = yield* tried(rules, after.states(), spec)
    const reasons = Result.isFailure(found) ? groupsOf(found.failure) : []
    stuck.push({ server: server.id, why: reasons.map(({ count, filter, reason }) => `${filter}: ${reason} (${count})`).join("; ") })
  }
  const known = new Map(hosts.map((one) => [one.hostname, one]))
  return {
    at, host, stuck,
    moves: Array.from(moved, ([server, to]) => ({ server, to })),
    premises: premisesOf(known, [host, ...moved.values()]),
    changed: changedPremises(premises, known)
  }
}
