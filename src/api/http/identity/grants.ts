/** Roles of users and groups on projects, domains and the system: one set of rows for each of the six pairs. */
import { Effect } from "effect"
import type { Actor, Scope } from "../../../actors/identity/Directory.ts"
import { grantKey } from "../../../actors/identity/Directory.ts"
import { assign, checkAssigned, unassign } from "../../../actors/identity/grants.ts"
import type { Action, Target } from "../../../actors/identity/policies.ts"
import { absent } from "../../../actors/identity/refusals.ts"
import { allow, type Asking, type IdentityRow, noContent, orRefuse, param, row } from "./asking.ts"
import { collection } from "./collection.ts"
import { roleView } from "./views.ts"

const scopes: ReadonlyArray<readonly [kind: Scope["kind"], path: string]> = [
  ["project", "/v3/projects/:scope_id"],
  ["domain", "/v3/domains/:scope_id"],
  ["system", "/v3/system"]
]
const actors: ReadonlyArray<readonly [kind: Actor["kind"], path: string]> = [
  ["user", "/users/:actor_id"],
  ["group", "/groups/:actor_id"]
]
type Verb = "list" | "check" | "create" | "revoke"

const actionOf = (verb: Verb, scope: Scope): Action => {
  const onSystem = { list: "list", check: "list", create: "create", revoke: "revoke" } as const
  if (scope.kind !== "system") return verb === "list" ? "list_grants" : `${verb}_grant`
  return verb === "create" || verb === "revoke"
    ? `${onSystem[verb]}_system_grant_for_user`
    : "list_system_grants_for_user"
}

const targetOf = ({ directory }: Asking, actor: Actor, scope: Scope, roleId: string): Target => ({
  domainIds: [
    directory.get(actor.kind, actor.id)?.domainId,
    scope.kind === "project" ? directory.get("project", scope.id)?.domainId : scope.id
  ],
  roleName: directory.get("role", roleId)?.name
})

const exists = ({ directory }: Asking, thing: Actor | Scope) =>
  orRefuse(
    thing.kind === "system" || directory.get(thing.kind, thing.id) !== undefined ? undefined : absent(thing.kind, thing.id)
  )

const rowsFor = (actorKind: Actor["kind"], scopeKind: Scope["kind"], path: string): ReadonlyArray<IdentityRow> => {
  const parts = (asking: Asking) => ({
    actor: { kind: actorKind, id: param(asking, "actor_id") } satisfies Actor,
    scope: { kind: scopeKind, id: scopeKind === "system" ? "all" : param(asking, "scope_id") } satisfies Scope,
    roleId: param(asking, "role_id")
  })
  const begin = (asking: Asking, verb: Verb) => {
    const { actor, roleId, scope } = parts(asking)
    const action = actionOf(verb, scope)
    return Effect.as(allow(asking, action, targetOf(asking, actor, scope, roleId)), { actor, roleId, scope })
  }
  return [
    row("GET", path, (asking) =>
      Effect.gen(function*() {
        const { actor, scope } = yield* begin(asking, "list")
        yield* exists(asking, actor)
        yield* exists(asking, scope)
        const held = asking.directory.get("grant", grantKey(actor, scope))?.roleIds ?? []
        const views = held.flatMap((id) => {
          const role = asking.directory.get("role", id)
          return role === undefined ? [] : [roleView(role, asking.exchange.base)]
        })
        return yield* collection(asking.exchange, "roles", views)
      })),
    // Answers HEAD too.
    row("GET", `${path}/:role_id`, (asking) =>
      Effect.gen(function*() {
        const { actor, roleId, scope } = yield* begin(asking, "check")
        yield* orRefuse(checkAssigned(asking.directory, actor, scope, roleId))
        return noContent
      })),
    row("PUT", `${path}/:role_id`, (asking) =>
      Effect.gen(function*() {
        const { actor, roleId, scope } = yield* begin(asking, "create")
        yield* asking.accounts.change((now) => assign(now, actor, scope, roleId))
        return noContent
      })),
    row("DELETE", `${path}/:role_id`, (asking) =>
      Effect.gen(function*() {
        const { actor, roleId, scope } = yield* begin(asking, "revoke")
        yield* asking.accounts.change((now) => unassign(now, actor, scope, roleId))
        return noContent
      }))
  ]
}

export const grantRows: ReadonlyArray<IdentityRow> = scopes.flatMap(([scopeKind, scopePath]) =>
  actors.flatMap(([actorKind, actorPath]) => rowsFor(actorKind, scopeKind, `${scopePath}${actorPath}/roles`))
)
