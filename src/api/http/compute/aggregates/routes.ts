import { Effect } from "effect"
import { operation } from "../Operations.ts"
import { query } from "../Requests.ts"

/** No host is in an aggregate yet: clients that ask which ones a host is in get that answer. */
export const routes = [
  operation({
    method: "GET",
    path: "/os-aggregates",
    status: 200,
    query: query([], { strictSince: 102 }),
    policy: "os_compute_api:os-aggregates:index",
    handle: () => Effect.succeed({ body: { aggregates: [] } })
  })
]
