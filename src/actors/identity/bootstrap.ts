/** What every cloud starts with. */
import { type Decided, type Directory, type Edit, grantKey, nameKey, type Role, systemScope } from "./Directory.ts"

export const defaultDomainId = "default"
export const tokenKeyId = "current"

/** Each role with the one it implies. */
const defaultRoles: ReadonlyArray<readonly [name: string, implies: string | null]> = [
  ["reader", null],
  ["member", "reader"],
  ["manager", "member"],
  ["admin", "manager"],
  ["service", null]
]

export interface Fresh {
  /** An id for each name of a thing to be made. */
  readonly idOf: (name: string) => string
  readonly passwordHash: string
  readonly tokenSecret: string
}

export interface Bootstrapped {
  readonly userId: string
  readonly projectId: string
  /** The user is new and has the password that was given. */
  readonly isFirst: boolean
}

/** Adds what is missing and leaves everything else as it is. */
export const bootstrap = (directory: Directory, fresh: Fresh): Decided<Bootstrapped> => {
  const edits: Array<Edit> = []
  if (directory.get("tokenKey", tokenKeyId) === undefined) {
    edits.push({ kind: "tokenKey", put: { id: tokenKeyId, secret: fresh.tokenSecret } })
  }
  if (directory.get("domain", defaultDomainId) === undefined) {
    const description = "The default domain"
    const domain = { id: defaultDomainId, name: "Default", description, enabled: true, tags: [], options: {}, extra: {} }
    edits.push({ kind: "domain", put: domain })
  }

  const roles = new Map<string, Role>()
  for (const [name, implied] of defaultRoles) {
    const present = directory.named("role", nameKey(null, name))
    const role: Role = present ?? {
      id: fresh.idOf(`role ${name}`),
      name,
      domainId: null,
      description: null,
      options: { immutable: true },
      extra: {},
      implies: implied === null ? [] : [roles.get(implied)!.id]
    }
    roles.set(name, role)
    if (present === undefined) edits.push({ kind: "role", put: role })
  }

  const projectIds = ["admin", "service"].map((name) => {
    const present = directory.named("project", nameKey(defaultDomainId, name))
    if (present !== undefined) return present.id
    const id = fresh.idOf(`project ${name}`)
    const description = name === "admin" ? "Bootstrap project for initializing the cloud." : "Project of the services."
    const place = { domainId: defaultDomainId, parentId: defaultDomainId }
    const project = { id, name, ...place, description, enabled: true, tags: [], options: {}, extra: {} }
    edits.push({ kind: "project", put: project })
    return id
  })
  const projectId = projectIds[0]!

  const present = directory.named("user", nameKey(defaultDomainId, "admin"))
  const userId = present?.id ?? fresh.idOf("user admin")
  if (present === undefined) {
    edits.push({
      kind: "user",
      put: {
        id: userId, name: "admin", domainId: defaultDomainId, description: null, defaultProjectId: null, enabled: true,
        options: {}, extra: {}, passwordHash: fresh.passwordHash, epoch: 0, groupIds: []
      }
    })
  }
  const actor = { kind: "user", id: userId } as const
  // Operators of one process are its services too: a reshape of Placement is for services alone.
  const granted = [[{ kind: "project", id: projectId }, ["admin", "service"]], [systemScope, ["admin"]]] as const
  for (const [scope, names] of granted) {
    const roleIds = directory.get("grant", grantKey(actor, scope))?.roleIds ?? []
    const missing = names.map((name) => roles.get(name)!.id).filter((id) => !roleIds.includes(id))
    if (missing.length > 0) edits.push({ kind: "grant", put: { actor, scope, roleIds: [...roleIds, ...missing] } })
  }
  return { edits, result: { userId, projectId, isFirst: present === undefined } }
}
