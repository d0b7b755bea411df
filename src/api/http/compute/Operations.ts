import { Effect } from "effect"
import { isObject } from "../../../actors/shared/json.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import type { Call } from "./Call.ts"
import { atVersion, type ByVersion, holds, type Window } from "../Window.ts"
import { notAllowed, type Target } from "./Policy.ts"
import { type Node, type Validator, validators } from "./Requests.ts"

export type Method = "GET" | "POST" | "PUT" | "DELETE"

/** What a handler gives back: the row fills in the status. */
export type Outcome = Partial<Answer>

/** One operation in one window of versions. Rows with the same method and path (and action) share them out. */
export interface OperationRow<R, A extends Target, Finding = R> extends Window {
  readonly method: Method
  /** Behind the version and the project: `/flavors/:id`. */
  readonly path: string
  /** The one key of the body of `POST …/action`. */
  readonly action?: string
  readonly status: number | ByVersion<number>
  readonly body?: Node
  readonly query?: Node
  /** Asked before the handler: of the caller's own project, or of what `find` found. */
  readonly policy?: string
  /** Looks up what is acted upon, before the policy is asked, so that strangers learn nothing. */
  readonly find?: (call: Call) => Effect.Effect<A, Refusal, Finding>
  readonly handle: (call: Call, found: A) => Effect.Effect<Outcome, Refusal, R>
}

/** A row with what it found forgotten: a table holds rows of every kind. */
export interface Operation<R = never> extends Window {
  readonly method: Method
  readonly path: string
  readonly action: string | null
  readonly policy: string | null
  readonly statusAt: (version: number) => number
  readonly bodyAt: ((version: number) => Validator) | null
  readonly queryAt: ((version: number) => Validator) | null
  /** Everything after validation. */
  readonly perform: (call: Call) => Effect.Effect<Outcome, Refusal, R>
}

export const operation = <R = never, A extends Target = Target, Finding = R>(
  row: OperationRow<R, A, Finding>
): Operation<R | Finding> => {
  const { find, handle, policy, status } = row
  const allowed = (call: Call, target: Target, found: A) =>
    policy === undefined || call.allows(policy, target) ? handle(call, found) : Effect.fail(notAllowed(policy))
  return {
    method: row.method,
    path: row.path,
    action: row.action ?? null,
    policy: policy ?? null,
    ...(row.since === undefined ? {} : { since: row.since }),
    ...(row.until === undefined ? {} : { until: row.until }),
    statusAt: typeof status === "number" ? () => status : (version) => atVersion(status, version) ?? 200,
    bodyAt: row.body === undefined ? null : validators(row.body, "body"),
    queryAt: row.query === undefined ? null : validators(row.query, "query"),
    perform: find === undefined
      ? (call) => allowed(call, call.ownTarget, call.ownTarget as A)
      : (call) => Effect.flatMap(find(call), (found) => allowed(call, found, found))
  }
}

/** Every operation on one method and path. */
export interface Endpoint<R> {
  readonly method: Method
  readonly path: string
  readonly isAction: boolean
  readonly operations: ReadonlyArray<Operation<R>>
}

export const endpointsOf = <R>(operations: ReadonlyArray<Operation<R>>): ReadonlyArray<Endpoint<R>> => {
  const endpoints = new Map<string, Array<Operation<R>>>()
  for (const row of operations) {
    const key = `${row.method} ${row.path}`
    const rows = endpoints.get(key)
    if (rows === undefined) endpoints.set(key, [row])
    else rows.push(row)
  }
  return [...endpoints.values()].map((rows) => ({
    method: rows[0]!.method,
    path: rows[0]!.path,
    isAction: rows[0]!.action !== null,
    operations: rows
  }))
}

const notAtThisVersion = (version: number) =>
  refuse("notFound", `API version 2.${version} is not supported on this method.`, "VersionNotFoundForAPIMethod")

/** The operation of an endpoint for this version, and for the action that the body names. */
export const select = <R>(endpoint: Endpoint<R>, version: number, body: unknown): Operation<R> | Refusal => {
  if (!endpoint.isAction) {
    return endpoint.operations.find((row) => holds(row, version)) ?? notAtThisVersion(version)
  }
  const keys = isObject(body) ? Object.keys(body) : []
  if (keys.length === 0) return refuse("badRequest", "The body names no action.")
  if (keys.length > 1) return refuse("badRequest", "The body names more than one action.")
  const rows = endpoint.operations.filter((row) => row.action === keys[0])
  if (rows.length === 0) return refuse("badRequest", `There is no such action: ${keys[0]}`)
  return rows.find((row) => holds(row, version)) ?? notAtThisVersion(version)
}
