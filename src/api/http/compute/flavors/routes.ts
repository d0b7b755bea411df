import { operation } from "../Operations.ts"
import * as handlers from "./handlers.ts"
import * as requests from "./requests.ts"

const flavor = "/flavors/:id"
const specs = `${flavor}/os-extra_specs`
const manage = "os_compute_api:os-flavor-manage"
const extra = "os_compute_api:os-flavor-extra-specs"
const access = "os_compute_api:os-flavor-access"

export const routes = [
  operation({ method: "GET", path: "/flavors", status: 200, query: requests.list, handle: handlers.index }),
  operation({ method: "POST", path: "/flavors", status: 200, body: requests.create, policy: `${manage}:create`, handle: handlers.create }),
  operation({ method: "GET", path: "/flavors/detail", status: 200, query: requests.list, handle: handlers.detail }),
  operation({ method: "GET", path: flavor, status: 200, query: requests.noQuery, handle: handlers.show }),
  operation({ method: "PUT", path: flavor, since: 55, status: 200, body: requests.update, policy: `${manage}:update`, handle: handlers.update }),
  operation({ method: "DELETE", path: flavor, status: 202, policy: `${manage}:delete`, handle: handlers.remove }),

  operation({ method: "GET", path: specs, status: 200, query: requests.noQuery, policy: `${extra}:index`, handle: handlers.listExtraSpecs }),
  operation({ method: "POST", path: specs, status: 200, body: requests.createExtraSpecs, policy: `${extra}:create`, handle: handlers.createExtraSpecs }),
  operation({ method: "GET", path: `${specs}/:key`, status: 200, query: requests.noQuery, policy: `${extra}:show`, handle: handlers.showExtraSpec }),
  operation({ method: "PUT", path: `${specs}/:key`, status: 200, body: requests.updateExtraSpec, policy: `${extra}:update`, handle: handlers.updateExtraSpec }),
  operation({ method: "DELETE", path: `${specs}/:key`, status: 200, policy: `${extra}:delete`, handle: handlers.removeExtraSpec }),

  operation({ method: "GET", path: `${flavor}/os-flavor-access`, status: 200, query: requests.noQuery, policy: access, handle: handlers.listAccess }),
  operation({ method: "POST", path: `${flavor}/action`, action: "addTenantAccess", status: 200, body: requests.addAccess, policy: `${access}:add_tenant_access`, handle: handlers.addAccess }),
  operation({ method: "POST", path: `${flavor}/action`, action: "removeTenantAccess", status: 200, body: requests.removeAccess, policy: `${access}:remove_tenant_access`, handle: handlers.removeAccess })
]
