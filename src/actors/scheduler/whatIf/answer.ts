import { Result } from "effect"
import { isLive } from "../../instance/Instance.ts"
import { type Refusal, refuse } from "../../shared/Refusal.ts"
import type { Steps } from "../../shared/Steps.ts"
import { anywhereElse } from "../proof/elsewhere.ts"
import type { Proof } from "../proof/Proof.ts"
import { proofRequestOf } from "../proof/request.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { capacityOf } from "./capacity.ts"
import { drainPlan } from "./drain.ts"
import { imagined } from "./imagined.ts"
import { countedOn, type Moment, type Surveyed } from "./Moment.ts"
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

function* resized(moment: Moment, spec: RequestSpec, { requestId }: Question<"Resize">): Steps<WhatIfAnswer> {
  return { _tag: "Resize", proof: yield* proofOf(moment, spec, requestId) }
}

function* drained(...asked: Parameters<typeof drainPlan>): Steps<WhatIfAnswer> {
  return { _tag: "Drain", plan: yield* drainPlan(...asked) }
}

const boot = (question: Question<"Boot">, now: Surveyed): Begun => {
  const spec = now.specOf(imagined(question))
  countCells(now, [spec])
  return Result.succeed(booted(now, spec, question))
}

const resize = (question: Question<"Resize">, now: Surveyed): Begun => {
  const server = now.serverOf(question.server)
  if (server === undefined || !isLive(server)) return Result.fail(refuse("notFound", `Instance ${question.server} could not be found.`))
  const spec = anywhereElse({ ...now.specOf({ ...server, flavor: question.flavor }), groupHosts: countedOn(now.membersBeside(server)) }, server)
  countCells(now, [spec])
  return Result.succeed(resized(now, spec, question))
}

const drain = ({ host, premises }: Question<"Drain">, now: Surveyed): Begun => {
  if (!now.hosts.some(({ hostname }) => hostname === host)) return Result.fail(refuse("notFound", `Compute host ${host} could not be found.`))
  const servers = Array.from(now.serversOn(host), (server) => ({ server, spec: now.specOf(server), beside: now.membersBeside(server) }))
  countCells(now, servers.map(({ spec }) => spec))
  return Result.succeed(drained(now, { host, premises, servers }))
}

/** All that the question is about is looked up at once; the answer takes its time, and says of which moment it is. */
export const begin = (question: WhatIfQuestion, now: Surveyed): Begun => {
  switch (question._tag) {
    case "Boot": return boot(question, now)
    case "Resize": return resize(question, now)
    case "Drain": return drain(question, now)
  }
}
