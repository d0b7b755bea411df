import { Effect } from "effect"
import type { ServerGroup } from "../../../../actors/catalog/ServerGroup.ts"
import { ServerGroups } from "../../../../actors/catalog/ServerGroupsProtocol.ts"
import { InstanceIndex } from "../../../../runtime/kernel/InstanceIndex.ts"
import type { Call } from "../Call.ts"
import { limitOf } from "../paging.ts"
import { notAllowed } from "../Policy.ts"
import { render } from "./fields.ts"

const shown = (call: Call, group: ServerGroup) =>
  Effect.map(InstanceIndex, (index) =>
    render(call, "show", { group, members: [...index.inGroup(group.id)].map((server) => server.id) }))

export const find = (call: Call) => Effect.flatMap(ServerGroups, (groups) => groups.get(call.caller, call.params["id"]!))

const everybody = "os_compute_api:os-server-groups:index:all_projects"

export const index = Effect.fnUntraced(function*(call: Call) {
  const wantsAll = call.query.has("all_projects")
  if (wantsAll && !call.allows(everybody)) return yield* notAllowed(everybody)
  const groups = (yield* ServerGroups).list(wantsAll ? null : call.caller.projectId)
  const offset = Number(call.query.get("offset") ?? 0)
  const page = groups.slice(offset, offset + limitOf(call))
  return { body: { server_groups: yield* Effect.forEach(page, (group) => shown(call, group)) } }
})

export const show = (call: Call, group: ServerGroup) => Effect.map(shown(call, group), (server_group) => ({ body: { server_group } }))

interface CreateBody {
  readonly name: string
  readonly policies?: readonly [ServerGroup["policy"]]
  readonly policy?: ServerGroup["policy"]
  readonly rules?: { readonly max_server_per_host?: number }
}

export const create = Effect.fnUntraced(function*(call: Call) {
  const asked = (call.body as { readonly server_group: CreateBody }).server_group
  const group = yield* (yield* ServerGroups).create(call.caller, {
    name: asked.name,
    policy: asked.policy ?? asked.policies![0],
    maxServerPerHost: asked.rules?.max_server_per_host ?? null
  })
  return { body: { server_group: yield* shown(call, group) } }
})

export const remove = (call: Call, group: ServerGroup) =>
  Effect.flatMap(ServerGroups, (groups) => Effect.as(groups.remove(call.caller, group.id), {}))
