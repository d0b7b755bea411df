import { operation } from "../Operations.ts"
import { param, query } from "../Requests.ts"
import * as types from "../types.ts"
import * as handlers from "./handlers.ts"

const policy = "os_compute_api:os-simple-tenant-usage"
const period = [param("start", types.anyText), param("end", types.anyText)]
const paging = [param("limit", types.limit, { since: 40 }), param("marker", types.anyText, { since: 40 })]
const all = query([...period, param("detailed", types.anyText), ...paging], { strictSince: 75 })
const one = query([...period, ...paging], { strictSince: 75 })

export const routes = [
  operation({ method: "GET", path: "/os-simple-tenant-usage", status: 200, query: all, policy: `${policy}:list`, handle: handlers.index }),
  operation({
    method: "GET", path: "/os-simple-tenant-usage/:id", status: 200, query: one, policy: `${policy}:show`,
    find: handlers.projectInPath, handle: handlers.show
  })
]
