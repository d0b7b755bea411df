/** What the front says itself. */
import type { Lost, NoRunner } from "./forward.ts"

export interface Own {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const own = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Own => {
  const text = JSON.stringify(body)
  return { status, headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)), ...headers }, body: text }
}

const problem = (code: number, title: string, message: string, headers?: Readonly<Record<string, string>>) =>
  own(code, { error: { code, title, message } }, headers)

export const failed = (error: Lost | NoRunner): Own =>
  error._tag === "NoRunner"
    ? problem(503, "Service Unavailable", "No runner of this cloud is ready: try again soon.", { "retry-after": "1" })
    : problem(
      502,
      "Bad Gateway",
      `The runner was lost before it answered (${error.message}). Whether it did what was asked is not known: look before you ask again.`
    )

export const slowBody = problem(408, "Request Timeout", "The request's body did not arrive in time.", { connection: "close" })

/** Each runner has its own; one at random would be read as the cloud's. */
export const ofEach = problem(404, "Not Found", "Every runner has its own: ask them one by one, on their own ports.")

export const health = (ready: number, known: number): Own =>
  own(ready > 0 ? 200 : 503, { status: ready > 0 ? "ready" : "no runner is ready", runners: { ready, known } })

/** As it goes over a connection that Node's server has given away. */
export const onTheWire = ({ body, headers, status }: Own): string =>
  [`HTTP/1.1 ${status} ${status === 503 ? "Service Unavailable" : "Bad Gateway"}`,
    ...Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}`), "", body].join("\r\n")
