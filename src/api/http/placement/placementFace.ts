/** Placement 1.0–1.39, mounted at `/placement`: providers derived from hosts and servers, and those of its clients. */
import { Effect } from "effect"
import type { PlacementAdmin } from "../../../actors/placement/PlacementAdminProtocol.ts"
import type { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import { Limits } from "../../../runtime/Limits.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming } from "../Face.ts"
import * as Face from "../Face.ts"
import { listCandidates } from "./candidates.ts"
import { showAllocations, showUsages } from "./consumers.ts"
import { deleteAllocations, reshape, setAllocations, setManyAllocations } from "./consumerWrites.ts"
import { errorOf, manners } from "./fault.ts"
import { createInventory, deleteInventories, deleteInventory, setInventories, updateInventory } from "./inventoryWrites.ts"
import { listResourceClasses, listTraits, showResourceClass, showTrait } from "./names.ts"
import { createClass, deleteClass, deleteTrait, putClass, putTrait, renameClass } from "./nameWrites.ts"
import { type Operation, rowsOf, unknownPath, unspeakable } from "./Operations.ts"
import {
  listAggregates, listInventories, listProviderAllocations, listProviders, listProviderTraits, listUsages, showInventory, showProvider
} from "./providers.ts"
import {
  createProvider, deleteProvider, deleteTraits, setAggregates, setTraits, updateProvider
} from "./providerWrites.ts"
import { candidatesQuery, lastOf, providersQuery, traitsQuery, usagesQuery } from "./queries.ts"
import { newest, oldest, textOf } from "./versions.ts"

/** The one version there is: its link points at itself, whatever it is called from outside. */
const versionDocument = {
  versions: [{
    id: `v${textOf(oldest)}`,
    status: "CURRENT",
    min_version: textOf(oldest),
    max_version: textOf(newest),
    links: [{ rel: "self", href: "" }]
  }]
}

type Services = Placement | PlacementAdmin
type Rest = Omit<Operation<Services>, "method" | "path" | "policy">
const operation = (method: Operation<Services>["method"]) => (path: string, policy: string | null, rest: Rest): Operation<Services> =>
  ({ method, path, policy: policy === null ? null : `placement:${policy}`, ...rest })
const [get, post, put, remove] = [operation("GET"), operation("POST"), operation("PUT"), operation("DELETE")]

/** With a JSON body. */
const json = (handle: Rest["handle"], rest: Omit<Rest, "handle"> = {}): Rest => ({ ...rest, takesJson: true, handle })

const provider = "/resource_providers/:uuid"

const reads: ReadonlyArray<Operation<Services>> = [
  get("/", null, { isForAll: true, handle: () => Effect.succeed({ modifiedAt: null, body: versionDocument }) }),
  get("/resource_providers", "resource_providers:list", { query: providersQuery, handle: listProviders }),
  get(provider, "resource_providers:show", { handle: showProvider }),
  get(`${provider}/inventories`, "resource_providers:inventories:list", { handle: listInventories }),
  get(`${provider}/inventories/:resource`, "resource_providers:inventories:show", { handle: showInventory }),
  get(`${provider}/usages`, "resource_providers:usages", { handle: listUsages }),
  get(`${provider}/allocations`, "resource_providers:allocations:list", { handle: listProviderAllocations }),
  get(`${provider}/aggregates`, "resource_providers:aggregates:list", { since: 1, handle: listAggregates }),
  get(`${provider}/traits`, "resource_providers:traits:list", { since: 6, handle: listProviderTraits }),
  get("/allocations/:consumer", "allocations:list", { handle: showAllocations }),
  get("/usages", "usages", {
    since: 9,
    query: usagesQuery,
    target: ({ query }) => ({ projectId: lastOf(query, "project_id") }),
    handle: showUsages
  }),
  get("/resource_classes", "resource_classes:list", { since: 2, handle: listResourceClasses }),
  get("/resource_classes/:name", "resource_classes:show", { since: 2, handle: showResourceClass }),
  get("/traits", "traits:list", { since: 6, query: traitsQuery, handle: listTraits }),
  get("/traits/:name", "traits:show", { since: 6, isForAll: true, handle: showTrait }),
  get("/allocation_candidates", "allocation_candidates:list", { since: 10, query: candidatesQuery, handle: listCandidates })
]

const writes: ReadonlyArray<Operation<Services>> = [
  post("/resource_providers", "resource_providers:create", json(createProvider)),
  put(provider, "resource_providers:update", json(updateProvider)),
  remove(provider, "resource_providers:delete", { handle: deleteProvider }),
  post(`${provider}/inventories`, "resource_providers:inventories:create", json(createInventory)),
  put(`${provider}/inventories`, "resource_providers:inventories:update", json(setInventories)),
  remove(`${provider}/inventories`, "resource_providers:inventories:delete", { since: 5, isMethodNew: true, handle: deleteInventories }),
  put(`${provider}/inventories/:resource`, "resource_providers:inventories:update", json(updateInventory)),
  remove(`${provider}/inventories/:resource`, "resource_providers:inventories:delete", { handle: deleteInventory }),
  put(`${provider}/aggregates`, "resource_providers:aggregates:update", json(setAggregates, { since: 1 })),
  put(`${provider}/traits`, "resource_providers:traits:update", json(setTraits, { since: 6 })),
  remove(`${provider}/traits`, "resource_providers:traits:delete", { since: 6, handle: deleteTraits }),
  post("/allocations", "allocations:manage", json(setManyAllocations, { since: 13 })),
  put("/allocations/:consumer", "allocations:update", json(setAllocations)),
  remove("/allocations/:consumer", "allocations:delete", { handle: deleteAllocations }),
  post("/resource_classes", "resource_classes:create", json(createClass, { since: 2 })),
  put("/resource_classes/:name", "resource_classes:update", json(renameClass, { since: 2, until: 6 })),
  put("/resource_classes/:name", "resource_classes:update", { since: 7, handle: putClass }),
  remove("/resource_classes/:name", "resource_classes:delete", { since: 2, handle: deleteClass }),
  put("/traits/:name", "traits:update", { since: 6, handle: putTrait }),
  remove("/traits/:name", "traits:delete", { since: 6, handle: deleteTrait }),
  post("/reshaper", "reshaper:reshape", json(reshape, { since: 30 }))
]

/** Every operation that Placement has, one row for each window of versions. */
export const operations: ReadonlyArray<Operation<Services>> = [...reads, ...writes]

/** No row has this path, or none has this method on it. */
const unknownOf = (incoming: Incoming, allowed: ReadonlyArray<string>): Answer => {
  const refusal = unspeakable(incoming.headers)
  if (refusal !== null) return manners.faultOf(refusal, incoming)
  if (allowed.length === 0) return errorOf(404, unknownPath.message, incoming)
  const answer = errorOf(405, "The method specified is not allowed for this resource.", incoming)
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(", ") } }
}

export const make = Face.make({
  ...manners, rows: rowsOf(operations), bodyBytesMax: Limits.placementBodyBytesMax, guardsUnknown: true, isHeadApart: true, unknownOf
})
