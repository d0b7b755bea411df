import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const policy = "os_compute_api:os-keypairs"
const { ownerInBody, ownerInQuery } = handlers

export const routes = [
  operation({ method: "GET", path: "/os-keypairs", status: 200, query: requests.list, policy: `${policy}:index`, find: ownerInQuery, handle: handlers.index }),
  operation({
    method: "POST", path: "/os-keypairs", status: [{ until: 1, is: 200 }, { since: 2, is: 201 }], body: requests.create,
    policy: `${policy}:create`, find: ownerInBody, handle: handlers.create
  }),
  operation({ method: "GET", path: "/os-keypairs/:id", status: 200, query: requests.one, policy: `${policy}:show`, find: ownerInQuery, handle: handlers.show }),
  operation({
    method: "DELETE", path: "/os-keypairs/:id", status: [{ until: 1, is: 202 }, { since: 2, is: 204 }], query: requests.one,
    policy: `${policy}:delete`, find: ownerInQuery, handle: handlers.remove
  })
]
