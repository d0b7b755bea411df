/** What the services' errors have in common: statuses, their titles, and the words of the layers in front of them. */
import type { RefusalKind } from "../../actors/shared/Refusal.ts"
import type { Answer } from "./Exchange.ts"
import type { Incoming } from "./Face.ts"

export const statusOf: Readonly<Record<RefusalKind, number>> = {
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
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  410: "Gone",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable"
}
export const titleOf = (status: number): string => titles[status] ?? ""

/** The page WebOb makes of an error: what it says of the status, and of the case. HTML goes in as it is. */
export const page = (status: number, html: string, detail = ""): Answer => {
  const line = `${status} ${titleOf(status)}`
  return {
    status,
    headers: { "content-type": "text/html; charset=UTF-8" },
    text: `<html>\n <head>\n  <title>${line}</title>\n </head>\n <body>\n  <h1>${line}</h1>\n  ${html}<br /><br />\n${detail}\n\n\n </body>\n</html>`
  }
}

/** The check of tokens stands in front of every service but Keystone, and has its own words; `prefix` is the service's. */
export const tokenRefused = (incoming: Incoming, prefix: string): Answer => ({
  status: 401,
  headers: { "www-authenticate": `Keystone uri="${incoming.base.slice(0, -prefix.length)}/identity"` },
  body: { error: { code: 401, title: titleOf(401), message: "The request you have made requires authentication." } }
})
