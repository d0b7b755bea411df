/** Who holds which roles where. */
import { type Actor, type Directory, grantKey, type Role, type Scope, type User } from "./Directory.ts"

/** The roles and all they imply, each once, the given ones first. */
export const withImplied = (directory: Directory, roleIds: Iterable<string>): ReadonlyArray<Role> => {
  const found = new Map<string, Role>()
  const open = [...roleIds]
  for (let index = 0; index < open.length; index++) {
    const id = open[index]!
    const role = found.has(id) ? undefined : directory.get("role", id)
    if (role === undefined) continue
    found.set(id, role)
    open.push(...role.implies)
  }
  return [...found.values()]
}

/** The user, and the groups the user is in. */
const actorsOf = (user: User): ReadonlyArray<Actor> => [
  { kind: "user", id: user.id },
  ...user.groupIds.map((id): Actor => ({ kind: "group", id }))
]

const grantedRoleIds = (directory: Directory, user: User, scope: Scope): ReadonlyArray<string> =>
  actorsOf(user).flatMap((actor) => directory.get("grant", grantKey(actor, scope))?.roleIds ?? [])

/** Everything the user may do on the scope, through groups and implied roles too. */
export const rolesOn = (directory: Directory, user: User, scope: Scope): ReadonlyArray<Role> =>
  withImplied(directory, grantedRoleIds(directory, user, scope))

/** Scopes of one kind on which the user holds any role. */
export const scopesOf = (directory: Directory, user: User, kind: Scope["kind"]): ReadonlyArray<string> => {
  const mine = new Set(actorsOf(user).map((actor) => `${actor.kind}:${actor.id}`))
  const ids = new Set<string>()
  for (const grant of directory.all("grant")) {
    if (grant.scope.kind === kind && mine.has(`${grant.actor.kind}:${grant.actor.id}`)) ids.add(grant.scope.id)
  }
  return [...ids]
}
