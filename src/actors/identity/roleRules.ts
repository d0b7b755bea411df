/** Roles and what they imply. */
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { type Draft, isImmutable, mergeOptions } from "./attributes.ts"
import { type Decided, type Directory, type Edit, grantKey, nameKey, type Role } from "./Directory.ts"
import { absent, duplicate, forbidden, immutable, invalid } from "./refusals.ts"
import { withImplied } from "./roles.ts"

const changed = (role: Role, { extra, fields }: Draft): Role => ({
  ...role,
  name: (fields["name"] ?? role.name) as string,
  description: (fields["description"] === undefined ? role.description : fields["description"]) as string | null,
  options: mergeOptions(role.options, fields["options"]),
  extra: { ...role.extra, ...extra }
})

const taken = (directory: Directory, role: Role): Refusal | undefined => {
  const holder = directory.named("role", nameKey(role.domainId, role.name))
  return holder === undefined || holder.id === role.id
    ? undefined
    : duplicate("role", `Duplicate entry found with name ${role.name}`)
}

export const createRole = (directory: Directory, id: string, draft: Draft): Decided<Role> | Refusal => {
  const domainId = (draft.fields["domain_id"] ?? null) as string | null
  if (domainId !== null && directory.get("domain", domainId) === undefined) return absent("domain", domainId)
  const role = changed({ id, domainId, name: "", description: null, options: {}, extra: {}, implies: [] }, draft)
  return taken(directory, role) ?? { edits: [{ kind: "role", put: role }], result: role }
}

export const updateRole = (directory: Directory, id: string, draft: Draft): Decided<Role> | Refusal => {
  const before = directory.get("role", id)
  if (before === undefined) return absent("role", id)
  if (draft.fields["domain_id"] !== undefined && draft.fields["domain_id"] !== before.domainId) {
    return invalid("Update of `domain_id` is not allowed.")
  }
  const role = changed(before, draft)
  if (isImmutable(before) && isImmutable(role)) return immutable("update", "role", id)
  return taken(directory, role) ?? { edits: [{ kind: "role", put: role }], result: role }
}

/** The role disappears from whoever had it, and from the roles that implied it. */
export const removeRole = (directory: Directory, id: string): Decided<null> | Refusal => {
  const role = directory.get("role", id)
  if (role === undefined) return absent("role", id)
  if (isImmutable(role)) return immutable("delete", "role", id)
  const without = (ids: ReadonlyArray<string>) => ids.filter((other) => other !== id)
  const grants = [...directory.all("grant")].filter((grant) => grant.roleIds.includes(id)).map((grant): Edit =>
    grant.roleIds.length === 1
      ? { kind: "grant", remove: grantKey(grant.actor, grant.scope) }
      : { kind: "grant", put: { ...grant, roleIds: without(grant.roleIds) } }
  )
  const priors = [...directory.all("role")].filter((prior) => prior.id !== id && prior.implies.includes(id))
    .map((prior): Edit => ({ kind: "role", put: { ...prior, implies: without(prior.implies) } }))
  return { edits: [...grants, ...priors, { kind: "role", remove: id }], result: null }
}

const pair = (directory: Directory, priorId: string, impliedId: string): { prior: Role; implied: Role } | Refusal => {
  const prior = directory.get("role", priorId)
  const implied = directory.get("role", impliedId)
  if (prior === undefined) return absent("role", priorId)
  return implied === undefined ? absent("role", impliedId) : { prior, implied }
}

export const checkImplied = (directory: Directory, priorId: string, impliedId: string): Refusal | undefined => {
  const roles = pair(directory, priorId, impliedId)
  if (!("prior" in roles)) return roles
  return roles.prior.implies.includes(impliedId)
    ? undefined
    : refuse("notFound", `${priorId} does not imply ${impliedId}.`)
}

export const imply = (directory: Directory, priorId: string, impliedId: string): Decided<null> | Refusal => {
  const roles = pair(directory, priorId, impliedId)
  if (!("prior" in roles)) return roles
  const { implied, prior } = roles
  if (implied.name === "admin") return forbidden(`${impliedId} cannot be an implied roles.`)
  if (prior.domainId === null && implied.domainId !== null) return forbidden("Global role cannot imply a domain-specific role")
  if (withImplied(directory, [impliedId]).some((role) => role.id === priorId)) {
    return forbidden(`${impliedId} implies ${priorId} already; roles cannot imply each other.`)
  }
  return prior.implies.includes(impliedId)
    ? { edits: [], result: null }
    : { edits: [{ kind: "role", put: { ...prior, implies: [...prior.implies, impliedId] } }], result: null }
}

export const unimply = (directory: Directory, priorId: string, impliedId: string): Decided<null> | Refusal => {
  const refusal = checkImplied(directory, priorId, impliedId)
  if (refusal !== undefined) return refusal
  const prior = directory.get("role", priorId)!
  const implies = prior.implies.filter((id) => id !== impliedId)
  return { edits: [{ kind: "role", put: { ...prior, implies } }], result: null }
}
