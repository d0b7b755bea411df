/** `/v3/auth`: tokens, and what their holder can reach with them. */
import { Effect } from "effect"
import { Accounts } from "../../../actors/identity/AccountsProtocol.ts"
import { type AuthRequest, authRequestOf } from "../../../actors/identity/authentication.ts"
import { catalogOf, originOf } from "../../../actors/identity/catalog.ts"
import type { Directory, Domain, Project, User } from "../../../actors/identity/Directory.ts"
import { forbidden } from "../../../actors/identity/refusals.ts"
import { scopesOf } from "../../../actors/identity/roles.ts"
import type { Standing } from "../../../actors/identity/standing.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import type { Answer, Exchange } from "../Exchange.ts"
import { allow, type Asking, type IdentityRow, noContent, ok, orRefuse, row } from "./asking.ts"
import { collection, isAsked } from "./collection.ts"
import { domainView, projectView, zonedTimeOf } from "./views.ts"

const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name })

const scopeView = ({ claims, project, scopeDomain }: Standing) => {
  switch (claims.scope?.kind) {
    case "project":
      return { project: { ...named(project!), domain: named(scopeDomain!) }, is_domain: false }
    case "domain":
      return { domain: named(scopeDomain!) }
    case "system":
      return { system: { all: true } }
    case undefined:
      return {}
  }
}

const tokenView = (standing: Standing, exchange: Exchange) => {
  const { applicationCredential, claims, roles, user, userDomain } = standing
  const isScoped = claims.scope !== null
  return {
    token: {
      methods: claims.methods,
      user: { domain: named(userDomain), ...named(user), password_expires_at: null },
      audit_ids: claims.auditIds,
      expires_at: zonedTimeOf(claims.expiresAt),
      issued_at: zonedTimeOf(claims.issuedAt),
      ...scopeView(standing),
      ...(isScoped ? { roles: roles.map(named) } : {}),
      ...(isScoped && !isAsked(exchange.query, "nocatalog") ? { catalog: catalogOf(originOf(exchange.base)) } : {}),
      ...(applicationCredential === null ? {} : {
        application_credential: { ...named(applicationCredential), restricted: !applicationCredential.unrestricted }
      })
    }
  }
}

const issue = (exchange: Exchange): Effect.Effect<Answer, Refusal, Accounts> =>
  Effect.gen(function*() {
    const accounts = yield* Accounts
    const request = yield* orRefuse<AuthRequest>(authRequestOf(exchange.body))
    const { standing, token } = yield* accounts.authenticate(request)
    return { status: 201, headers: { "x-subject-token": token }, body: tokenView(standing, exchange) }
  })

/** The token a request is about. That it is no good is news about it, not about the caller: 404. */
const subject = ({ accounts, exchange }: Asking) =>
  Effect.mapError(
    accounts.inspect(exchange.headers["x-subject-token"] ?? ""),
    () => refuse("notFound", "Failed to validate token")
  )

const enabledDomain = (directory: Directory, id: string): Domain | undefined => {
  const domain = directory.get("domain", id)
  return domain?.enabled === true ? domain : undefined
}
export const projectsOf = (directory: Directory, user: User): ReadonlyArray<Project> =>
  scopesOf(directory, user, "project").flatMap((id) => {
    const project = directory.get("project", id)
    return project?.enabled === true && enabledDomain(directory, project.domainId) !== undefined ? [project] : []
  })

const validate = (method: "GET" | "HEAD"): IdentityRow =>
  row(method, "/v3/auth/tokens", (asking) =>
    Effect.gen(function*() {
      const standing = yield* subject(asking)
      yield* allow(asking, method === "GET" ? "validate_token" : "check_token", { userId: standing.user.id })
      const token = asking.exchange.headers["x-subject-token"]!
      return { status: 200, headers: { "x-subject-token": token }, body: tokenView(standing, asking.exchange) }
    }))

export const tokenRows: ReadonlyArray<IdentityRow> = [
  { method: "POST", path: "/v3/auth/tokens", open: true, handle: issue },
  validate("GET"),
  validate("HEAD"),
  row("DELETE", "/v3/auth/tokens", (asking) =>
    Effect.gen(function*() {
      const { user } = yield* subject(asking)
      yield* allow(asking, "revoke_token", { userId: user.id })
      yield* asking.accounts.revoke(asking.exchange.headers["x-subject-token"]!)
      return noContent
    })),
  row("GET", "/v3/auth/catalog", ({ exchange, standing }) =>
    standing.project === null
      ? Effect.fail(forbidden("A project-scoped token is required to produce a service catalog."))
      : Effect.succeed(ok({
        catalog: catalogOf(originOf(exchange.base)),
        links: { self: `${exchange.base}/v3/auth/catalog` }
      }))),
  row("GET", "/v3/auth/projects", ({ directory, exchange, standing }) =>
    collection(
      exchange,
      "projects",
      projectsOf(directory, standing.user).map((project) => projectView(project, exchange.base)),
      ["name", "domain_id", "enabled"]
    )),
  row("GET", "/v3/auth/domains", ({ directory, exchange, standing }) =>
    collection(
      exchange,
      "domains",
      scopesOf(directory, standing.user, "domain").flatMap((id) => {
        const domain = enabledDomain(directory, id)
        return domain === undefined ? [] : [domainView(domain, exchange.base)]
      }),
      ["name", "enabled"]
    )),
  row("GET", "/v3/auth/system", ({ directory, exchange, standing }) =>
    Effect.succeed(ok({
      system: scopesOf(directory, standing.user, "system").map(() => ({ all: true })),
      links: { self: `${exchange.base}/v3/auth/system` }
    })))
]
