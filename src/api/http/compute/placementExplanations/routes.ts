/** Why servers are where they are, and what would come of requests; for operators, and of Kilonova alone. */
import { Effect } from "effect"
import { Drains } from "../../../../actors/scheduler/DrainsProtocol.ts"
import { Placements, type WhatIfAsked } from "../../../../actors/scheduler/PlacementsProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { Limits } from "../../../../runtime/Limits.ts"
import type { Call } from "../Call.ts"
import { type Operation, operation } from "../Operations.ts"
import { premiseOf, type PremiseShown, renderAnswer, renderExplained, renderStep } from "./fields.ts"
import * as requests from "./requests.ts"

const policy = "os_compute_api:os-placement-explanations"

/** The body, validated. */
interface Body {
  readonly boot?: {
    readonly flavor: string
    readonly image?: string | null
    readonly availability_zone?: string | null
    readonly count?: number
    readonly group_policy?: string | null
  }
  readonly migrate?: { readonly server: string; readonly host?: string | null }
  readonly resize?: { readonly server: string; readonly flavor: string; readonly same_host?: boolean }
  readonly replay?: { readonly server: string; readonly request?: string }
  readonly drain?: { readonly host: string; readonly premises?: ReadonlyArray<PremiseShown> }
}

const bootOf = ({ availability_zone: zone = null, count, flavor: flavorId, group_policy: groupPolicy = null, image: imageId = null }: NonNullable<Body["boot"]>): WhatIfAsked =>
  count === undefined && groupPolicy === null
    ? { _tag: "Boot", flavorId, imageId, zone }
    : { _tag: "BootSeveral", flavorId, imageId, zone, count: count ?? 1, groupPolicy }

const questionOf = ({ boot, drain, migrate, replay, resize }: Body): WhatIfAsked | null => {
  if (boot !== undefined) return bootOf(boot)
  if (migrate !== undefined) return { _tag: "Migrate", server: migrate.server, host: migrate.host ?? null }
  if (resize !== undefined) return { _tag: "Resize", server: resize.server, flavorId: resize.flavor, mayStay: resize.same_host === true }
  if (replay !== undefined) return { _tag: "Replay", server: replay.server, request: replay.request ?? null }
  return drain === undefined ? null : { _tag: "Drain", host: drain.host, premises: (drain.premises ?? []).map(premiseOf) }
}

const asked = (body: Body): Effect.Effect<WhatIfAsked, Refusal> => {
  const question = Object.keys(body).length === 1 ? questionOf(body) : null
  return question === null ? Effect.fail(refuse("badRequest", "Give exactly one of boot, migrate, resize, replay and drain.")) : Effect.succeed(question)
}

const show = (call: Call) =>
  Effect.flatMap(Placements, (placements) =>
    Effect.map(placements.explain(call.params["id"]!), (found) => ({ body: { placement_explanations: found.map(renderExplained) } })))

const whatIf = (call: Call) =>
  Effect.flatMap(asked(call.body as Body), (question) =>
    Effect.flatMap(Placements, (placements) =>
      Effect.map(placements.whatIf({ caller: call.caller, requestId: call.requestId }, question), (answer) => ({ body: renderAnswer(answer) }))))

/** A plan that was printed, without what does not matter to it. */
interface Plan {
  readonly at: string
  readonly host: string
  readonly moves: ReadonlyArray<{ readonly server: string; readonly to: string }>
  readonly premises: ReadonlyArray<PremiseShown>
  readonly stuck?: ReadonlyArray<unknown>
  readonly at_once?: number
}

const drain = (call: Call) => {
  const { at, at_once: atOnce = Limits.drainMovesUsual, host, moves, premises, stuck = [] } = (call.body as { readonly drain: Plan }).drain
  if (stuck.length > 0) return Effect.fail(refuse("badRequest", `drain: the plan leaves ${stuck.length} servers on ${host}. Move them yourself, and plan again.`))
  return Effect.flatMap(Drains, (drains) =>
    Effect.map(
      drains.advance({ caller: call.caller, requestId: call.requestId }, { at, host, moves, premises: premises.map(premiseOf), atOnce }),
      (step) => ({ body: renderStep(host, step) })
    ))
}

export const explanationRoutes: ReadonlyArray<Operation<Drains | Placements>> = [
  operation<Placements>({
    method: "GET", path: "/os-placement-explanations/:id", status: 200, query: requests.none, policy: `${policy}:show`, handle: show
  }),
  operation<Placements>({
    method: "POST", path: "/os-placement-explanations/what-if", status: 200, body: requests.whatIf, policy: `${policy}:what_if`, handle: whatIf
  }),
  operation<Drains>({
    method: "POST", path: "/os-placement-explanations/drain", status: 200, body: requests.drain, policy: `${policy}:drain`, handle: drain
  })
]
