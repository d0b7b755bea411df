import type { Refusal } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"
import { page, statusOf, titleOf, tokenRefused } from "../faults.ts"

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#x27;" }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign]!)

/** A page, unless the client asks for JSON and for no page. */
const answerOf = (incoming: Incoming, status: number, message: string): Answer => {
  const accept = incoming.headers["accept"] ?? ""
  const title = titleOf(status)
  return accept.includes("application/json") && !accept.includes("text/html")
    ? { status, body: { message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title } }
    : page(status, escaped(message))
}

const prefix = "/image"

export const manners: Manners = {
  name: "image",
  prefix,
  faultOf: ({ code, kind, message }: Refusal, incoming) =>
    kind === "unauthorized"
      ? tokenRefused(incoming, prefix)
      : answerOf(incoming, code === "Gone" ? 410 : statusOf[kind], message),
  crashOf: (incoming) => answerOf(incoming, 500, "The server has either erred or is incapable of performing the requested operation."),
  headersOf: (incoming) => ({ "x-openstack-request-id": incoming.requestId })
}
