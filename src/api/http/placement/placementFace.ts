/** Placement 1.0–1.39 over the providers derived from hosts and servers, mounted at `/placement`. */
import { Effect } from "effect"
import type { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming } from "../Face.ts"
import * as Face from "../Face.ts"
import { listCandidates } from "./candidates.ts"
import { showAllocations, showUsages } from "./consumers.ts"
import { errorOf, manners } from "./fault.ts"
import { listResourceClasses, listTraits, showResourceClass, showTrait } from "./names.ts"
import { type Operation, rowsOf, unknownPath, unspeakable } from "./Operations.ts"
import {
  listAggregates, listInventories, listProviderAllocations, listProviders, listProviderTraits, listUsages, showInventory, showProvider
} from "./providers.ts"
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

type Get = Omit<Operation<Placement>, "method" | "path" | "policy">
const get = (path: string, policy: string | null, rest: Get): Operation<Placement> =>
  ({ method: "GET", path, policy: policy === null ? null : `placement:${policy}`, ...rest })

const provider = "/resource_providers/:uuid"

const operations: ReadonlyArray<Operation<Placement>> = [
  get("/", null, { handle: () => Effect.succeed({ modifiedAt: null, body: versionDocument }) }),
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
  get("/traits/:name", "traits:show", { since: 6, handle: showTrait }),
  get("/allocation_candidates", "allocation_candidates:list", { since: 10, query: candidatesQuery, handle: listCandidates })
]

/** No row has this path, or none has this method on it. */
const unknownOf = (incoming: Incoming, allowed: ReadonlyArray<string>): Answer => {
  const refusal = unspeakable(incoming.headers)
  if (refusal !== null) return manners.faultOf(refusal, incoming)
  if (allowed.length === 0) return errorOf(404, unknownPath.message, incoming)
  const answer = errorOf(405, "The method specified is not allowed for this resource.", incoming)
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(", ") } }
}

export const make = Face.make({ ...manners, rows: rowsOf(operations), guardsUnknown: true, unknownOf })
