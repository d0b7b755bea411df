import type { Refusal } from "../../../actors/shared/Refusal.ts"
import type { Answer } from "../Exchange.ts"
import { page, statusOf } from "../faults.ts"

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

const faultType = { "content-type": "application/json; charset=UTF-8" }

const fault = (status: number, message: string): Answer => ({
  status,
  headers: faultType,
  body: { [names[status] ?? "computeFault"]: { code: status, message } }
})

export const faultOf = ({ code = "", kind, message }: Refusal): Answer => fault(byCode[code] ?? statusOf[kind], message)

/** The cause is in the log, under the request's id. */
export const crash: Answer = fault(500, "Unexpected API Error: the log has its cause, under the id of this request.")

/** What the layers in front of the versioned API say, in HTML as they do. */
export const unknownRoute = page(404, "The resource could not be found.")
export const bodyTooLarge = page(413, "The body of your request was too large for this server.")
