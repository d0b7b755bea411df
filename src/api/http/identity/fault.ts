/** Errors in Keystone's form. */
import type { Refusal, RefusalKind } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"

const statuses: { readonly [K in RefusalKind]: readonly [code: number, title: string] } = {
  badRequest: [400, "Bad Request"],
  unauthorized: [401, "Unauthorized"],
  forbidden: [403, "Forbidden"],
  notFound: [404, "Not Found"],
  conflict: [409, "Conflict"],
  tooLarge: [413, "Request Entity Too Large"],
  unsupportedMediaType: [415, "Unsupported Media Type"],
  notImplemented: [501, "Not Implemented"],
  unavailable: [503, "Service Unavailable"]
}

const errorOf = (code: number, title: string, message: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: code,
  headers,
  body: { error: { code, message, title } }
})

export const faultOf = (refusal: Refusal, incoming: Incoming): Answer => {
  const [code, title] = statuses[refusal.kind]
  const headers: Readonly<Record<string, string>> = code === 401
    ? { "www-authenticate": `Keystone uri="${incoming.base}"` }
    : {}
  return errorOf(code, title, refusal.message, headers)
}

export const manners: Manners = {
  name: "identity",
  prefix: "/identity",
  faultOf,
  crashOf: () =>
    errorOf(500, "Internal Server Error", "An unexpected error prevented the server from fulfilling your request."),
  headersOf: (incoming) => ({ vary: "X-Auth-Token", "x-openstack-request-id": incoming.requestId })
}

export const unknownOf = (_: Incoming, allowed: ReadonlyArray<string>): Answer =>
  allowed.length === 0
    ? errorOf(404, "Not Found", "The requested URL was not found on the server.")
    : errorOf(405, "Method Not Allowed", "The method is not allowed for the requested URL.", { allow: allowed.join(", ") })
