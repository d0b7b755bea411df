import type { Instance } from "../../../../actors/instance/Instance.ts"
import { type Operation, operation } from "../Operations.ts"
import { actions } from "./actions.ts"
import { findServer, type Needs } from "./asking.ts"
import { instanceActionRoutes } from "./instanceActions.ts"
import { metadataRoutes } from "./metadata.ts"
import { migrationRoutes } from "./migrations.ts"
import { partRoutes } from "./parts.ts"
import { list as listQuery, none } from "./queries.ts"
import { list, show } from "./reads.ts"
import { create as createBody, update as updateBody } from "./requests.ts"
import { tagRoutes } from "./tags.ts"
import { topologyRoutes } from "./topology.ts"
import { create, remove, update } from "./writes.ts"

const collection = operation<Needs>
const one = operation<Needs, Instance>
const policy = (name: string) => `os_compute_api:servers:${name}`

/** Everything under `/servers`. */
export const serverRoutes: ReadonlyArray<Operation<Needs>> = [
  collection({ method: "GET", path: "/servers", status: 200, query: listQuery, policy: policy("index"), handle: list("index") }),
  collection({ method: "GET", path: "/servers/detail", status: 200, query: listQuery, policy: policy("detail"), handle: list("detail") }),
  collection({ method: "POST", path: "/servers", status: 202, body: createBody, policy: policy("create"), handle: create }),
  one({ method: "GET", path: "/servers/:id", status: 200, query: none, policy: policy("show"), find: findServer, handle: show }),
  one({ method: "PUT", path: "/servers/:id", status: 200, body: updateBody, policy: policy("update"), find: findServer, handle: update }),
  one({ method: "DELETE", path: "/servers/:id", status: 204, policy: policy("delete"), find: findServer, handle: remove }),
  ...actions,
  ...metadataRoutes,
  ...tagRoutes,
  ...partRoutes,
  ...topologyRoutes,
  ...migrationRoutes,
  ...instanceActionRoutes
]
