/** Which versions there are: the first thing a client asks. */
import { Effect } from "effect"
import type { IdentityRow } from "./asking.ts"

const version = (base: string) => ({
  id: "v3.14",
  status: "stable",
  updated: "2020-04-07T00:00:00Z",
  links: [{ rel: "self", href: `${base}/v3/` }],
  "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }]
})

const current = (path: string): IdentityRow => ({
  method: "GET",
  path,
  open: true,
  handle: ({ base }) => Effect.succeed({ status: 200, body: { version: version(base) } })
})

export const versionRows: ReadonlyArray<IdentityRow> = [
  {
    method: "GET",
    path: "/",
    open: true,
    handle: ({ base }) =>
      Effect.succeed({
        status: 300,
        headers: { location: `${base}/v3/` },
        body: { versions: { values: [version(base)] } }
      })
  },
  current("/v3"),
  current("/v3/")
]
