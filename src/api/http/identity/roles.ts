/** `/v3/roles`, and which role implies which. */
import { Effect } from "effect"
import type { Directory, Role } from "../../../actors/identity/Directory.ts"
import { checkImplied, createRole, imply, removeRole, unimply, updateRole } from "../../../actors/identity/roleRules.ts"
import type { Action } from "../../../actors/identity/policies.ts"
import { allow, type Asking, created, type IdentityRow, noContent, ok, orRefuse, param, row } from "./asking.ts"
import { type Resource, permitted, resourceRows } from "./resource.ts"
import { roleView } from "./views.ts"

const roles: Resource<"role"> = {
  kind: "role",
  plural: "roles",
  filters: ["name", "domain_id"],
  view: roleView,
  actions: { list: "list_roles", get: "get_role", create: "create_role", update: "update_role", delete: "delete_role" },
  targetOf: () => ({}),
  // Roles of a domain show up only where that domain is asked for.
  isListed: (role, { exchange }) => role.domainId === null || exchange.query.has("domain_id"),
  create: (now, fresh, draft) => createRole(now, fresh.id, draft),
  update: updateRole,
  remove: removeRole
}

const named = (role: Role, base: string) => ({
  id: role.id, name: role.name, description: role.description, links: { self: `${base}/v3/roles/${role.id}` }
})
const impliedBy = (directory: Directory, role: Role, base: string) =>
  role.implies.flatMap((id) => {
    const implied = directory.get("role", id)
    return implied === undefined ? [] : [named(implied, base)]
  })

const impliesPath = "/v3/roles/:role_id/implies"
const onePath = `${impliesPath}/:implied_id`
const ids = (asking: Asking) => [param(asking, "role_id"), param(asking, "implied_id")] as const

const inference = (asking: Asking) => {
  const [priorId, impliedId] = ids(asking)
  const { base } = asking.exchange
  return {
    role_inference: {
      prior_role: named(asking.directory.get("role", priorId)!, base),
      implies: named(asking.directory.get("role", impliedId)!, base)
    },
    links: { self: `${base}${asking.exchange.path}` }
  }
}
const checked = (asking: Asking, action: Action) =>
  Effect.andThen(allow(asking, action), orRefuse(checkImplied(asking.directory, ...ids(asking))))

const impliedRows: ReadonlyArray<IdentityRow> = [
  row("GET", impliesPath, (asking) =>
    Effect.map(permitted(roles, asking, "list_implied_roles", param(asking, "role_id")), (role) => {
      const { base, path } = asking.exchange
      const implies = impliedBy(asking.directory, role, base)
      return ok({ role_inference: { prior_role: named(role, base), implies }, links: { self: base + path } })
    })),
  row("GET", onePath, (asking) => Effect.map(checked(asking, "get_implied_role"), () => ok(inference(asking)))),
  row("HEAD", onePath, (asking) => Effect.as(checked(asking, "get_implied_role"), noContent)),
  row("PUT", onePath, (asking) =>
    Effect.gen(function*() {
      yield* allow(asking, "create_implied_role")
      yield* asking.accounts.change((now) => imply(now, ...ids(asking)))
      return created(inference(asking))
    })),
  row("DELETE", onePath, (asking) =>
    Effect.gen(function*() {
      yield* allow(asking, "delete_implied_role")
      yield* asking.accounts.change((now) => unimply(now, ...ids(asking)))
      return noContent
    })),
  row("GET", "/v3/role_inferences", (asking) =>
    Effect.map(allow(asking, "list_role_inference_rules"), () => {
      const { base } = asking.exchange
      const rules = [...asking.directory.all("role")].filter((role) => role.implies.length > 0)
        .map((role) => ({ prior_role: named(role, base), implies: impliedBy(asking.directory, role, base) }))
      return ok({ role_inferences: rules, links: { self: `${base}/v3/role_inferences` } })
    }))
]

export const roleRows: ReadonlyArray<IdentityRow> = [...resourceRows(roles), ...impliedRows]
