/** No server moves between hosts yet, so there are no migrations: lists are empty, and a marker names none. */
import { Effect } from "effect"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { parseTime } from "../servers/time.ts"
import { notAllowed } from "../Policy.ts"
import { operation } from "../Operations.ts"
import { byVersion, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const filters = ["hidden", "host", "instance_uuid", "source_compute", "status", "migration_type"].map((key) => param(key, types.anyText))
const time = { type: "string", format: "date-time" }
const paging = [
  param("limit", types.limit), param("marker", types.anyText), param("changes-since", time),
  param("changes-before", time, { since: 66 })
].map((row) => ({ ...row, once: true }))
const owners = ["user_id", "project_id"].map((key) => ({ ...param(key, types.anyText, { since: 80 }), once: true }))

const list = byVersion(
  { until: 58, is: query(filters, { strictSince: 59 }) },
  { is: query([...filters, ...paging, ...owners], { strictSince: 59 }) }
)

const everybody = "os_compute_api:os-migrations:index:all_projects"

/** Who does not name the own project asks for everybody's. */
const index = (call: Call) => {
  const isOwn = call.query.get("project_id") === call.caller.projectId
  if (!isOwn && !call.allows(everybody)) return Effect.fail(notAllowed(everybody))
  const [since, before] = ["changes-since", "changes-before"].map((key) => parseTime(call.query.get(key) ?? ""))
  if (since && before && before < since) {
    return Effect.fail(refuse("badRequest", "The value of changes-since must be less than or equal to changes-before."))
  }
  const marker = call.query.get("marker")
  return marker === null
    ? Effect.succeed({ body: { migrations: [] } })
    : Effect.fail(refuse("badRequest", `Marker ${marker} could not be found.`, "MarkerNotFound"))
}

export const routes = [
  operation({ method: "GET", path: "/os-migrations", status: 200, query: list, policy: "os_compute_api:os-migrations:index", handle: index })
]
