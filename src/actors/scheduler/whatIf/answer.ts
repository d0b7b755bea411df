import { Result } from "effect"
import { type Instance, isLive } from "../../instance/Instance.ts"
import { presencesOf } from "../../instance/presences.ts"
import { type Refusal, refuse } from "../../shared/Refusal.ts"
import type { Steps } from "../../shared/Steps.ts"
import { anywhereElse } from "../proof/elsewhere.ts"
import { loadOf, withoutLoad } from "../proof/hostChange.ts"
import type { Proof } from "../proof/Proof.ts"
import { proofsOf } from "../proof/ProofIndex.ts"
import { proofRequestOf } from "../proof/request.ts"
import type { HostState } from "../HostState.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { capacityOf } from "./capacity.ts"
import { drainPlan } from "./drain.ts"
import type { DrainStep } from "./DrainPlan.ts"
import { imagined } from "./imagined.ts"
import { immobile } from "./immobile.ts"
import { countedOn, type Moment, type Surveyed } from "./Moment.ts"
import { nextMoves } from "./nextMoves.ts"
import { changesSince, isSameOutcome } from "./replay.ts"
import { severalOf } from "./several.ts"
import { trial } from "./trial.ts"
import type { WhatIfAnswer, WhatIfQuestion } from "./WhatIf.ts"

type Question<Tag extends WhatIfQuestion["_tag"]> = Extract<WhatIfQuestion, { readonly _tag: Tag }>
type Begun = Result.Result<Steps<WhatIfAnswer>, Refusal>

/** Hosts count their cells when somebody first asks; who does so later would count what came since. What clients of Placement made is read as it is. */
const countCells = ({ hosts }: Moment, specs: ReadonlyArray<RequestSpec>): void => {
  if (specs.some(({ numa }) => numa !== null)) for (const host of hosts) void host.topology
}

function* proofOf(moment: Moment, spec: RequestSpec, requestId: string): Steps<Proof> {
  return { at: moment.at, request: proofRequestOf(spec, requestId, 1), outcome: yield* trial(moment, spec) }
}

function* booted(moment: Moment, spec: RequestSpec, { requestId }: Question<"Boot">): Steps<WhatIfAnswer> {
  const proof = yield* proofOf(moment, spec, requestId)
  return { _tag: "Boot", proof, ...yield* capacityOf(moment.rules, moment.hosts, spec) }
}

function* bootedSeveral(moment: Moment, spec: RequestSpec, { count, requestId }: Question<"BootSeveral">): Steps<WhatIfAnswer> {
  const { outcome, ...where } = yield* severalOf(moment, spec, count)
  return { _tag: "BootSeveral", proof: { at: moment.at, request: proofRequestOf(spec, requestId, 1), outcome }, count, ...where }
}

function* moved(moment: Moment, spec: RequestSpec, { _tag, requestId }: Question<"Migrate" | "Resize">): Steps<WhatIfAnswer> {
  return { _tag, proof: yield* proofOf(moment, spec, requestId) }
}

function* replayed(moment: Moment, spec: RequestSpec, before: Proof, server: string): Steps<WhatIfAnswer> {
  const { attempt, requestId } = before.request
  const proof: Proof = { at: moment.at, request: proofRequestOf(spec, requestId, attempt), outcome: yield* trial(moment, spec) }
  const { hosts, rules } = moment
  return { _tag: "Replay", server, before, proof, isSame: isSameOutcome(before.outcome, proof.outcome), changed: changesSince(before, { hosts, rules, spec, proof }) }
}

function* drained(...asked: Parameters<typeof drainPlan>): Steps<WhatIfAnswer> {
  return { _tag: "Drain", plan: yield* drainPlan(...asked) }
}

const boot = (question: Question<"Boot">, now: Surveyed): Begun => {
  const spec = now.specOf(imagined(question))
  countCells(now, [spec])
  return Result.succeed(booted(now, spec, question))
}

const bootSeveral = (question: Question<"BootSeveral">, now: Surveyed): Begun => {
  const spec = now.specOf(imagined(question, question.groupPolicy))
  countCells(now, [spec])
  return Result.succeed(bootedSeveral(now, spec, question))
}

/** A server that is on a host, and stays there for as long as nobody moves it. */
const settled = (id: string, now: Surveyed): Result.Result<Instance & { readonly host: string }, Refusal> => {
  const server = now.serverOf(id)
  if (server === undefined || !isLive(server)) return Result.fail(refuse("notFound", `Instance ${id} could not be found.`))
  const { host } = server
  if (host === null) return Result.fail(refuse("conflict", `Instance ${id} is on no host.`))
  return server.migration == null ? Result.succeed({ ...server, host }) : Result.fail(refuse("conflict", `Instance ${id} is being moved.`))
}

const hostNamed = (host: string, now: Surveyed): Result.Result<HostState, Refusal> =>
  Result.fromNullishOr(now.hosts.find(({ hostname }) => hostname === host), () => refuse("notFound", `Compute host ${host} could not be found.`))

/** What it would ask of hosts, were it asked for now. */
const specAt = (server: Instance, now: Surveyed): RequestSpec => ({ ...now.specOf(server), groupHosts: countedOn(now.membersBeside(server)) })

const migrate = (question: Question<"Migrate">, now: Surveyed): Begun =>
  Result.gen(function*() {
    const server = yield* settled(question.server, now)
    const problem = immobile(server)
    if (problem !== null) return yield* Result.fail(refuse("conflict", `Instance ${server.id} cannot be moved: ${problem}.`))
    if (question.host === server.host) return yield* Result.fail(refuse("badRequest", `host: instance ${server.id} is on ${server.host} already.`))
    const hosts = question.host === null ? now.hosts : [yield* hostNamed(question.host, now)]
    const spec = anywhereElse(specAt(server, now), server)
    countCells({ ...now, hosts }, [spec])
    return moved({ ...now, hosts }, spec, question)
  })

/** Without it on its own host, where it may stay. */
const resize = (question: Question<"Resize">, now: Surveyed): Begun =>
  Result.map(settled(question.server, now), (server) => {
    const spec = anywhereElse(specAt({ ...server, flavor: question.flavor }, now), server)
    countCells(now, [spec])
    if (question.mayStay !== true) return moved(now, spec, question)
    const hosts = now.hosts.map((host) => host.hostname === server.host ? withoutLoad(host, loadOf(server)) : host)
    return moved({ ...now, hosts }, { ...spec, excludedHosts: [] }, question)
  })

/** As it was asked then, of hosts without the server. */
const replay = ({ request, server: id }: Question<"Replay">, now: Surveyed): Begun => {
  const server = now.serverOf(id)
  const before = server === undefined ? undefined : proofsOf(server).findLast((proof) => request === null || proof.request.requestId === request)
  if (server === undefined || before === undefined) {
    return Result.fail(refuse("notFound", `No decision of the scheduler is known for server ${id}${request === null ? "" : ` and request ${request}`}.`))
  }
  const { excludedHosts, host, isForced, zone } = before.request
  const spec = { ...specAt(server, now), excludedHosts, host, isForced, availabilityZone: zone }
  const own = new Map(presencesOf(server).map((one) => [one.host, loadOf(one)]))
  const hosts = now.hosts.map((one) => own.has(one.hostname) ? withoutLoad(one, own.get(one.hostname)!) : one)
  countCells(now, [spec])
  return Result.succeed(replayed({ ...now, hosts }, spec, before, id))
}

const drain = ({ host, premises }: Question<"Drain">, now: Surveyed): Begun =>
  Result.map(hostNamed(host, now), () => {
    const servers = Array.from(now.serversOn(host), (server) => ({ server, spec: now.specOf(server), beside: now.membersBeside(server) }))
    countCells(now, servers.map(({ spec }) => spec))
    return drained(now, { host, premises, servers, arriving: [...now.arrivingOn(host)].map(({ id }) => id) })
  })

function* stepped(step: DrainStep): Steps<WhatIfAnswer> {
  return { _tag: "DrainStep", step }
}

const drainStep = ({ drain: plan }: Question<"DrainStep">, now: Surveyed): Begun =>
  Result.map(hostNamed(plan.host, now), () => {
    const hosts = new Map(now.hosts.map((host) => [host.hostname, host]))
    return stepped(nextMoves(plan, { ...now, hostOf: (hostname) => hosts.get(hostname) }))
  })

/** All that the question is about is looked up at once; the answer takes its time, and says of which moment it is. */
export const begin = (question: WhatIfQuestion, now: Surveyed): Begun => {
  switch (question._tag) {
    case "Boot": return boot(question, now)
    case "BootSeveral": return bootSeveral(question, now)
    case "Migrate": return migrate(question, now)
    case "Resize": return resize(question, now)
    case "Replay": return replay(question, now)
    case "Drain": return drain(question, now)
    case "DrainStep": return drainStep(question, now)
    // Of a runner of a later release.
    default: return Result.fail(refuse("notImplemented", "The scheduler of this cloud does not know the question: its runner is of an earlier release.", "UnknownQuestion"))
  }
}
