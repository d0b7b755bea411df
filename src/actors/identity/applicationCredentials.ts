/** Application credentials: a secret of its own for a program, for one project, with some of its user's roles. */
import type { Json } from "../shared/json.ts"
import { isRefusal, type Refusal, refuse } from "../shared/Refusal.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Draft } from "./attributes.ts"
import { type ApplicationCredential, type Decided, type Directory, nameKey, type Role } from "./Directory.ts"
import { absent, duplicate, forbidden, invalid } from "./refusals.ts"
import { withImplied } from "./roles.ts"
import type { Standing } from "./standing.ts"

const malformed = (detail: string) => invalid(`Invalid application credential: ${detail}`)

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/
/** A time without a zone is UTC. */
const expiryOf = (value: Json | undefined, now: number): number | null | Refusal => {
  if (value === undefined || value === null) return null
  const text = value as string
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`
  const millis = timestamp.test(text) ? Date.parse(zoned) : Number.NaN
  const client = "The server could not comply with the request since it is either malformed or otherwise incorrect. " +
    "The client is assumed to be in error."
  if (Number.isNaN(millis)) return invalid(`Timestamp not in expected format. ${client}`)
  return millis <= now ? invalid(`The 'expires_at' must not be before now. ${client}`) : millis
}

const isReference = (value: unknown): value is { readonly id?: string; readonly name?: string } =>
  typeof value === "object" && value !== null &&
  (typeof (value as { id?: unknown }).id === "string" || typeof (value as { name?: unknown }).name === "string")

/** The roles asked for, with what they imply; all of the token's without a wish. None the token does not have. */
const rolesFor = (directory: Directory, standing: Standing, wished: Json | undefined): ReadonlyArray<Role> | Refusal => {
  if (!Array.isArray(wished) || wished.length === 0) return standing.roles
  const ids: Array<string> = []
  for (const wish of wished) {
    if (!isReference(wish)) return invalid("Invalid input for field 'roles': each needs an id or a name.")
    const role = wish.id === undefined
      ? standing.roles.find((held) => held.name === wish.name) ?? directory.named("role", nameKey(null, wish.name!))
      : { id: wish.id }
    if (role === undefined) return refuse("notFound", `Role ${wish.name} is not defined`)
    ids.push(role.id)
  }
  const held = new Set(standing.roles.map((role) => role.id))
  if (ids.some((id) => !held.has(id))) return malformed("Cannot create an application credential with unassigned role")
  return withImplied(directory, ids).filter((role) => held.has(role.id))
}

/** A token from a restricted application credential makes and removes none. */
export const checkUnrestricted = (standing: Standing, action: string): Refusal | undefined =>
  standing.applicationCredential === null || standing.applicationCredential.unrestricted
    ? undefined
    : forbidden(
      `Using method 'application_credential' is not allowed for managing additional application credentials: ${action}.`
    )

export const createCredential = (
  directory: Directory,
  fresh: { readonly id: string; readonly now: number; readonly secretHash: string },
  standing: Standing,
  draft: Draft
): Decided<ApplicationCredential> | Refusal => {
  const { fields } = draft
  const { project, user } = standing
  if (project === null) return malformed("a project-scoped token is required")
  if (Array.isArray(fields["access_rules"]) && fields["access_rules"].length > 0) {
    return malformed("access rules are not supported")
  }
  const expiresAt = expiryOf(fields["expires_at"], fresh.now)
  if (isRefusal(expiresAt)) return expiresAt
  const roles = rolesFor(directory, standing, fields["roles"])
  if (isRefusal(roles)) return roles
  const name = fields["name"] as string
  if (directory.named("applicationCredential", nameKey(user.id, name)) !== undefined) {
    return duplicate("application_credential", `Duplicate entry found with name ${name}`)
  }
  const mine = [...directory.all("applicationCredential")].filter((credential) => credential.userId === user.id)
  if (mine.length >= Limits.applicationCredentialsPerUserMax) {
    return forbidden(
      "Unable to create additional application credentials, maximum of " +
        `${Limits.applicationCredentialsPerUserMax} already exceeded for user.`
    )
  }
  const credential: ApplicationCredential = {
    id: fresh.id,
    name,
    userId: user.id,
    projectId: project.id,
    description: (fields["description"] ?? null) as string | null,
    roleIds: roles.map((role) => role.id),
    expiresAt,
    unrestricted: fields["unrestricted"] === true,
    secretHash: fresh.secretHash
  }
  return { edits: [{ kind: "applicationCredential", put: credential }], result: credential }
}

export const credentialOf = (directory: Directory, userId: string, id: string): ApplicationCredential | Refusal => {
  const credential = directory.get("applicationCredential", id)
  return credential?.userId === userId ? credential : absent("Application Credential", id)
}

export const removeCredential = (directory: Directory, userId: string, id: string): Decided<null> | Refusal => {
  const credential = credentialOf(directory, userId, id)
  return isRefusal(credential)
    ? credential
    : { edits: [{ kind: "applicationCredential", remove: id }], result: null }
}
