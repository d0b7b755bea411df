/** What a proxy changes in the heads of messages. Rules. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http"

/** These speak of one connection and end with it (RFC 9110, 7.6.1). */
const ofConnection: ReadonlySet<string> = new Set([
  "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"
])

const passedOn = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()))
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name) && !named.has(name)))
}

/** `Host` stays, so that links in the answer lead back here; who asked is told in the usual headers. */
export const toRunner = (headers: IncomingHttpHeaders, client: string): OutgoingHttpHeaders => {
  const { expect: _, ...kept } = passedOn(headers)
  const before = headers["x-forwarded-for"]
  return {
    ...kept,
    "x-forwarded-for": before === undefined ? client : `${String(before)}, ${client}`,
    "x-forwarded-proto": headers["x-forwarded-proto"] ?? "http",
    "x-forwarded-host": headers["x-forwarded-host"] ?? headers.host ?? ""
  }
}

export const toClient = (headers: IncomingHttpHeaders, isLast: boolean): OutgoingHttpHeaders =>
  isLast ? { ...passedOn(headers), connection: "close" } : passedOn(headers)
