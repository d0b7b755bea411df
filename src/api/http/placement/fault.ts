import type { Refusal, RefusalKind } from "../../../actors/shared/Refusal.ts"
import { holds } from "../compute/Microversion.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"
import { behaviours } from "./behaviours.ts"
import { negotiate, versionHeaders } from "./Microversion.ts"
import { newest, oldest, textOf } from "./versions.ts"

const statuses: Readonly<Record<RefusalKind, number>> = {
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  tooLarge: 413,
  unsupportedMediaType: 415,
  notImplemented: 501,
  unavailable: 503
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable"
}

const undefinedCode = "placement.undefined_code"

/** An error in Placement's form; without a version when none could be agreed upon. */
export const errorOf = (status: number, detail: string, incoming: Incoming, code?: string): Answer => {
  const version = negotiate(incoming.headers)
  const error = { status, title: titles[status] ?? "", detail, request_id: incoming.requestId }
  if (typeof version !== "number") {
    return { status, body: { errors: [status === 406 ? { ...error, min_version: textOf(oldest), max_version: textOf(newest) } : error] } }
  }
  const coded = holds(behaviours.errorCodes, version) ? { ...error, code: code ?? undefinedCode } : error
  return { status, headers: versionHeaders(version), body: { errors: [coded] } }
}

/** The token check stands in front of the service and words its refusal its own way. */
const unauthorized = (incoming: Incoming): Answer => ({
  status: 401,
  headers: { "www-authenticate": `Keystone uri="${incoming.base.slice(0, -manners.prefix.length)}/identity"` },
  body: { error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." } }
})

const faultOf = ({ code, kind, message }: Refusal, incoming: Incoming): Answer =>
  kind === "unauthorized"
    ? unauthorized(incoming)
    : code === "NotAcceptable"
    ? errorOf(406, message, incoming)
    : errorOf(statuses[kind], message, incoming, code?.startsWith("placement.") === true ? code : undefined)

export const manners: Manners = {
  name: "placement",
  prefix: "/placement",
  faultOf,
  crashOf: (incoming) => errorOf(500, "An unexpected error: the log has its cause, under the id of this request.", incoming),
  headersOf: ({ requestId }) => ({ "x-openstack-request-id": requestId })
}
