import { Clock, Effect } from "effect"
import type { Caller } from "../../../actors/shared/Caller.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { holds, type Window } from "../Window.ts"
import { compile, type Target } from "../compute/Policy.ts"
import type { Answer, Exchange, Row } from "../Exchange.ts"
import { acceptsJson } from "./accept.ts"
import { behaviours } from "./behaviours.ts"
import { notAllowedHere } from "./fault.ts"
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
  /** The body, not yet read: a handler looks first whether what the path names is there. */
  readonly json: Effect.Effect<unknown, Refusal>
}

export interface Outcome {
  readonly status?: number
  readonly body?: unknown
  /** ISO 8601; `null`: now. Absent: the answer tells nothing that could be kept. */
  readonly modifiedAt?: string | null
  /** Inside the face. */
  readonly location?: string
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
  /** The request must say that its body is JSON. */
  readonly takesJson?: boolean
  /** A GET whose answer is not chosen by what the client accepts. */
  readonly isForAll?: boolean
  /** Outside of all windows the path is known, and the method is not. */
  readonly isMethodNew?: boolean
  readonly handle: (call: Call) => Effect.Effect<Outcome, Refusal, R>
}

const policies = compile(defaults)
/** The status says it all. */
export const unknownPath = refuse("notFound", "")
const notAllowed = (rule: string) => refuse("forbidden", `Policy does not allow ${rule} to be performed.`)

/** What is wrong with a request whatever it asks for. */
export const unspeakable = (headers: Exchange["headers"]): Refusal | null => {
  const version = negotiate(headers)
  if (typeof version !== "number") return version
  return Number(headers["content-length"] ?? 0) > 0 && (headers["content-type"] ?? "") === ""
    ? refuse("badRequest", "content-type header required when content-length > 0")
    : null
}

const jsonType = "application/json"
const saysJson = (type: string | undefined): boolean => type?.split(";")[0]!.trim() === jsonType
const notJson = (type: string | undefined) => {
  const given = type?.split(";")[0]!.trim() || "None"
  return refuse("unsupportedMediaType", `The media type ${given.slice(0, Limits.echoCharsMax)} is not supported, use ${jsonType}`)
}

/** The first thing wrong with a request for this operation. */
const problem = (row: Operation<never>, exchange: Exchange, version: number): Refusal | null => {
  const { accept, "content-type": type } = exchange.headers
  if (row.takesJson === true && !saysJson(type)) return notJson(type)
  if (row.method === "GET" && row.isForAll !== true && !acceptsJson(accept)) return refuse("badRequest", "Only application/json is provided", "NotAcceptable")
  const target = row.target?.(exchange) ?? { projectId: exchange.caller.projectId, userId: exchange.caller.userId }
  if (row.policy !== null && !policies.allows(row.policy, exchange.caller, target)) return notAllowed(row.policy)
  return row.query === undefined ? null : checkQuery(row.query, version, exchange.query)
}

const keptHeaders = (modifiedAt: string | null, version: number, nowMillis: number): Readonly<Record<string, string>> => {
  if (!holds(behaviours.modificationHeaders, version)) return {}
  const millis = modifiedAt === null ? nowMillis : Date.parse(modifiedAt)
  return { "cache-control": "no-cache", "last-modified": new Date(millis).toUTCString() }
}

const answerOf = ({ body, location, modifiedAt, status = 200 }: Outcome, version: number, base: string, nowMillis: number): Answer => ({
  status,
  body,
  headers: {
    ...versionHeaders(version),
    ...(modifiedAt === undefined ? {} : keptHeaders(modifiedAt, version, nowMillis)),
    ...(location === undefined ? {} : { location: `${base}${location}` })
  }
})

const perform = <R>(operations: ReadonlyArray<Operation<R>>): Row<R>["handle"] =>
  Effect.fnUntraced(function*(exchange) {
    const refusal = unspeakable(exchange.headers)
    if (refusal !== null) return yield* refusal
    const version = negotiate(exchange.headers) as number
    const row = operations.find((each) => holds(each, version))
    if (row === undefined) return operations.some(({ isMethodNew }) => isMethodNew) ? notAllowedHere(exchange) : yield* unknownPath
    const wrong = problem(row as Operation<never>, exchange, version)
    if (wrong !== null) return yield* wrong
    const { base, caller, json, params, query } = exchange
    const outcome = yield* row.handle({ version, within: (window) => holds(window, version), params, query, caller, json })
    return answerOf(outcome, version, base, yield* Clock.currentTimeMillis)
  })

/** The face's rows: operations of one method and path share one. */
export const rowsOf = <R>(operations: ReadonlyArray<Operation<R>>): ReadonlyArray<Row<R>> =>
  Object.values(Object.groupBy(operations, ({ method, path }) => `${method} ${path}`)).map((group) => {
    const [{ method, path, policy }] = group as [Operation<R>]
    return { method, path, handle: perform(group!), raw: true, ...(policy === null ? { open: true } : {}) }
  })
