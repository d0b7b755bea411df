import { Context, Effect } from "effect"
import type { Identity } from "../../../actors/identity/IdentityProtocol.ts"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { declaredBytes, parseJson, readAll } from "../body.ts"
import type { Answer } from "../Exchange.ts"
import { answered, authenticate, type Face, type Incoming, type Manners, type Reply, routerOf } from "../Face.ts"
import { tokenRefused } from "../faults.ts"
import { ComputeCall } from "./Call.ts"
import { choices, currentDocument, legacyDocument, versionList } from "./documents.ts"
import { bodyTooLarge, crash, faultOf, unknownRoute } from "./Fault.ts"
import { type Negotiated, negotiate, versionHeaders } from "./Microversion.ts"
import { type Endpoint, endpointsOf, type Operation, select } from "./Operations.ts"
import { compile } from "./Policy.ts"
import { policies as defaults } from "./policies.ts"
import { legacy, newest } from "./versions.ts"

export interface ComputeOptions<R> {
  readonly operations: ReadonlyArray<Operation<R>>
  /** Where this face is mounted; nothing else depends on it. */
  readonly prefix?: string
  /** An operator's own policies, in place of Nova's defaults of the same name. */
  readonly policies?: Readonly<Record<string, string>>
}

const documentsByPath: Readonly<Record<string, (base: string) => Answer>> = {
  "": versionList,
  "/": versionList,
  "/v2": legacyDocument,
  "/v2/": legacyDocument,
  "/v2.1": currentDocument,
  "/v2.1/": currentDocument
}

const json = "application/json"
const vendorJson = "application/vnd.openstack.compute+json"
const readable = new Set([json, vendorJson, "text/plain", ""])

const mediaType = (header: string | undefined) => (header ?? "").split(";")[0]!.trim().toLowerCase()
const answerType = (incoming: Incoming) => incoming.headers["accept"]?.includes(vendorJson) === true ? vendorJson : json

/** `/v2.1/6f70…/servers` → edition `/v2.1`, project `6f70…`, path `/servers`; `null` outside of both editions. */
const place = (path: string) => {
  const match = /^\/(v2\.1|v2)(?:\/([0-9a-f-]+)(?=\/|$))?(\/.*)?$/.exec(path)
  return match === null ? null : { edition: match[1]!, project: match[2] ?? null, path: match[3] ?? "" }
}

const headersByVersion = Array.from({ length: newest + 1 }, (_, version) =>
  version === legacy ? {} : versionHeaders(`2.${version}`))

const validQuery = (search: string): Effect.Effect<URLSearchParams, Refusal> => {
  try {
    if (search.includes("%")) decodeURIComponent(search)
    return Effect.succeed(new URLSearchParams(search))
  } catch {
    return Effect.fail(refuse("badRequest", "Query string is not UTF-8 encoded"))
  }
}

/** Checks the query of a row, and leaves only what this version knows. */
const checkQuery = (row: Operation<never>, version: number, given: URLSearchParams): URLSearchParams | Refusal => {
  if (row.queryAt === null) return given
  const validator = row.queryAt(version)
  const lists: Record<string, Array<string>> = Object.create(null)
  for (const [key, value] of given) (lists[key] ??= []).push(value)
  const refusal = validator.check({ ...lists })
  if (refusal !== null) return refusal
  const known = new URLSearchParams()
  for (const [key, value] of given) if (validator.properties.has(key)) known.append(key, value)
  return known
}

/** The compute service. Its checks come in Nova's order, which callers can tell. */
export const computeFace = <R>(options: ComputeOptions<R>): Effect.Effect<Face, never, R | Identity> =>
  Effect.map(Effect.context<R | Identity>(), (context) => {
    const prefix = options.prefix ?? "/compute"
    const policies = compile(defaults, options.policies)
    const router = routerOf(endpointsOf(options.operations))

    const manners: Manners = {
      name: "compute",
      prefix,
      faultOf: (refusal, incoming) =>
        refusal.kind === "unauthorized"
          ? tokenRefused(incoming, prefix)
          : refusal.kind === "tooLarge"
          ? bodyTooLarge
          : faultOf(refusal),
      crashOf: () => crash,
      headersOf: ({ requestId }) => ({ "x-openstack-request-id": requestId, "x-compute-request-id": requestId })
    }

    /** From here on, every answer carries the version, errors too. */
    const versioned = Effect.fnUntraced(function*(
      incoming: Incoming,
      endpoint: Endpoint<R>,
      params: Readonly<Record<string, string>>,
      at: NonNullable<ReturnType<typeof place>>,
      version: number
    ) {
      const caller = yield* authenticate(incoming)
      const type = mediaType(incoming.headers["content-type"])
      if (!readable.has(type)) return yield* refuse("unsupportedMediaType", `Unsupported Content-Type ${type}`)
      const hasBody = endpoint.method === "POST" || endpoint.method === "PUT"
      const body = hasBody ? yield* Effect.flatMap(readAll(incoming, Limits.bodyBytesMax), parseJson) : null
      const row = select(endpoint, version, body)
      if ("kind" in row) return yield* row
      if (at.project !== null && at.project !== caller.projectId) {
        return yield* refuse("badRequest", `Malformed request URL: URL's project_id '${at.project}' doesn't match Context's project_id '${caller.projectId}'`)
      }
      const badBody = row.bodyAt === null ? null : row.bodyAt(version).check(body)
      if (badBody !== null) return yield* badBody
      const query = checkQuery(row as Operation<never>, version, yield* validQuery(incoming.search))
      if ("kind" in query) return yield* query
      const project = at.project === null ? "" : `/${at.project}`
      const outcome = yield* row.perform(
        new ComputeCall({
          version, caller, params, query, body, policies,
          requestId: incoming.requestId,
          headers: incoming.headers,
          self: `${incoming.base}/${at.edition}${project}`,
          bookmark: `${incoming.base}${project}`,
          path: at.path
        })
      )
      return {
        ...outcome,
        status: outcome.status ?? row.statusAt(version),
        headers: { "content-type": answerType(incoming), ...outcome.headers }
      }
    })

    const withVersionHeaders = (answer: Answer, negotiated: Negotiated | null): Answer =>
      negotiated === null
        ? answer
        : { ...answer, headers: { ...answer.headers, ...(negotiated.refusal === null ? headersByVersion[negotiated.version] : versionHeaders(negotiated.text)) } }

    const route = (incoming: Incoming, at: NonNullable<ReturnType<typeof place>>): Effect.Effect<Answer, Refusal, R | Identity> => {
      const declared = declaredBytes(incoming)
      if (declared !== null && declared > Limits.bodyBytesMax) return Effect.succeed(bodyTooLarge)
      const found = router.find(incoming.method, at.path)
      if (found === undefined) return Effect.as(authenticate(incoming), unknownRoute)
      const isLegacy = at.edition === "v2"
      const negotiated = isLegacy ? null : negotiate(incoming.headers)
      if (negotiated?._tag === "Failure") return Effect.andThen(authenticate(incoming), Effect.fail(negotiated.failure))
      const spoken = negotiated === null ? null : negotiated.success
      if (spoken !== null && spoken.refusal !== null) {
        return Effect.as(authenticate(incoming), withVersionHeaders(faultOf(spoken.refusal), spoken))
      }
      const work = versioned(incoming, found.handler, found.params as Readonly<Record<string, string>>, at, spoken?.version ?? legacy)
      return Effect.match(work, {
        onSuccess: (answer) => withVersionHeaders(answer, spoken),
        onFailure: (refusal) =>
          refusal.kind === "unauthorized" || refusal.kind === "tooLarge"
            ? manners.faultOf(refusal, incoming)
            : withVersionHeaders(faultOf(refusal), spoken)
      })
    }

    /** The document of an edition with versions is itself under a version. */
    const negotiatedDocument = (answer: Answer, incoming: Incoming): Answer => {
      const negotiated = negotiate(incoming.headers)
      if (negotiated._tag === "Failure") return faultOf(negotiated.failure)
      const spoken = negotiated.success
      return withVersionHeaders(spoken.refusal === null ? answer : faultOf(spoken.refusal), spoken)
    }

    const respond = (incoming: Incoming): Effect.Effect<Reply> => {
      const { base, method, path } = incoming
      const at = place(path)
      const document = documentsByPath[path]
      const work: Effect.Effect<Answer, Refusal, R | Identity> = method === "OPTIONS"
        ? Effect.succeed({ status: 200 })
        : document !== undefined && method === "GET"
        ? Effect.succeed(at?.edition === "v2.1" ? negotiatedDocument(document(base), incoming) : document(base))
        : at === null
        ? Effect.succeed(choices(base, path))
        : route(incoming, at)
      return Effect.provideContext(answered(manners, incoming, work), context as Context.Context<R | Identity>)
    }
    return { name: "compute", prefix, respond }
  })
