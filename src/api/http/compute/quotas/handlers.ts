import { Effect } from "effect"
import { Identity } from "../../../../actors/identity/IdentityProtocol.ts"
import { defaultQuota, type QuotaLimits } from "../../../../actors/project/quota.ts"
import { type AskedLimits, Quotas } from "../../../../actors/project/QuotasProtocol.ts"
import type { QuotaUse } from "../../../../actors/project/quotaChange.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { renderClass, renderSet } from "./fields.ts"

const id = (call: Call) => call.params["id"]!
const userOf = (call: Call) => call.query.get("user_id")

/** The project in the path: policies are asked about it, before it is known to exist. */
export const projectInPath = (call: Call) => Effect.succeed({ projectId: id(call) })

const known = Effect.fnUntraced(function*(projectId: string) {
  const exists = yield* (yield* Identity).hasProject(projectId)
  if (!exists) return yield* refuse("badRequest", `Project ID ${projectId} is not a valid project.`)
  return projectId
})

const shown = (call: Call, setId: string | null, limits: QuotaLimits, used: QuotaUse | null = null) => ({
  body: { quota_set: renderSet(call, "show", { id: setId, limits, used }) }
})

export const show = Effect.fnUntraced(function*(call: Call) {
  const projectId = yield* known(id(call))
  return shown(call, projectId, (yield* Quotas).limits({ projectId, userId: userOf(call) }))
})

export const detail = Effect.fnUntraced(function*(call: Call) {
  const projectId = yield* known(id(call))
  const quotas = yield* Quotas
  return shown(call, projectId, quotas.limits({ projectId, userId: userOf(call) }), quotas.used(projectId, userOf(call)))
})

export const defaults = Effect.fnUntraced(function*(call: Call) {
  const projectId = yield* known(id(call))
  return shown(call, projectId, (yield* Quotas).limits({ className: "default" }))
})

type LimitsBody = { readonly [name: string]: number | boolean }

/** Only the limits that are ours: others are accepted and kept nowhere, as the reference does. */
const askedLimits = (body: LimitsBody): AskedLimits =>
  Object.fromEntries(Object.entries(body).filter(([name]) => Object.hasOwn(defaultQuota, name)))

export const update = Effect.fnUntraced(function*(call: Call) {
  const projectId = yield* known(id(call))
  const body = (call.body as { readonly quota_set: LimitsBody }).quota_set
  const limits = yield* (yield* Quotas).set({ projectId, userId: userOf(call) }, askedLimits(body), body["force"] === true)
  return shown(call, null, limits)
})

/** Of unknown projects too: what is left of one that was deleted can be cleared. */
export const clear = (call: Call) => Effect.flatMap(Quotas, (quotas) => Effect.as(quotas.clear(id(call), userOf(call)), {}))

export const showClass = (call: Call) =>
  Effect.map(Quotas, (quotas) => ({
    body: { quota_class_set: renderClass(call, "show", { id: id(call), limits: quotas.limits({ className: id(call) }), used: null }) }
  }))

export const updateClass = Effect.fnUntraced(function*(call: Call) {
  const body = (call.body as { readonly quota_class_set: LimitsBody }).quota_class_set
  const limits = yield* (yield* Quotas).set({ className: id(call) }, askedLimits(body), true)
  return { body: { quota_class_set: renderClass(call, "show", { id: null, limits, used: null }) } }
})
