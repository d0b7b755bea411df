import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const set = "/os-quota-sets/:id"
const sets = "os_compute_api:os-quota-sets"
const classes = "os_compute_api:os-quota-class-sets"
const find = handlers.projectInPath

export const routes = [
  operation({ method: "GET", path: set, status: 200, query: requests.ofUser, policy: `${sets}:show`, find, handle: handlers.show }),
  operation({ method: "PUT", path: set, status: 200, body: requests.updateSet, query: requests.ofUser, policy: `${sets}:update`, find, handle: handlers.update }),
  operation({ method: "DELETE", path: set, status: 202, query: requests.ofUser, policy: `${sets}:delete`, find, handle: handlers.clear }),
  operation({ method: "GET", path: `${set}/detail`, status: 200, query: requests.ofUser, policy: `${sets}:detail`, find, handle: handlers.detail }),
  operation({ method: "GET", path: `${set}/defaults`, status: 200, query: requests.noQuery, policy: `${sets}:defaults`, find, handle: handlers.defaults }),
  operation({ method: "GET", path: "/os-quota-class-sets/:id", status: 200, query: requests.noQuery, policy: `${classes}:show`, handle: handlers.showClass }),
  operation({ method: "PUT", path: "/os-quota-class-sets/:id", status: 200, body: requests.updateClass, policy: `${classes}:update`, handle: handlers.updateClass })
]
