/** What a token is worth now: its signature says who issued it, the directory says whether it still holds. */
import type { Caller } from "../shared/Caller.ts"
import { isoOf } from "../shared/time.ts"
import type { ApplicationCredential, Directory, Domain, Project, Role, User } from "./Directory.ts"
import { rolesOn, withImplied } from "./roles.ts"
import type { Claims } from "./token.ts"

/** A valid token with everything it stands for. */
export interface Standing {
  readonly claims: Claims
  readonly user: User
  readonly userDomain: Domain
  readonly project: Project | null
  /** The project's domain, or the domain the token is scoped to. */
  readonly scopeDomain: Domain | null
  readonly roles: ReadonlyArray<Role>
  readonly applicationCredential: ApplicationCredential | null
}

/** Roles of an application credential are those it was given and its user still has. */
const rolesOf = (directory: Directory, claims: Claims, user: User, credential: ApplicationCredential | null) => {
  if (claims.scope === null) return []
  const roles = rolesOn(directory, user, claims.scope)
  if (credential === null) return roles
  const given = new Set(withImplied(directory, credential.roleIds).map((role) => role.id))
  return roles.filter((role) => given.has(role.id))
}

/** `undefined` when the token no longer holds; the reason is nobody's business. */
export const standingOf = (directory: Directory, claims: Claims, now: number): Standing | undefined => {
  if (claims.expiresAt <= now) return undefined
  if (directory.get("revocation", claims.auditIds[0]!) !== undefined) return undefined
  const user = directory.get("user", claims.userId)
  if (user === undefined || !user.enabled || user.epoch !== claims.epoch) return undefined
  const userDomain = directory.get("domain", user.domainId)
  if (userDomain === undefined || !userDomain.enabled) return undefined

  const { scope } = claims
  const project = scope?.kind === "project" ? directory.get("project", scope.id) ?? null : null
  if (scope?.kind === "project" && (project === null || !project.enabled)) return undefined
  const domainId = scope?.kind === "domain" ? scope.id : project?.domainId
  const scopeDomain = domainId === undefined ? null : directory.get("domain", domainId) ?? null
  if (domainId !== undefined && (scopeDomain === null || !scopeDomain.enabled)) return undefined

  const credentialId = claims.applicationCredentialId
  const applicationCredential = credentialId === null
    ? null
    : directory.get("applicationCredential", credentialId) ?? null
  if (credentialId !== null && applicationCredential === null) return undefined
  const roles = rolesOf(directory, claims, user, applicationCredential)
  if (scope !== null && roles.length === 0) return undefined
  return { claims, user, userDomain, project, scopeDomain, roles, applicationCredential }
}

/** What other services see of it. */
export const callerOf = (standing: Standing): Caller => {
  const roles = standing.roles.map((role) => role.name)
  return {
    userId: standing.user.id,
    userName: standing.user.name,
    domainId: standing.user.domainId,
    projectId: standing.project?.id ?? null,
    projectName: standing.project?.name ?? null,
    roles,
    isAdmin: roles.includes("admin"),
    systemScope: standing.claims.scope?.kind === "system",
    expiresAt: isoOf(standing.claims.expiresAt)
  }
}
