/** Role assignments: which actor holds which roles on which scope. */
import { isRefusal, type Refusal, refuse } from "../shared/Refusal.ts"
import { type Actor, type Decided, type Directory, type Edit, type Grant, grantKey, type Scope } from "./Directory.ts"
import { absent, forbidden, invalid } from "./refusals.ts"

const sameScope = (a: Scope, b: Scope) => a.kind === b.kind && a.id === b.id
const sameActor = (a: Actor, b: Actor) => a.kind === b.kind && a.id === b.id
const removal = (grant: Grant): Edit => ({ kind: "grant", remove: grantKey(grant.actor, grant.scope) })

/** An actor goes: its grants and application credentials go with it. */
export const dropActor = (directory: Directory, actor: Actor): ReadonlyArray<Edit> => [
  ...[...directory.all("grant")].filter((grant) => sameActor(grant.actor, actor)).map(removal),
  ...[...directory.all("applicationCredential")]
    .filter((credential) => actor.kind === "user" && credential.userId === actor.id)
    .map((credential): Edit => ({ kind: "applicationCredential", remove: credential.id }))
]

/** A scope goes: the grants on it and the application credentials for it go with it. */
export const dropScope = (directory: Directory, scope: Scope): ReadonlyArray<Edit> => [
  ...[...directory.all("grant")].filter((grant) => sameScope(grant.scope, scope)).map(removal),
  ...[...directory.all("applicationCredential")]
    .filter((credential) => scope.kind === "project" && credential.projectId === scope.id)
    .map((credential): Edit => ({ kind: "applicationCredential", remove: credential.id }))
]

const exists = (directory: Directory, thing: Actor | Scope): Refusal | undefined =>
  thing.kind === "system" || directory.get(thing.kind, thing.id) !== undefined ? undefined : absent(thing.kind, thing.id)

const notAssigned = (actor: Actor, scope: Scope, roleId: string): Refusal =>
  refuse(
    "notFound",
    `Could not find role assignment with role: ${roleId}, user or group: ${actor.id}, project, domain, or system: ${
      scope.kind === "system" ? "system" : scope.id
    }.`
  )

const parts = (directory: Directory, actor: Actor, scope: Scope, roleId: string): Refusal | undefined =>
  directory.get("role", roleId) === undefined
    ? absent("role", roleId)
    : exists(directory, actor) ?? exists(directory, scope)

/** A role of one domain is good in that domain only. */
const misplaced = (directory: Directory, scope: Scope, roleId: string): Refusal | undefined => {
  const domainId = directory.get("role", roleId)?.domainId ?? null
  if (domainId === null) return undefined
  if (scope.kind === "system") {
    return invalid(
      `Role ${roleId} is a domain-specific role. Unable to use a domain-specific role in a system assignment.`
    )
  }
  const place = scope.kind === "domain" ? scope.id : directory.get("project", scope.id)?.domainId
  return place === domainId
    ? undefined
    : forbidden(`Project ${scope.id} must be in the same domain as the role ${roleId} being assigned.`)
}

export const assign = (directory: Directory, actor: Actor, scope: Scope, roleId: string): Decided<null> | Refusal => {
  const refusal = parts(directory, actor, scope, roleId) ?? misplaced(directory, scope, roleId)
  if (isRefusal(refusal)) return refusal
  const held = directory.get("grant", grantKey(actor, scope))?.roleIds ?? []
  return held.includes(roleId)
    ? { edits: [], result: null }
    : { edits: [{ kind: "grant", put: { actor, scope, roleIds: [...held, roleId] } }], result: null }
}

/** `undefined` when the actor holds the role there itself (implied roles do not count). */
export const checkAssigned = (directory: Directory, actor: Actor, scope: Scope, roleId: string): Refusal | undefined =>
  parts(directory, actor, scope, roleId) ??
    (directory.get("grant", grantKey(actor, scope))?.roleIds.includes(roleId) === true
      ? undefined
      : notAssigned(actor, scope, roleId))

/** Application credentials of the user for the project end too: they may rest on the lost role. */
export const unassign = (directory: Directory, actor: Actor, scope: Scope, roleId: string): Decided<null> | Refusal => {
  const grant = directory.get("grant", grantKey(actor, scope))
  if (grant === undefined || !grant.roleIds.includes(roleId)) return notAssigned(actor, scope, roleId)
  const roleIds = grant.roleIds.filter((id) => id !== roleId)
  const credentials = actor.kind === "user" && scope.kind === "project"
    ? [...directory.all("applicationCredential")]
      .filter((credential) => credential.userId === actor.id && credential.projectId === scope.id)
    : []
  return {
    edits: [
      roleIds.length === 0 ? removal(grant) : { kind: "grant", put: { ...grant, roleIds } },
      ...credentials.map((credential): Edit => ({ kind: "applicationCredential", remove: credential.id }))
    ],
    result: null
  }
}
