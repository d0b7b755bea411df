/** What every handler of this face begins with: the whole token of the caller, and whether the policy lets them. */
import { Effect } from "effect"
import { Accounts } from "../../../actors/identity/AccountsProtocol.ts"
import { type Action, enforce, type Target } from "../../../actors/identity/policies.ts"
import type { Standing } from "../../../actors/identity/standing.ts"
import type { Directory } from "../../../actors/identity/Directory.ts"
import { isRefusal, type Refusal } from "../../../actors/shared/Refusal.ts"
import type { Answer, Exchange, Handler, Row } from "../Exchange.ts"

export type IdentityRow = Row<Accounts>

export interface Asking {
  readonly exchange: Exchange
  readonly accounts: Accounts["Service"]
  readonly directory: Directory
  readonly standing: Standing
}

export type Asked = (asking: Asking) => Effect.Effect<Answer, Refusal>

const asked = (handle: Asked): Handler<Accounts> => (exchange) =>
  Effect.gen(function*() {
    const accounts = yield* Accounts
    const standing = yield* accounts.inspect(exchange.headers["x-auth-token"] ?? "")
    return yield* handle({ exchange, accounts, directory: accounts.directory, standing })
  })

export const row = (method: Row["method"], path: string, handle: Asked): IdentityRow => ({ method, path, handle: asked(handle) })

/** A rule's refusal fails the request; anything else is its result. */
export const orRefuse = <A>(result: A | Refusal | undefined): Effect.Effect<Exclude<A, Refusal>, Refusal> =>
  isRefusal(result) ? Effect.fail(result) : Effect.succeed(result as Exclude<A, Refusal>)

export const allow = (asking: Asking, action: Action, target?: Target): Effect.Effect<void, Refusal> =>
  Effect.asVoid(orRefuse(enforce(action, asking.standing, target)))

/** The domain of a domain-scoped token: such a caller sees only that one. */
export const scopeDomainId = ({ standing }: Asking): string | undefined =>
  standing.claims.scope?.kind === "domain" ? standing.claims.scope.id : undefined

export const param = (asking: Asking, name: string): string => asking.exchange.params[name] ?? ""

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const created = (body: unknown): Answer => ({ status: 201, body })
export const noContent: Answer = { status: 204 }
