/** What a caller asks of `POST /v3/auth/tokens`: who they say they are, and what the token shall be for. */
import type { Directory, Kinds, Scope, User } from "./Directory.ts"
import { nameKey, systemScope } from "./Directory.ts"
import { invalid, missing, unauthenticated } from "./refusals.ts"
import { rolesOn } from "./roles.ts"
import { isObject } from "../shared/json.ts"
import { isRefusal, type Refusal } from "../shared/Refusal.ts"
import { type Method, methods } from "./token.ts"

/** A thing by its id, or by its name and whatever makes that name unique. */
export interface Reference {
  readonly id?: string
  readonly name?: string
  readonly domain?: Reference
}
export type ScopeRequest =
  | { readonly kind: "project" | "domain"; readonly reference: Reference }
  | { readonly kind: "system" | "unscoped" | "default" }

export type Proof =
  | { readonly method: "password"; readonly user: Reference; readonly password: string }
  | { readonly method: "token"; readonly token: string }
  | { readonly method: "application_credential"; readonly credential: Reference; readonly user?: Reference; readonly secret: string }

export interface AuthRequest {
  readonly proofs: ReadonlyArray<Proof>
  readonly scope: ScopeRequest
}

/** An object with string fields only (`domain` may nest), or a refusal that names the path. */
const referenceAt = (value: unknown, path: string): Reference | Refusal => {
  if (!isObject(value)) return invalid(`Invalid input for field ${path}: an object is required.`)
  for (const name of ["id", "name"]) {
    if (value[name] !== undefined && typeof value[name] !== "string") {
      return invalid(`Invalid input for field ${path}/${name}: it must be a string.`)
    }
  }
  if (value["id"] === undefined && value["name"] === undefined) {
    return invalid(`Invalid input for field ${path}: id or name must be present.`)
  }
  const domain = value["domain"] === undefined ? undefined : referenceAt(value["domain"], `${path}/domain`)
  if (isRefusal(domain)) return domain
  return {
    ...(typeof value["id"] === "string" ? { id: value["id"] } : {}),
    ...(typeof value["name"] === "string" ? { name: value["name"] } : {}),
    ...(domain === undefined ? {} : { domain })
  }
}

const readers: { readonly [M in Method]: (data: { readonly [name: string]: unknown }) => Proof | Refusal } = {
  password: (data) => {
    const fields = data["user"]
    if (!isObject(fields)) return missing("user", "password")
    const user = referenceAt(fields, "identity/password/user")
    if (isRefusal(user)) return user
    if (user.id === undefined && user.domain === undefined) return missing("domain", "user")
    const password = fields["password"]
    if (password === undefined) return missing("password", "user")
    if (typeof password !== "string") {
      return invalid("Invalid input for field identity/password/user/password: it must be a string.")
    }
    return { method: "password", user, password }
  },
  token: (data) => {
    const token = data["id"]
    if (token === undefined) return missing("id", "token")
    return typeof token === "string"
      ? { method: "token", token }
      : invalid("Invalid input for field identity/token/id: it must be a string.")
  },
  application_credential: (data) => {
    const path = "identity/application_credential"
    if (data["id"] === undefined && data["name"] === undefined) return missing("name or ID", "application credential")
    const credential = referenceAt(data, path)
    if (isRefusal(credential)) return credential
    const user = data["user"] === undefined ? undefined : referenceAt(data["user"], `${path}/user`)
    if (isRefusal(user)) return user
    if (credential.id === undefined && user === undefined) return missing("user", "application credential")
    if (credential.id === undefined && user?.id === undefined && user?.domain === undefined) {
      return missing("domain", "user")
    }
    const secret = data["secret"]
    if (secret === undefined) return missing("secret", "application credential")
    if (typeof secret !== "string") return invalid(`Invalid input for field ${path}/secret: it must be a string.`)
    return { method: "application_credential", credential, secret, ...(user === undefined ? {} : { user }) }
  }
}

const scopeNames = ["project", "domain", "system", "unscoped"] as const

const scopeRequestOf = (scope: unknown): ScopeRequest | Refusal => {
  if (scope === undefined || scope === null) return { kind: "default" }
  if (scope === "unscoped") return { kind: "unscoped" }
  if (!isObject(scope)) return invalid("Invalid input for field scope: an object is required.")
  if (scope["OS-TRUST:trust"] !== undefined) return invalid("Invalid input for field scope: trusts are not supported.")
  const named = scopeNames.filter((name) => scope[name] !== undefined)
  if (named.length !== 1) return missing("system, project, domain, OS-TRUST:trust or unscoped", "scope")
  const kind = named[0]!
  if (kind === "unscoped") return { kind }
  if (kind === "system") {
    const system = scope["system"]
    return isObject(system) && system["all"] === true
      ? { kind }
      : invalid("Invalid input for field scope/system: all must be true.")
  }
  const reference = referenceAt(scope[kind], `scope/${kind}`)
  if (isRefusal(reference)) return reference
  return kind === "project" && reference.id === undefined && reference.domain === undefined
    ? missing("domain", "project")
    : { kind, reference }
}

/** Reads the body of a token request. */
export const authRequestOf = (body: unknown): AuthRequest | Refusal => {
  const auth = isObject(body) ? body["auth"] : undefined
  if (!isObject(auth)) return missing("auth", "request body")
  const identity = auth["identity"]
  if (!isObject(identity)) return invalid("'identity' is a required property")
  const names = identity["methods"]
  if (!Array.isArray(names)) return invalid("Invalid input for field 'identity/methods': an array is required.")
  const proofs: Array<Proof> = []
  for (const name of new Set<unknown>(names)) {
    if (typeof name !== "string") return invalid("Invalid input for field 'identity/methods': strings are required.")
    const data = identity[name]
    if (data === undefined) return missing(name, "identity")
    if (!methods.includes(name as Method)) return unauthenticated
    if (!isObject(data)) return invalid(`Invalid input for field 'identity/${name}': an object is required.`)
    const proof = readers[name as Method](data)
    if (isRefusal(proof)) return proof
    proofs.push(proof)
  }
  if (proofs.length === 0) return unauthenticated
  if (proofs.some((proof) => proof.method === "application_credential") && auth["scope"] !== undefined) return unauthenticated
  const scope = scopeRequestOf(auth["scope"])
  return isRefusal(scope) ? scope : { proofs, scope }
}

const enabledDomain = (directory: Directory, reference: Reference) => {
  const domain = reference.id === undefined
    ? directory.named("domain", nameKey(null, reference.name ?? ""))
    : directory.get("domain", reference.id)
  return domain?.enabled === true ? domain : undefined
}

/** What a reference means; `undefined` for nothing, and for what is disabled or in a disabled domain. */
const enabledOne = <K extends "user" | "project">(directory: Directory, kind: K, reference: Reference): Kinds[K] | undefined => {
  const domain = reference.id === undefined && reference.domain !== undefined
    ? enabledDomain(directory, reference.domain)
    : undefined
  const found = reference.id === undefined
    ? domain && directory.named(kind, nameKey(domain.id, reference.name ?? ""))
    : directory.get(kind, reference.id)
  return found?.enabled === true && enabledDomain(directory, { id: found.domainId }) !== undefined ? found : undefined
}

/** Somebody who may log in. */
export const userOf = (directory: Directory, reference: Reference): User | undefined => enabledOne(directory, "user", reference)

const mayHave = (directory: Directory, user: User, scope: Scope) => rolesOn(directory, user, scope).length > 0

/** The scope of the new token: `null` is unscoped. A scope the user has no role on is as good as one that is not there. */
export const scopeOf = (directory: Directory, user: User, request: ScopeRequest): Scope | null | Refusal => {
  const wanted = ((): Scope | null | undefined => {
    switch (request.kind) {
      case "unscoped":
        return null
      case "system":
        return systemScope
      case "default": {
        const project = user.defaultProjectId === null ? undefined : enabledOne(directory, "project", { id: user.defaultProjectId })
        const scope = project && { kind: "project" as const, id: project.id }
        return scope !== undefined && mayHave(directory, user, scope) ? scope : null
      }
      case "project": {
        const project = enabledOne(directory, "project", request.reference)
        return project && { kind: "project", id: project.id }
      }
      case "domain": {
        const domain = enabledDomain(directory, request.reference)
        return domain && { kind: "domain", id: domain.id }
      }
    }
  })()
  if (wanted === undefined) return unauthenticated
  return wanted === null || mayHave(directory, user, wanted) ? wanted : unauthenticated
}
