import { Clock, Effect } from "effect"
import type { Caller } from "../../../actors/shared/Caller.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { holds, type Window } from "../Window.ts"
import { compile, type Target } from "../compute/Policy.ts"
import type { Answer, Exchange, Row } from "../Exchange.ts"
import { behaviours } from "./behaviours.ts"
import { negotiate, versionHeaders } from "./Microversion.ts"
import { policies as defaults } from "./policies.ts"
import { checkQuery, type QueryRow } from "./queries.ts"

/** A request as a handler sees it: versioned, allowed, its query checked. */
export interface Call {
  /** For tables of fields: a handler asks `within` with a named window of `behaviours.ts`. */
  readonly version: number
  readonly within: (window: Window) => boolean
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly caller: Caller
}

export interface Outcome {
  readonly status?: number
  readonly body?: unknown
  /** ISO 8601; `null`: now. */
  readonly modifiedAt: string | null
}

/** One operation in one window of versions; outside of all windows its path is unknown. */
export interface Operation<R> extends Window {
  readonly method: Row["method"]
  readonly path: string
  /** Needs no token when `null`. */
  readonly policy: string | null
  /** What the policy is asked about; the caller's own project by default. */
  readonly target?: (exchange: Exchange) => Target
  readonly query?: ReadonlyArray<QueryRow>
  readonly handle: (call: Call) => Effect.Effect<Outcome, Refusal, R>
}

const policies = compile(defaults)
export const unknownPath = refuse("notFound", "The resource could not be found.")
const notAllowed = (rule: string) => refuse("forbidden", `Policy does not allow ${rule} to be performed.`)

/** What is wrong with a request whatever it asks for. */
export const unspeakable = (headers: Exchange["headers"]): Refusal | null => {
  const version = negotiate(headers)
  if (typeof version !== "number") return version
  return Number(headers["content-length"] ?? 0) > 0 && (headers["content-type"] ?? "") === ""
    ? refuse("badRequest", "content-type header required when content-length > 0")
    : null
}

const readable = new Set(["application/json", "application/*", "*/*"])
const acceptsJson = (accept: string | undefined): boolean =>
  accept === undefined || accept.trim() === "" || accept.split(",").some((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase())
    return readable.has(type) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })

/** The first thing wrong with a request for this operation. */
const problem = (row: Operation<never>, exchange: Exchange, version: number): Refusal | null => {
  if (!acceptsJson(exchange.headers["accept"])) return refuse("badRequest", "Only application/json is provided", "NotAcceptable")
  const target = row.target?.(exchange) ?? { projectId: exchange.caller.projectId, userId: exchange.caller.userId }
  if (row.policy !== null && !policies.allows(row.policy, exchange.caller, target)) return notAllowed(row.policy)
  return row.query === undefined ? null : checkQuery(row.query, version, exchange.query)
}

const answerOf = (outcome: Outcome, version: number, nowMillis: number): Answer => {
  const modified = outcome.modifiedAt === null ? nowMillis : Date.parse(outcome.modifiedAt)
  return {
    status: outcome.status ?? 200,
    body: outcome.body,
    headers: {
      ...versionHeaders(version),
      ...(holds(behaviours.modificationHeaders, version)
        ? { "cache-control": "no-cache", "last-modified": new Date(modified).toUTCString() }
        : {})
    }
  }
}

const perform = <R>(operations: ReadonlyArray<Operation<R>>): Row<R>["handle"] =>
  Effect.fnUntraced(function*(exchange) {
    const refusal = unspeakable(exchange.headers)
    if (refusal !== null) return yield* refusal
    const version = negotiate(exchange.headers) as number
    const row = operations.find((each) => holds(each, version))
    if (row === undefined) return yield* unknownPath
    const wrong = problem(row as Operation<never>, exchange, version)
    if (wrong !== null) return yield* wrong
    const { caller, params, query } = exchange
    const outcome = yield* row.handle({ version, within: (window) => holds(window, version), params, query, caller })
    return answerOf(outcome, version, yield* Clock.currentTimeMillis)
  })

/** The face's rows: operations of one method and path share one. */
export const rowsOf = <R>(operations: ReadonlyArray<Operation<R>>): ReadonlyArray<Row<R>> =>
  Object.values(Object.groupBy(operations, ({ method, path }) => `${method} ${path}`)).map((group) => {
    const [{ method, path, policy }] = group as [Operation<R>]
    return { method, path, handle: perform(group!), ...(policy === null ? { open: true } : {}) }
  })
