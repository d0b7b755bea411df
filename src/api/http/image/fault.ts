import type { Refusal, RefusalKind } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import type { Incoming, Manners } from "../Face.ts"

const statuses: Readonly<Record<RefusalKind, readonly [status: number, title: string]>> = {
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

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#x27;" }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign]!)

/** A page, unless the client asks for JSON and for no page. */
const pageOf = (incoming: Incoming, status: number, title: string, message: string): Answer => {
  const accept = incoming.headers["accept"] ?? ""
  const line = `${status} ${title}`
  if (accept.includes("application/json") && !accept.includes("text/html")) {
    return { status, body: { message: `${message}<br /><br />\n\n\n`, code: line, title } }
  }
  return {
    status,
    headers: { "content-type": "text/html; charset=UTF-8" },
    text: `<html>\n <head>\n  <title>${line}</title>\n </head>\n <body>\n  <h1>${line}</h1>\n  ${escaped(message)}<br /><br />\n\n\n\n </body>\n</html>`
  }
}

export const manners: Manners = {
  name: "image",
  prefix: "/image",
  faultOf: ({ code, kind, message }: Refusal, incoming) => {
    if (kind === "unauthorized") {
      return {
        status: 401,
        headers: { "www-authenticate": `Keystone uri="${new URL(incoming.base).origin}/identity"` },
        body: { error: { code: 401, title: "Unauthorized", message } }
      }
    }
    const [status, title] = code === "Gone" ? [410, "Gone"] as const : statuses[kind]
    return pageOf(incoming, status, title, message)
  },
  crashOf: (incoming) => pageOf(incoming, 500, "Internal Server Error", "The server has either erred or is incapable of performing the requested operation."),
  headersOf: (incoming) => ({ "x-openstack-request-id": incoming.requestId })
}
