/** What identity knows, and the read-only view of it that rules decide on. Times are milliseconds since 1970. */
import type { Json } from "../shared/json.ts"

/** What a caller stored beside the named attributes; given back as it came. */
export type Attributes = { readonly [name: string]: Json }

export type Domain = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly enabled: boolean
  readonly tags: ReadonlyArray<string>
  readonly options: Attributes
  readonly extra: Attributes
}

export type Project = {
  readonly id: string
  readonly name: string
  readonly domainId: string
  /** Another project, or the domain itself for the top of a tree. */
  readonly parentId: string
  readonly description: string
  readonly enabled: boolean
  readonly tags: ReadonlyArray<string>
  readonly options: Attributes
  readonly extra: Attributes
}

export type User = {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string | null
  readonly defaultProjectId: string | null
  readonly enabled: boolean
  readonly options: Attributes
  readonly extra: Attributes
  readonly passwordHash: string | null
  /** Written into each token; raising it ends every token issued before. */
  readonly epoch: number
  readonly groupIds: ReadonlyArray<string>
}

export type Group = {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string
  readonly extra: Attributes
}

export type Role = {
  readonly id: string
  readonly name: string
  /** `null`: usable in every domain. */
  readonly domainId: string | null
  readonly description: string | null
  readonly options: Attributes
  readonly extra: Attributes
  /** Ids of the roles whoever holds this one also holds. */
  readonly implies: ReadonlyArray<string>
}

export type Actor = { readonly kind: "user" | "group"; readonly id: string }
export type Scope = { readonly kind: "project" | "domain" | "system"; readonly id: string }

/** All roles of one actor on one scope. */
export type Grant = {
  readonly actor: Actor
  readonly scope: Scope
  readonly roleIds: ReadonlyArray<string>
}

export type ApplicationCredential = {
  readonly id: string
  readonly name: string
  readonly userId: string
  readonly projectId: string
  readonly description: string | null
  readonly roleIds: ReadonlyArray<string>
  readonly expiresAt: number | null
  /** May its tokens make and remove application credentials? */
  readonly unrestricted: boolean
  readonly secretHash: string
}

/** A token that ended before its time; kept until that time is over. */
export type Revocation = { readonly auditId: string; readonly expiresAt: number }

/** The key that signs tokens, in base64url. */
export type TokenKey = { readonly id: string; readonly secret: string }

export interface Kinds {
  readonly domain: Domain
  readonly project: Project
  readonly user: User
  readonly group: Group
  readonly role: Role
  readonly grant: Grant
  readonly applicationCredential: ApplicationCredential
  readonly revocation: Revocation
  readonly tokenKey: TokenKey
}
export type Kind = keyof Kinds

export const systemScope: Scope = { kind: "system", id: "all" }
export const grantKey = (actor: Actor, scope: Scope): string => `${actor.kind}:${actor.id}@${scope.kind}:${scope.id}`
/** How names are made unique: within their domain, their user, or (no owner) everywhere. */
export const nameKey = (ownerId: string | null, name: string): string => `${ownerId ?? ""}/${name}`

const byId = (record: { readonly id: string }): string => record.id
const inDomain = {
  name: (record: { readonly domainId: string | null; readonly name: string }) => nameKey(record.domainId, record.name)
}

/** One table a kind, in the form `Records` takes. */
export const tables = {
  domain: { type: "identity-domain", key: byId, unique: { name: (domain: Domain) => nameKey(null, domain.name) } },
  project: { type: "identity-project", key: byId, unique: inDomain },
  user: { type: "identity-user", key: byId, unique: inDomain },
  group: { type: "identity-group", key: byId, unique: inDomain },
  role: { type: "identity-role", key: byId, unique: inDomain },
  grant: { type: "identity-grant", key: (grant: Grant) => grantKey(grant.actor, grant.scope) },
  applicationCredential: {
    type: "identity-application-credential",
    key: byId,
    unique: { name: (credential: ApplicationCredential) => nameKey(credential.userId, credential.name) }
  },
  revocation: { type: "identity-revocation", key: (revocation: Revocation) => revocation.auditId },
  tokenKey: { type: "identity-token-key", key: byId }
} as const satisfies { readonly [K in Kind]: { readonly type: string; key(record: Kinds[K]): string; readonly unique?: object } }

export interface Directory {
  readonly get: <K extends Kind>(kind: K, id: string) => Kinds[K] | undefined
  /** By a key of `nameKey`; grants, revocations and token keys have no names. */
  readonly named: <K extends Kind>(kind: K, key: string) => Kinds[K] | undefined
  readonly all: <K extends Kind>(kind: K) => Iterable<Kinds[K]>
}

/** What a decision writes. */
export type Edit = { readonly [K in Kind]: { readonly kind: K; readonly put: Kinds[K] } }[Kind] | {
  readonly kind: Kind
  readonly remove: string
}
export interface Decided<A> {
  readonly edits: ReadonlyArray<Edit>
  readonly result: A
}
