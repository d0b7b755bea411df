import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { holds } from "../Window.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"
import { page, statusOf, titleOf, tokenRefused } from "../faults.ts"
import { errorFormOf } from "./accept.ts"
import { behaviours } from "./behaviours.ts"
import { negotiate, versionHeaders } from "./Microversion.ts"
import { newest, oldest, textOf } from "./versions.ts"

type Asked = Pick<Incoming, "method" | "headers" | "requestId">

const undefinedCode = "placement.undefined_code"

/** What WebOb says of a status, before what Placement says of the case. */
const explanations: Readonly<Record<number, string>> = {
  400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
  403: "Access was denied to this resource.",
  404: "The resource could not be found.",
  409: "There was a conflict when trying to complete your request.",
  413: "The body of your request was too large for this server.",
  500: "The server has either erred or is incapable of performing the requested operation.",
  503: "The server is currently unavailable. Please try again at a later time."
}
/** These speak of the request. */
const explained: Readonly<Record<number, (asked: Asked) => string>> = {
  405: ({ method }) => `The method ${method} is not allowed for this resource. `,
  406: ({ headers }) =>
    `The resource could not be generated that was acceptable to your browser (content of type ${headers["accept"] ?? "application/json"}. `,
  415: ({ headers }) => `The request media type ${headers["content-type"]?.split(";")[0] ?? "None"} is not supported by this server. `
}

const explanationOf = (status: number, asked: Asked): string => explained[status]?.(asked) ?? explanations[status] ?? ""
/** Both, in the form of WebOb's text. */
const textFor = (status: number, detail: string, asked: Asked): string =>
  `${explanationOf(status, asked)}\n\n ${detail}${explained[status] === undefined ? "  " : ""}`

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** Without a version when none could be agreed upon. */
const jsonOf = (status: number, detail: string, asked: Asked, version: number | Refusal, code?: string) => {
  const error = { status, title: titleOf(status), detail: textFor(status, detail, asked), request_id: asked.requestId }
  if (typeof version !== "number") return status === 406 ? { ...error, min_version: textOf(oldest), max_version: textOf(newest) } : error
  return holds(behaviours.errorCodes, version) ? { ...error, code: code ?? undefinedCode } : error
}

/** An error in Placement's form: JSON, unless the client wants a page, or neither. */
export const errorOf = (status: number, detail: string, asked: Asked, code?: string): Answer => {
  const version = negotiate(asked.headers)
  const headers = typeof version === "number" ? versionHeaders(version) : {}
  const form = errorFormOf(asked.headers["accept"])
  if (form === "application/json") return { status, headers, body: { errors: [jsonOf(status, detail, asked, version, code)] } }
  if (form === "text/plain") return { status, headers, text: `${status} ${titleOf(status)}\n\n${textFor(status, detail, asked)}` }
  const written = page(status, escaped(explanationOf(status, asked)), escaped(detail))
  return { ...written, headers: { ...headers, ...written.headers } }
}

/** The path is there, in this version without this method. */
export const notAllowedHere = (asked: Asked): Answer => errorOf(405, "The method specified is not allowed for this resource.", asked)

const faultOf = ({ code, kind, message }: Refusal, incoming: Incoming): Answer =>
  kind === "unauthorized"
    ? tokenRefused(incoming, manners.prefix)
    : code === "NotAcceptable"
    ? errorOf(406, message, incoming)
    : errorOf(statusOf[kind], message, incoming, code?.startsWith("placement.") === true ? code : undefined)

export const manners: Manners = {
  name: "placement",
  prefix: "/placement",
  faultOf,
  crashOf: (incoming) => errorOf(500, "An unexpected error: the log has its cause, under the id of this request.", incoming),
  headersOf: ({ requestId }) => ({ "x-openstack-request-id": requestId })
}
