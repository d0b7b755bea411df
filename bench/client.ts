/** A cheap HTTP client: connections kept open, bodies read whole and parsed only by who wants them. */
import { Agent, request } from "node:http"
import type { IncomingHttpHeaders } from "node:http"

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Client {
  readonly send: (method: string, path: string, body?: unknown) => Promise<Answer>
  /** The body as JSON; any answer but 2xx fails with what it said. */
  readonly json: (method: string, path: string, body?: unknown) => Promise<unknown>
  /** Sends this token from now on. */
  readonly useToken: (token: string) => void
  readonly close: () => void
}

export const connect = (url: string, options: { readonly width: number; readonly millisMax?: number }): Client => {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: options.width, scheduling: "fifo" })
  const headers: Record<string, string> = {}
  const send = (method: string, path: string, body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const sent = text === undefined
        ? headers
        : { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) }
      const outgoing = request({ agent, hostname, port, method, path, headers: sent }, (incoming) => {
        let received = ""
        incoming.setEncoding("utf8")
        incoming.on("data", (chunk: string) => received += chunk)
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: received }))
        incoming.on("error", reject)
      })
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        // A kept connection that the other side ended while it was idle; there may be more of them, before one that is new.
        if (outgoing.reusedSocket && error.code === "ECONNRESET") return resolve(send(method, path, body))
        reject(new Error(`${method} ${path}: ${error.message}`, { cause: error }))
      })
      outgoing.setTimeout(options.millisMax ?? 60_000, () => outgoing.destroy(new Error("no answer in time")))
      outgoing.end(text)
    })
  return {
    send,
    json: async (method, path, body) => {
      const answer = await send(method, path, body)
      if (answer.status < 200 || answer.status > 299) {
        throw new Error(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 500)}`)
      }
      return answer.body === "" ? null : JSON.parse(answer.body) as unknown
    },
    useToken: (token) => {
      headers["x-auth-token"] = token
    },
    close: () => agent.destroy()
  }
}
