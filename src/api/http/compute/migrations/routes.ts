import { operation } from "../Operations.ts"
import { byVersion, param, query } from "../Requests.ts"
import * as types from "../types.ts"
import { index } from "./handlers.ts"

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

export const routes = [
  operation({ method: "GET", path: "/os-migrations", status: 200, query: list, policy: "os_compute_api:os-migrations:index", handle: index })
]
