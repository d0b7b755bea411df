import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const policy = "os_compute_api:os-services"

export const routes = [
  operation({ method: "GET", path: "/os-services", status: 200, query: requests.list, policy: `${policy}:list`, handle: handlers.index }),
  operation({ method: "PUT", path: "/os-services/:id", until: 52, status: 200, body: requests.update, policy: `${policy}:update`, handle: handlers.act }),
  operation({ method: "PUT", path: "/os-services/:id", since: 53, status: 200, body: requests.update, policy: `${policy}:update`, handle: handlers.update }),
  operation({ method: "DELETE", path: "/os-services/:id", status: 204, policy: `${policy}:delete`, handle: handlers.remove })
]
