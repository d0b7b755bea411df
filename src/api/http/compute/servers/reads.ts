import { Effect } from "effect"
import { hosts } from "../../../../actors/host/Host.ts"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import { page } from "../../../../actors/instance/query.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import { InstanceIndex } from "../../../../runtime/kernel/InstanceIndex.ts"
import { Records } from "../../../../runtime/kernel/Records.ts"
import type { Call } from "../Call.ts"
import { nextLinks } from "../paging.ts"
import { accepted, type Handling, permit } from "./asking.ts"
import { readInTime } from "./deadline.ts"
import { encoder } from "./encode.ts"
import type { View } from "./fields.ts"
import { readListing } from "./listing.ts"

/** One server as this request shows it: `{"server": …}`. */
export const serverText = (call: Call, view: View, server: Instance): Effect.Effect<string, never, Records> =>
  Effect.map(Records, (records) => `{"server":${encoder(call, view, (hostname) => records.get(hosts, hostname))(server)}}`)

export const show = (call: Call, server: Instance): Handling =>
  Effect.map(serverText(call, "show", server), (text) => ({ text }))

export const list = (view: "index" | "detail") =>
  Effect.fnUntraced(function*(call: Call) {
    const listing = yield* accepted(readListing(call))
    yield* permit(call, `os_compute_api:servers:${view}:get_all_tenants`, listing.isOfAllProjects)
    const index = yield* InstanceIndex
    const records = yield* Records
    const { query } = listing
    const found = listing.isEmpty
      ? []
      : yield* accepted(readInTime(query.filters, () => page(index.ofProject(listing.projectId), query)))
    if (found === null) return yield* refuse("badRequest", `marker [${query.marker}] not found`, "MarkerNotFound")
    const encode = encoder(call, view, (hostname) => records.get(hosts, hostname))
    const last = found.length === query.limit ? found.at(-1) : undefined
    const links = JSON.stringify(nextLinks(call, "servers_links", last === undefined ? null : last.id))
    return { text: `{"servers":[${found.map(encode).join(",")}]${links === "{}" ? "}" : `,${links.slice(1)}`}` }
  })
