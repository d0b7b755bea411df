import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const all = "/os-aggregates"
const one = `${all}/:id`
const action = `${one}/action`
const policy = (name: string) => `os_compute_api:os-aggregates:${name}`
const { noQuery } = requests

export const routes = [
  operation({ method: "GET", path: all, status: 200, query: noQuery, policy: policy("index"), handle: handlers.index }),
  operation({ method: "POST", path: all, status: 200, body: requests.create, policy: policy("create"), handle: handlers.create }),
  operation({ method: "GET", path: one, status: 200, query: noQuery, policy: policy("show"), handle: handlers.show }),
  operation({ method: "PUT", path: one, status: 200, body: requests.update, policy: policy("update"), handle: handlers.update }),
  operation({ method: "DELETE", path: one, status: 200, policy: policy("delete"), handle: handlers.remove }),
  operation({ method: "POST", path: action, action: "add_host", status: 200, body: requests.addHost, policy: policy("add_host"), handle: handlers.addHost }),
  operation({ method: "POST", path: action, action: "remove_host", status: 200, body: requests.removeHost, policy: policy("remove_host"), handle: handlers.removeHost }),
  operation({ method: "POST", path: action, action: "set_metadata", status: 200, body: requests.setMetadata, policy: policy("set_metadata"), handle: handlers.setMetadata })
]
