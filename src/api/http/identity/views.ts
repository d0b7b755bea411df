/** Records as the wire shows them. */
import type {
  ApplicationCredential, Directory, Domain, Group, Project, Role, User
} from "../../../actors/identity/Directory.ts"
import { isoMicros, isoOf } from "../../../actors/shared/time.ts"
import type { View } from "./collection.ts"

const linked = (base: string, plural: string, id: string) => ({ links: { self: `${base}/v3/${plural}/${id}` } })

const timeOf = (millis: number): string => isoMicros(isoOf(millis))
/** Tokens write their times with a zone. */
export const zonedTimeOf = (millis: number): string => `${timeOf(millis)}Z`

export const domainView = (domain: Domain, base: string): View => ({
  ...domain.extra,
  id: domain.id,
  name: domain.name,
  description: domain.description,
  enabled: domain.enabled,
  tags: domain.tags,
  options: domain.options,
  ...linked(base, "domains", domain.id)
})

export const projectView = (project: Project, base: string): View => ({
  ...project.extra,
  id: project.id,
  name: project.name,
  domain_id: project.domainId,
  description: project.description,
  enabled: project.enabled,
  parent_id: project.parentId,
  is_domain: false,
  tags: project.tags,
  options: project.options,
  ...linked(base, "projects", project.id)
})

export const userView = (user: User, base: string): View => ({
  ...user.extra,
  id: user.id,
  name: user.name,
  domain_id: user.domainId,
  enabled: user.enabled,
  ...(user.description === null ? {} : { description: user.description }),
  ...(user.defaultProjectId === null ? {} : { default_project_id: user.defaultProjectId }),
  password_expires_at: null,
  options: user.options,
  ...linked(base, "users", user.id)
})

export const groupView = (group: Group, base: string): View => ({
  ...group.extra,
  id: group.id,
  name: group.name,
  domain_id: group.domainId,
  description: group.description,
  ...linked(base, "groups", group.id)
})

export const roleView = (role: Role, base: string): View => ({
  ...role.extra,
  id: role.id,
  name: role.name,
  domain_id: role.domainId,
  description: role.description,
  options: role.options,
  ...linked(base, "roles", role.id)
})

export const credentialView = (directory: Directory, credential: ApplicationCredential, base: string): View => ({
  id: credential.id,
  name: credential.name,
  description: credential.description,
  user_id: credential.userId,
  project_id: credential.projectId,
  system: null,
  unrestricted: credential.unrestricted,
  expires_at: credential.expiresAt === null ? null : timeOf(credential.expiresAt),
  roles: credential.roleIds.flatMap((id) => {
    const role = directory.get("role", id)
    return role === undefined ? [] : [{ id, name: role.name, domain_id: role.domainId, description: role.description, options: role.options }]
  }),
  ...linked(base, `users/${credential.userId}/application_credentials`, credential.id)
})
