import { Effect } from "effect"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import type { Patch } from "../../../../actors/instance/InstanceCommand.ts"
import { changes } from "../../../../actors/instance/lifecycle.ts"
import { Servers } from "../../../../actors/instance/ServersProtocol.ts"
import type { VmState } from "../../../../actors/instance/states.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { Limits } from "../../../../runtime/Limits.ts"
import type { Call } from "../Call.ts"
import { type Operation, operation } from "../Operations.ts"
import { asked, findServer, type Handling, type Needs } from "./asking.ts"
import { ignored } from "./queries.ts"
import { noBody, tagList } from "./requests.ts"

const tagOf = (call: Call) => call.params["tag"]!
const tagCharsMax = 60

/** Nova's words for the domain's one kind of change: they name what was tried. */
const checkState = (server: Instance, verb: string): Effect.Effect<void, Refusal> => {
  const states: ReadonlyArray<VmState> = changes.tags.from
  return states.includes(server.vmState) ? Effect.void : Effect.fail(
    refuse("conflict", `Cannot '${verb}' instance ${server.id} while it is in vm_state ${server.vmState}`, "InstanceInvalidState")
  )
}
const change = (call: Call, server: Instance, verb: string, patch: Patch) =>
  Effect.andThen(checkState(server, verb), Effect.flatMap(Servers, (servers) => servers.change(asked(call), server.id, "tags", patch)))

/** Why a tag in a path is none: the same rule as in bodies. */
const invalid = (tag: string): string | null =>
  tag.length > tagCharsMax ? "is too long" : tag === "" ? "is too short" : /[,/]/.test(tag) ? "does not match '^[^,/]*$'" : null

const index = (_: Call, server: Instance): Handling => Effect.succeed({ body: { tags: server.tags } })

const show = (call: Call, server: Instance): Handling =>
  server.tags.includes(tagOf(call))
    ? Effect.succeed({})
    : Effect.fail(refuse("notFound", `Server ${server.id} has no tag '${tagOf(call)}'`))

const put = Effect.fnUntraced(function*(call: Call, server: Instance) {
  const tag = tagOf(call)
  yield* checkState(server, "update tag")
  const why = invalid(tag)
  if (why !== null) {
    return yield* refuse(
      "badRequest",
      `Tag '${tag}' is invalid. It must be a non empty string without characters '/' and ','. ` +
        `Validation error message: '${tag}' ${why}`
    )
  }
  if (server.tags.length >= Limits.serverTagsMax) {
    return yield* refuse("badRequest", `The number of tags exceeded the per-server limit ${Limits.serverTagsMax}`)
  }
  if (server.tags.includes(tag)) return { status: 204 }
  yield* change(call, server, "update tag", { tagsAdd: [tag] })
  return { headers: { location: `${call.self}/servers/${server.id}/tags/${encodeURIComponent(tag)}` } }
})

const replace = (call: Call, server: Instance): Handling => {
  const { tags } = call.body as { readonly tags: ReadonlyArray<string> }
  return Effect.map(
    change(call, server, "update tags", { tagsReplace: tags }),
    (changed) => ({ body: { tags: changed.tags } })
  )
}
const remove = (call: Call, server: Instance): Handling =>
  Effect.andThen(
    checkState(server, "delete tag"),
    server.tags.includes(tagOf(call))
      ? Effect.as(change(call, server, "delete tag", { tagsRemove: [tagOf(call)] }), {})
      : Effect.fail(refuse("notFound", `Instance ${server.id} has no tag '${tagOf(call)}'`))
  )
const clear = (call: Call, server: Instance): Handling => Effect.as(change(call, server, "delete tags", { tagsReplace: [] }), {})

const row = operation<Needs, Instance>
const all = { path: "/servers/:id/tags", since: 26, find: findServer } as const
const one = { path: "/servers/:id/tags/:tag", since: 26, find: findServer } as const
const policy = (name: string) => `os_compute_api:os-server-tags:${name}`

export const tagRoutes: ReadonlyArray<Operation<Needs>> = [
  row({ ...all, method: "GET", status: 200, query: ignored, policy: policy("index"), handle: index }),
  row({ ...all, method: "PUT", status: 200, body: tagList, policy: policy("update_all"), handle: replace }),
  row({ ...all, method: "DELETE", status: 204, policy: policy("delete_all"), handle: clear }),
  row({ ...one, method: "GET", status: 204, query: ignored, policy: policy("show"), handle: show }),
  row({ ...one, method: "PUT", status: 201, body: noBody, policy: policy("update"), handle: put }),
  row({ ...one, method: "DELETE", status: 204, policy: policy("delete"), handle: remove })
]
