import type { Refusal, RefusalKind } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"

/** Status, and the type of errors that have no name of their own. */
const kinds: Readonly<Record<RefusalKind, readonly [status: number, type: string]>> = {
  badRequest: [400, "HTTPBadRequest"],
  unauthorized: [401, "HTTPUnauthorized"],
  forbidden: [403, "HTTPForbidden"],
  notFound: [404, "HTTPNotFound"],
  conflict: [409, "HTTPConflict"],
  tooLarge: [413, "HTTPRequestEntityTooLarge"],
  unsupportedMediaType: [415, "HTTPUnsupportedMediaType"],
  notImplemented: [501, "HTTPNotImplemented"],
  unavailable: [503, "HTTPServiceUnavailable"]
}

const errorOf = (status: number, type: string, message: string): Answer => ({
  status,
  body: { NeutronError: { type, message, detail: "" } }
})

/** The token check stands before Neutron and words its refusal its own way. */
const unauthorized = (message: string, incoming: Incoming): Answer => ({
  status: 401,
  headers: { "www-authenticate": `Keystone uri="${new URL(incoming.base).origin}/identity"` },
  body: { error: { code: 401, title: "Unauthorized", message } }
})

export const manners: Manners = {
  name: "network",
  prefix: "/network",
  faultOf: ({ code, kind, message }: Refusal, incoming) => {
    if (kind === "unauthorized") return unauthorized(message, incoming)
    const [status, type] = kinds[kind]
    return errorOf(status, code ?? type, message)
  },
  crashOf: () => errorOf(500, "HTTPInternalServerError", "Request Failed: internal server error while processing your request."),
  headersOf: (incoming) => ({ "x-openstack-request-id": incoming.requestId })
}
