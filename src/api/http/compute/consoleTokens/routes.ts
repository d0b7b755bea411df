/** What a console proxy asks of a token it was shown. No console has been given out yet, so every token is unknown. */
import { Effect } from "effect"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import { operation } from "../Operations.ts"
import { query } from "../Requests.ts"

export const routes = [
  operation({
    method: "GET", path: "/os-console-auth-tokens/:id", status: 200, query: query([], { strictSince: 99 }),
    policy: "os_compute_api:os-console-auth-tokens", handle: () => Effect.fail(refuse("notFound", "Token not found"))
  })
]
