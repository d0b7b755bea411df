/** Errors in Keystone's form. */
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"
import { statusOf, titleOf } from "../faults.ts"

const errorOf = (code: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: code,
  headers,
  body: { error: { code, message, title: titleOf(code) } }
})

const faultOf = (refusal: Refusal, incoming: Incoming): Answer => {
  const code = statusOf[refusal.kind]
  const headers: Readonly<Record<string, string>> = code === 401
    ? { "www-authenticate": `Keystone uri="${incoming.base}"` }
    : {}
  return errorOf(code, refusal.message, headers)
}

export const manners: Manners = {
  name: "identity",
  prefix: "/identity",
  faultOf,
  crashOf: () =>
    errorOf(500, "An unexpected error prevented the server from fulfilling your request."),
  headersOf: (incoming) => ({ vary: "X-Auth-Token", "x-openstack-request-id": incoming.requestId })
}

export const unknownOf = (_: Incoming, allowed: ReadonlyArray<string>): Answer =>
  allowed.length === 0
    ? errorOf(404, "The requested URL was not found on the server.")
    : errorOf(405, "The method is not allowed for the requested URL.", { allow: allowed.join(", ") })
