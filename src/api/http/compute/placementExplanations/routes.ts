/** Why servers are where they are, and what would come of requests; for operators, and of Kilonova alone. */
import { Effect } from "effect"
import { Placements, type WhatIfAsked } from "../../../../actors/scheduler/PlacementsProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { type Operation, operation } from "../Operations.ts"
import { premiseOf, type PremiseShown, renderAnswer, renderExplained } from "./fields.ts"
import * as requests from "./requests.ts"

const policy = "os_compute_api:os-placement-explanations"

/** The body, validated. */
interface Body {
  readonly boot?: { readonly flavor: string; readonly image?: string | null; readonly availability_zone?: string | null }
  readonly resize?: { readonly server: string; readonly flavor: string }
  readonly drain?: { readonly host: string; readonly premises?: ReadonlyArray<PremiseShown> }
}

const questionOf = (body: Body): Effect.Effect<WhatIfAsked, Refusal> => {
  const { boot, drain, resize } = body
  if (Object.keys(body).length !== 1) return Effect.fail(refuse("badRequest", "Give exactly one of boot, resize and drain."))
  if (boot !== undefined) {
    return Effect.succeed({ _tag: "Boot", flavorId: boot.flavor, imageId: boot.image ?? null, zone: boot.availability_zone ?? null })
  }
  return Effect.succeed(resize === undefined
    ? { _tag: "Drain", host: drain!.host, premises: (drain!.premises ?? []).map(premiseOf) }
    : { _tag: "Resize", server: resize.server, flavorId: resize.flavor })
}

const show = (call: Call) =>
  Effect.flatMap(Placements, (placements) =>
    Effect.map(placements.explain(call.params["id"]!), (found) => ({ body: { placement_explanations: found.map(renderExplained) } })))

const whatIf = (call: Call) =>
  Effect.flatMap(questionOf(call.body as Body), (question) =>
    Effect.flatMap(Placements, (placements) =>
      Effect.map(placements.whatIf({ caller: call.caller, requestId: call.requestId }, question), (answer) => ({ body: renderAnswer(answer) }))))

export const explanationRoutes: ReadonlyArray<Operation<Placements>> = [
  operation<Placements>({
    method: "GET", path: "/os-placement-explanations/:id", status: 200, query: requests.none, policy: `${policy}:show`, handle: show
  }),
  operation<Placements>({
    method: "POST", path: "/os-placement-explanations/what-if", status: 200, body: requests.whatIf, policy: `${policy}:what_if`, handle: whatIf
  })
]
