import { Effect } from "effect"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import type { Patch } from "../../../../actors/instance/InstanceCommand.ts"
import type { ChangeKind } from "../../../../actors/instance/lifecycle.ts"
import { Servers } from "../../../../actors/instance/ServersProtocol.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { type Operation, operation } from "../Operations.ts"
import { asked, findServer, type Handling, type Needs } from "./asking.ts"
import { none } from "./queries.ts"
import { metadataItem, metadataOf } from "./requests.ts"
import { checkMetadata } from "./writes.ts"

type Metadata = { readonly [key: string]: string }

const absent = refuse("notFound", "Metadata item was not found")
const keyOf = (call: Call) => call.params["key"]!
const itemOf = (server: Instance, key: string) => Object.hasOwn(server.metadata, key) ? server.metadata[key] : undefined

const change = (call: Call, server: Instance, kind: ChangeKind, patch: Patch) =>
  Effect.flatMap(Servers, (servers) => servers.change(asked(call), server.id, kind, patch))

const write = (call: Call, server: Instance, after: Metadata, patch: Patch) =>
  Effect.andThen(checkMetadata(call, Object.keys(after).length), change(call, server, "metadata", patch))

const index = (_: Call, server: Instance): Handling => Effect.succeed({ body: { metadata: server.metadata } })

const add = (call: Call, server: Instance): Handling => {
  const { metadata } = call.body as { readonly metadata: Metadata }
  return Effect.map(
    write(call, server, { ...server.metadata, ...metadata }, { metadataSet: metadata }),
    (changed) => ({ body: { metadata: changed.metadata } })
  )
}
const replace = (call: Call, server: Instance): Handling => {
  const { metadata } = call.body as { readonly metadata: Metadata }
  return Effect.map(
    write(call, server, metadata, { metadataReplace: metadata }),
    (changed) => ({ body: { metadata: changed.metadata } })
  )
}
const show = (call: Call, server: Instance): Handling => {
  const value = itemOf(server, keyOf(call))
  return value === undefined ? Effect.fail(absent) : Effect.succeed({ body: { meta: { [keyOf(call)]: value } } })
}
const put = (call: Call, server: Instance): Handling => {
  const { meta } = call.body as { readonly meta: Metadata }
  if (!Object.hasOwn(meta, keyOf(call))) return Effect.fail(refuse("badRequest", "Request body and URI mismatch"))
  return Effect.as(write(call, server, { ...server.metadata, ...meta }, { metadataSet: meta }), { body: { meta } })
}
const remove = (call: Call, server: Instance): Handling =>
  itemOf(server, keyOf(call)) === undefined
    ? Effect.fail(absent)
    : Effect.as(change(call, server, "metadataDelete", { metadataRemove: [keyOf(call)] }), {})

const row = operation<Needs, Instance>
const all = { path: "/servers/:id/metadata", status: 200, find: findServer } as const
const one = { path: "/servers/:id/metadata/:key", status: 200, find: findServer } as const
const policy = (name: string) => `os_compute_api:server-metadata:${name}`

export const metadataRoutes: ReadonlyArray<Operation<Needs>> = [
  row({ ...all, method: "GET", query: none, policy: policy("index"), handle: index }),
  row({ ...all, method: "POST", body: metadataOf, policy: policy("create"), handle: add }),
  row({ ...all, method: "PUT", body: metadataOf, policy: policy("update_all"), handle: replace }),
  row({ ...one, method: "GET", query: none, policy: policy("show"), handle: show }),
  row({ ...one, method: "PUT", body: metadataItem, policy: policy("update"), handle: put }),
  row({ ...one, method: "DELETE", status: 204, policy: policy("delete"), handle: remove })
]
