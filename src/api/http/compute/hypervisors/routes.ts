import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const policy = "os_compute_api:os-hypervisors"
const all = "/os-hypervisors"
const one = `${all}/:id`

export const routes = [
  operation({ method: "GET", path: all, status: 200, query: requests.list, policy: `${policy}:list`, handle: handlers.index }),
  operation({ method: "GET", path: `${all}/detail`, status: 200, query: requests.list, policy: `${policy}:list-detail`, handle: handlers.detail }),
  operation({ method: "GET", path: `${all}/statistics`, until: 87, status: 200, policy: `${policy}:statistics`, handle: handlers.statistics }),
  operation({ method: "GET", path: one, status: 200, query: requests.show, policy: `${policy}:show`, handle: handlers.show }),
  operation({ method: "GET", path: `${one}/search`, until: 52, status: 200, policy: `${policy}:search`, handle: handlers.searchByName }),
  operation({ method: "GET", path: `${one}/servers`, until: 52, status: 200, policy: `${policy}:servers`, handle: handlers.serversByName }),
  operation({ method: "GET", path: `${one}/uptime`, until: 87, status: 200, policy: `${policy}:uptime`, handle: handlers.uptime })
]
