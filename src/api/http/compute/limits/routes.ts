import { Effect } from "effect"
import { Quotas } from "../../../../actors/project/QuotasProtocol.ts"
import type { Call } from "../Call.ts"
import { operation } from "../Operations.ts"
import { notAllowed } from "../Policy.ts"
import { param, query } from "../Requests.ts"
import * as types from "../types.ts"
import { render } from "./fields.ts"

const others = "os_compute_api:limits:other_project"

const index = Effect.fnUntraced(function*(call: Call) {
  const asked = call.query.get("tenant_id")
  if (asked !== null && !call.allows(others)) return yield* notAllowed(others)
  const projectId = asked ?? call.caller.projectId ?? ""
  const quotas = yield* Quotas
  const absolute = render(call, "show", { limits: quotas.limits({ projectId, userId: null }), used: quotas.used(projectId, null) })
  return { body: { limits: { rate: [], absolute } } }
})

export const routes = [
  operation({
    method: "GET", path: "/limits", status: 200, policy: "os_compute_api:limits",
    query: query([param("tenant_id", types.anyText)], { strictSince: 75 }), handle: index
  })
]
