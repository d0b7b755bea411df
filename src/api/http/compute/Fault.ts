import type { Refusal, RefusalKind } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"

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

/** Where the status is not the kind's. */
const byCode: Readonly<Record<string, number>> = { NotAcceptable: 406, Gone: 410 }

const names: Readonly<Record<number, string>> = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  405: "badMethod",
  409: "conflictingRequest",
  413: "overLimit",
  415: "badMediaType",
  429: "overLimit",
  501: "notImplemented",
  503: "serviceUnavailable"
}

export const statusOf = (refusal: Refusal): number =>
  (refusal.code === undefined ? undefined : byCode[refusal.code]) ?? statuses[refusal.kind]

const faultType = { "content-type": "application/json; charset=UTF-8" }

export const fault = (status: number, message: string): Answer => ({
  status,
  headers: faultType,
  body: { [names[status] ?? "computeFault"]: { code: status, message } }
})

export const faultOf = (refusal: Refusal): Answer => fault(statusOf(refusal), refusal.message)

/** The cause is in the log, under the request's id. */
export const crash: Answer = fault(500, "Unexpected API Error: the log has its cause, under the id of this request.")

const page = (status: number, title: string, text: string): Answer => ({
  status,
  headers: { "content-type": "text/html; charset=UTF-8" },
  text: `<html>\n <head>\n  <title>${status} ${title}</title>\n </head>\n <body>\n  <h1>${status} ${title}</h1>\n  ${text}<br /><br />\n\n\n\n </body>\n</html>`
})

/** What the layers in front of the versioned API say, in HTML as they do. */
export const unknownRoute = page(404, "Not Found", "The resource could not be found.")
export const bodyTooLarge = page(413, "Request Entity Too Large", "The body of your request was too large for this server.")

/** The token check in front of the service has its own form. */
export const unauthorized = (authUrl: string): Answer => ({
  status: 401,
  headers: { "www-authenticate": `Keystone uri="${authUrl}"` },
  body: { error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." } }
})
