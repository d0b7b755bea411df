import { Cause, Context, Effect, Option, Stream } from "effect"
import * as FindMyWay from "effect/http/FindMyWay"
import type { Readable } from "node:stream"
import { Identity } from "../../actors/identity/IdentityProtocol.ts"
import type { Caller } from "../../actors/shared/Caller.ts"
import { type Refusal, refuse } from "../../actors/shared/Refusal.ts"
import { Limits } from "../../runtime/Limits.ts"
import { parseJson, readAll } from "./body.ts"
import type { Answer, Exchange, Row } from "./Exchange.ts"

/** A request as it came off the wire: not routed, not authenticated, its body not read. */
export interface Incoming {
  readonly method: string
  /** Inside the face, percent-encoded, without the query: `/servers/detail`. */
  readonly path: string
  /** Without the question mark. */
  readonly search: string
  readonly base: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly requestId: string
  readonly bytes: Stream.Stream<Uint8Array, Refusal>
  /** Where the bytes come from, if that is a socket: reading a small body there is cheaper than through a stream. */
  readonly source?: Readable
}

/** An answer ready for the wire. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string | Uint8Array | Stream.Stream<Uint8Array, Refusal> | null
}

/** One service of the catalog, mounted under a path prefix. It always answers: its errors are answers too. */
export interface Face {
  readonly name: string
  readonly prefix: string
  readonly respond: (incoming: Incoming) => Effect.Effect<Reply>
}

/** How a service words what every service must say. */
export interface Manners {
  readonly name: string
  readonly prefix: string
  readonly faultOf: (refusal: Refusal, incoming: Incoming) => Answer
  /** The service's 500; the cause is in the log, not in the answer. */
  readonly crashOf: (incoming: Incoming) => Answer
  /** On every answer, errors too: request ids. */
  readonly headersOf?: (incoming: Incoming) => Readonly<Record<string, string>>
}

export interface FaceOptions<R> extends Manners {
  readonly rows: ReadonlyArray<Row<R>>
  /** No row has this path; or, with `allowed`, none has this method on it. Default: `notFound`, or a bare 405. */
  readonly unknownOf?: (incoming: Incoming, allowed: ReadonlyArray<string>) => Answer
  /** Paths without a row ask for a token too, so that strangers cannot map the service. Default: they do not. */
  readonly guardsUnknown?: boolean
  /** HEAD is a method that rows have or have not. Default: it is answered as GET. */
  readonly isHeadApart?: boolean
  readonly bodyBytesMax?: number
}

const noHeaders: Readonly<Record<string, string>> = {}
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
const pathCharsMax = 8192

/** Who is asking, by the token in `X-Auth-Token`. */
export const authenticate = (incoming: Incoming): Effect.Effect<Caller, Refusal, Identity> => {
  const token = incoming.headers["x-auth-token"]
  return token === undefined || token === ""
    ? Effect.fail(refuse("unauthorized", "The request you have made requires authentication."))
    : Effect.flatMap(Identity, (identity) => identity.verify(token))
}

/** What handlers on `open` rows see. */
export const nobody: Caller = {
  userId: "",
  userName: "",
  domainId: "",
  projectId: null,
  projectName: null,
  roles: [],
  isAdmin: false,
  systemScope: false,
  expiresAt: "1970-01-01T00:00:00Z"
}

/** Turns an answer into bytes, adding what the service puts on each of its answers. */
const encode = (answer: Answer, extra: Readonly<Record<string, string>> = noHeaders): Reply => {
  const payload = answer.bytes ?? answer.text ?? (answer.body === undefined ? null : JSON.stringify(answer.body))
  const headers: Record<string, string> = { ...extra }
  if (payload !== null) {
    headers["content-type"] = answer.body === undefined ? defaultType(answer) : "application/json"
  }
  for (const name in answer.headers) headers[name.toLowerCase()] = answer.headers[name]!
  return { status: answer.status, headers, payload }
}
const defaultType = (answer: Answer) => answer.text === undefined ? "application/octet-stream" : "text/plain; charset=UTF-8"

/** Runs a service's work on one request; a refusal or a defect becomes the service's own fault. */
export const answered = <R>(
  manners: Manners,
  incoming: Incoming,
  work: Effect.Effect<Answer, Refusal, R>
): Effect.Effect<Reply, never, R> => {
  const extra = manners.headersOf === undefined ? noHeaders : manners.headersOf(incoming)
  return Effect.catchCause(
    Effect.map(work, (answer) => encode(answer, extra)),
    (cause) => {
      const refusal = Cause.findErrorOption(cause)
      if (Option.isSome(refusal)) return Effect.sync(() => encode(manners.faultOf(refusal.value, incoming), extra))
      if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
      return Effect.as(
        Effect.logError("A request failed", cause).pipe(Effect.annotateLogs({
          face: manners.name,
          method: incoming.method,
          path: incoming.path,
          requestId: incoming.requestId
        })),
        encode(manners.crashOf(incoming), extra)
      )
    }
  )
}

/** A router over rows. Parameters are decoded; a longer path than any name allows has no row. */
export const routerOf = <A extends { readonly method: string; readonly path: string }>(rows: ReadonlyArray<A>) => {
  const router = FindMyWay.make<A>({ maxParamLength: pathCharsMax, ignoreTrailingSlash: false })
  for (const row of rows) router.on(row.method, row.path as FindMyWay.PathInput, row)
  const find = (method: string, path: string) => {
    const found = router.find(method, path)
    if (found === undefined) return undefined
    // The router lets a parameter be empty; no name is.
    for (const name in found.params) if (found.params[name] === "") return undefined
    return found
  }
  return { find, allowed: (path: string) => methods.filter((method) => find(method, path) !== undefined) }
}

/** A service from its rows. The services its handlers need are taken from where it is made. */
export const make = <R>(options: FaceOptions<R>): Effect.Effect<Face, never, R | Identity> =>
  Effect.map(Effect.context<R | Identity>(), (context) => {
    const router = routerOf(options.rows)
    const bodyBytesMax = options.bodyBytesMax ?? Limits.bodyBytesMax

    const unknown = (incoming: Incoming): Effect.Effect<Answer, Refusal> => {
      const allowed = router.allowed(incoming.path)
      if (options.unknownOf !== undefined) return Effect.succeed(options.unknownOf(incoming, allowed))
      if (incoming.method === "OPTIONS") return Effect.succeed({ status: 200, headers: { allow: allowed.join(", ") } })
      return allowed.length === 0
        ? Effect.fail(refuse("notFound", "The resource could not be found."))
        : Effect.succeed({ status: 405, headers: { allow: allowed.join(", ") } })
    }

    const handle = Effect.fnUntraced(function*(row: Row<R>, params: Exchange["params"], incoming: Incoming) {
      const caller = row.open === true ? nobody : yield* authenticate(incoming)
      const json = Effect.flatMap(readAll(incoming, bodyBytesMax), parseJson)
      const body = row.raw === true || incoming.method === "GET" || incoming.method === "HEAD" ? null : yield* json
      const { base, bytes, headers, method, path, requestId } = incoming
      return yield* row.handle({
        method, path, base, params, headers, requestId, caller, body, json, bytes, query: new URLSearchParams(incoming.search)
      })
    })

    const respond = (incoming: Incoming): Effect.Effect<Reply> => {
      const found = router.find(incoming.method, incoming.path) ??
        (incoming.method === "HEAD" && options.isHeadApart !== true ? router.find("GET", incoming.path) : undefined)
      const work = found !== undefined
        ? handle(found.handler, found.params as Exchange["params"], incoming)
        : options.guardsUnknown === true
        ? Effect.andThen(authenticate(incoming), unknown(incoming))
        : unknown(incoming)
      return Effect.provideContext(answered(options, incoming, work), context as Context.Context<R | Identity>)
    }
    return { name: options.name, prefix: options.prefix, respond }
  })
