/** Which moves of a drain plan come next, and what stands against it. It reads how far the plan is from where its servers are. */
import { type Instance, isLive } from "../../instance/Instance.ts"
import type { Migration } from "../../instance/Migration.ts"
import { takenByServer } from "../../placement/demand/Taken.ts"
import type { HostState } from "../HostState.ts"
import { hostWith } from "../proof/hostChange.ts"
import type { Drain, DrainMove, DrainStep, Premise } from "./DrainPlan.ts"
import { immobile } from "./immobile.ts"
import { differencesOf, premiseOf } from "./premises.ts"

export interface DrainFacts {
  readonly serverOf: (id: string) => Instance | undefined
  /** Where a place is held for a server that is not there yet. */
  readonly heldAt: (id: string) => string | null
  readonly hostOf: (hostname: string) => HostState | undefined
  readonly serversOn: (hostname: string) => Iterable<Instance>
  readonly arrivingOn: (hostname: string) => Iterable<Instance>
}

type Stage = { readonly _tag: "Done" | "UnderWay" | "Arrived" | "Waiting" | "Busy" } | { readonly _tag: "Against"; readonly why: string }
const against = (why: string): Stage => ({ _tag: "Against", why })

const targetOf = ({ destination, wish }: Migration): string | null => destination?.host ?? wish.host

/** Its move of this plan that came to no good end. */
const failedMove = ({ migrations = [] }: Instance, to: string, since: string): Migration | undefined => {
  const last = migrations.at(-1)
  return last !== undefined && last.createdAt >= since && targetOf(last) === to && last.status !== "completed" && last.status !== "confirmed" ? last : undefined
}

const stageOf = ({ server: id, to }: DrainMove, { at, host: from }: Drain, { serverOf }: DrainFacts): Stage => {
  const server = serverOf(id)
  if (server === undefined || !isLive(server)) return { _tag: "Done" }
  const { fault, host, migration } = server
  if (migration != null && targetOf(migration) === to) {
    if (server.vmState !== "resized" || server.taskState !== null) return { _tag: "UnderWay" }
    return fault === null ? { _tag: "Arrived" } : against(`server ${id} is on ${to} and could not be confirmed: ${fault.message}`)
  }
  if (migration != null) return against(`server ${id} is being moved to ${targetOf(migration) ?? "another host"}, not to ${to}`)
  if (host === to) return { _tag: "Done" }
  if (host !== from) return against(`server ${id} was on ${from}, is on ${host ?? "no host"}`)
  const failed = failedMove(server, to, at)
  if (failed !== undefined) return against(`server ${id}: its move to ${to} ended as ${failed.status}${fault === null ? "" : `: ${fault.message}`}`)
  if (server.taskState !== null) return { _tag: "Busy" }
  const problem = immobile(server)
  return problem === null ? { _tag: "Waiting" } : against(`server ${id} cannot be moved: ${problem}`)
}

/** Is the server's room on the host taken, by itself or in its name? */
const isOn = (server: Instance | undefined, hostname: string, held: string | null): server is Instance =>
  server !== undefined && isLive(server) && (server.host === hostname || server.migration?.destination?.host === hostname || held === hostname)

/** The host without what the plan itself brought there. */
const asBefore = (host: HostState, { moves }: Drain, { heldAt, serverOf }: DrainFacts): HostState =>
  moves.filter(({ to }) => to === host.hostname).reduce((now, { server: id }) => {
    const server = serverOf(id)
    if (!isOn(server, host.hostname, heldAt(id))) return now
    return hostWith(now, { taken: takenByServer(server), numa: null, allocations: null, devices: [] }, -1, () => host.topology)
  }, host)

/** Less taken than the plan took for granted stands against nothing. */
const worse = (was: Premise, is: Premise): ReadonlyArray<string> =>
  differencesOf(was, is, (fact) => fact === "isUp" || fact === "isDisabled" || is[fact] > was[fact])

const hostProblems = (drain: Drain, to: string, facts: DrainFacts): ReadonlyArray<string> => {
  const was = drain.premises.find(({ host }) => host === to)
  const host = facts.hostOf(to)
  if (was === undefined) return [`the plan has no premise of host ${to}`]
  return host === undefined ? [`host ${to} is gone`] : worse(was, premiseOf(asBefore(host, drain, facts)))
}

/** Who came to the host since it was planned. */
const strangers = ({ host, moves }: Drain, { arrivingOn, serversOn }: DrainFacts): ReadonlyArray<string> => {
  const planned = new Set(moves.map(({ server }) => server))
  return [...new Set([...serversOn(host), ...arrivingOn(host)].map(({ id }) => id))]
    .filter((id) => !planned.has(id)).map((id) => `server ${id} is on host ${host}, and in no move of the plan`)
}

export const nextMoves = (drain: Drain, facts: DrainFacts): DrainStep => {
  const stages = drain.moves.map((move) => ({ move, stage: stageOf(move, drain, facts) }))
  const at = (...tags: ReadonlyArray<Stage["_tag"]>) => stages.filter(({ stage }) => tags.includes(stage._tag)).map(({ move }) => move)
  const waiting = at("Waiting", "Busy")
  const underWay = at("UnderWay", "Arrived")
  const problems = [
    ...stages.flatMap(({ stage }) => stage._tag === "Against" ? [stage.why] : []),
    ...[...new Set(waiting.map(({ to }) => to))].flatMap((to) => hostProblems(drain, to, facts)),
    ...strangers(drain, facts)
  ]
  // In the order of the plan: who is busy is waited for.
  const busy = waiting.findIndex((move) => at("Busy").includes(move))
  const free = busy < 0 ? waiting : waiting.slice(0, busy)
  return {
    done: at("Done").map(({ server }) => server), underWay, waiting, against: problems,
    // What has begun is brought to its end, whatever stands against the rest.
    confirm: at("Arrived").map(({ server }) => server),
    begin: problems.length > 0 ? [] : free.slice(0, Math.max(0, drain.atOnce - underWay.length))
  }
}
