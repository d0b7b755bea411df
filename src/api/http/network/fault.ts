import type { Refusal } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import type { Manners } from "../Face.ts"
import { statusOf, titleOf, tokenRefused } from "../faults.ts"

/** Errors that have no name of their own are named as WebOb names them: `HTTPBadRequest`. */
const errorOf = (status: number, message: string, type = `HTTP${titleOf(status).replaceAll(" ", "")}`): Answer => ({
  status,
  body: { NeutronError: { type, message, detail: "" } }
})

const prefix = "/network"

export const manners: Manners = {
  name: "network",
  prefix,
  faultOf: ({ code, kind, message }: Refusal, incoming) =>
    kind === "unauthorized" ? tokenRefused(incoming, prefix) : errorOf(statusOf[kind], message, code),
  crashOf: () => errorOf(500, "Request Failed: internal server error while processing your request."),
  headersOf: (incoming) => ({ "x-openstack-request-id": incoming.requestId })
}
