import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { holds } from "../Window.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"
import { statusOf, titleOf, tokenRefused } from "../faults.ts"
import { behaviours } from "./behaviours.ts"
import { negotiate, versionHeaders } from "./Microversion.ts"
import { newest, oldest, textOf } from "./versions.ts"

const undefinedCode = "placement.undefined_code"

/** An error in Placement's form; without a version when none could be agreed upon. */
export const errorOf = (status: number, detail: string, incoming: Pick<Incoming, "headers" | "requestId">, code?: string): Answer => {
  const version = negotiate(incoming.headers)
  const error = { status, title: titleOf(status), detail, request_id: incoming.requestId }
  if (typeof version !== "number") {
    return { status, body: { errors: [status === 406 ? { ...error, min_version: textOf(oldest), max_version: textOf(newest) } : error] } }
  }
  const coded = holds(behaviours.errorCodes, version) ? { ...error, code: code ?? undefinedCode } : error
  return { status, headers: versionHeaders(version), body: { errors: [coded] } }
}

/** The path is there, in this version without this method. */
export const notAllowedHere = (incoming: Pick<Incoming, "headers" | "requestId">): Answer =>
  errorOf(405, "The method specified is not allowed for this resource.", incoming)

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
