/** `/v3/users` and `/v3/groups`. */
import { Effect } from "effect"
import { Accounts } from "../../../actors/identity/AccountsProtocol.ts"
import { invalid, missing, absent } from "../../../actors/identity/refusals.ts"
import {
  checkMember, createGroup, createUser, membersOf, removeGroup, removeUser, setMember, updateGroup, updateUser
} from "../../../actors/identity/users.ts"
import type { Exchange } from "../Exchange.ts"
import { allow, type Asking, type IdentityRow, noContent, orRefuse, param, row } from "./asking.ts"
import { collection } from "./collection.ts"
import { permitted, type Resource, resourceRows } from "./resource.ts"
import { projectsOf } from "./tokens.ts"
import { groupView, projectView, userView } from "./views.ts"
import { isObject } from "../../../actors/shared/json.ts"

const users: Resource<"user"> = {
  kind: "user",
  plural: "users",
  filters: ["name", "domain_id", "enabled"],
  view: userView,
  actions: { list: "list_users", get: "get_user", create: "create_user", update: "update_user", delete: "delete_user" },
  targetOf: (user) => ({ userId: user.id, domainId: user.domainId }),
  create: (now, fresh, draft, domainId, hash) => createUser(now, fresh.id, draft, domainId, hash ?? null),
  update: updateUser,
  remove: removeUser
}

const groups: Resource<"group"> = {
  kind: "group",
  plural: "groups",
  filters: ["name", "domain_id"],
  view: groupView,
  actions: {
    list: "list_groups", get: "get_group", create: "create_group", update: "update_group", delete: "delete_group"
  },
  targetOf: (group) => ({ domainId: group.domainId }),
  create: (now, fresh, draft, domainId) => createGroup(now, fresh.id, draft, domainId),
  update: updateGroup,
  remove: removeGroup
}

const stringIn = (value: unknown, name: string): string | undefined => {
  const field = isObject(value) ? value[name] : undefined
  return typeof field === "string" ? field : undefined
}

/** Needs no token: the old password is the proof, and may be the only thing its user has left. */
const changePassword = (exchange: Exchange) =>
  Effect.gen(function*() {
    const accounts = yield* Accounts
    const user: unknown = typeof exchange.body === "object" && exchange.body !== null && "user" in exchange.body
      ? exchange.body.user
      : undefined
    const original = stringIn(user, "original_password")
    const password = stringIn(user, "password")
    if (original === undefined) return yield* missing("original_password", "user")
    if (password === undefined) return yield* missing("password", "user")
    if (password === "") return yield* invalid("Invalid input for field 'password': it is too short.")
    yield* accounts.changePassword(exchange.params["user_id"] ?? "", original, password)
    return noContent
  })

const ownTarget = (asking: Asking) => {
  const user = asking.directory.get("user", param(asking, "user_id"))
  return { userId: param(asking, "user_id"), domainId: user?.domainId }
}
const theUser = (asking: Asking) => {
  const id = param(asking, "user_id")
  return orRefuse(asking.directory.get("user", id) ?? absent("user", id))
}

const memberPath = "/v3/groups/:group_id/users/:user_id"
const setMembership = (isMember: boolean) => (asking: Asking) =>
  Effect.gen(function*() {
    const id = param(asking, "group_id")
    yield* permitted(groups, asking, isMember ? "add_user_to_group" : "remove_user_from_group", id)
    yield* asking.accounts.change((now) => setMember(now, id, param(asking, "user_id"), isMember))
    return noContent
  })

export const userRows: ReadonlyArray<IdentityRow> = [
  ...resourceRows(users),
  { method: "POST", path: "/v3/users/:user_id/password", open: true, handle: changePassword },
  row("GET", "/v3/users/:user_id/projects", (asking) =>
    Effect.gen(function*() {
      yield* allow(asking, "list_user_projects", ownTarget(asking))
      const projects = projectsOf(asking.directory, yield* theUser(asking))
      const views = projects.map((project) => projectView(project, asking.exchange.base))
      return yield* collection(asking.exchange, "projects", views, ["name", "domain_id", "enabled"])
    })),
  row("GET", "/v3/users/:user_id/groups", (asking) =>
    Effect.gen(function*() {
      yield* allow(asking, "list_groups_for_user", ownTarget(asking))
      const { groupIds } = yield* theUser(asking)
      const views = groupIds.flatMap((id) => {
        const group = asking.directory.get("group", id)
        return group === undefined ? [] : [groupView(group, asking.exchange.base)]
      })
      return yield* collection(asking.exchange, "groups", views, ["name"])
    })),
  ...resourceRows(groups),
  row("GET", "/v3/groups/:group_id/users", (asking) =>
    Effect.gen(function*() {
      const group = yield* permitted(groups, asking, "list_users_in_group", param(asking, "group_id"))
      const views = membersOf(asking.directory, group.id).map((user) => userView(user, asking.exchange.base))
      return yield* collection(asking.exchange, "users", views, users.filters)
    })),
  row("GET", memberPath, (asking) =>
    Effect.gen(function*() {
      const group = yield* permitted(groups, asking, "check_user_in_group", param(asking, "group_id"))
      yield* orRefuse(checkMember(asking.directory, group.id, param(asking, "user_id")))
      return noContent
    })),
  row("PUT", memberPath, setMembership(true)),
  row("DELETE", memberPath, setMembership(false))
]
