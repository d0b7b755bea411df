import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const policy = "os_compute_api:os-server-groups"
const { find } = handlers

export const routes = [
  operation({ method: "GET", path: "/os-server-groups", status: 200, query: requests.list, policy: `${policy}:index`, handle: handlers.index }),
  operation({ method: "POST", path: "/os-server-groups", status: 200, body: requests.create, policy: `${policy}:create`, handle: handlers.create }),
  operation({ method: "GET", path: "/os-server-groups/:id", status: 200, query: requests.noQuery, policy: `${policy}:show`, find, handle: handlers.show }),
  operation({ method: "DELETE", path: "/os-server-groups/:id", status: 204, policy: `${policy}:delete`, find, handle: handlers.remove })
]
