/** Connections that become something else: websockets of `/rpc` and `/agent`. */
import { type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from "node:http"
import type { Duplex } from "node:stream"
import { Effect } from "effect"
import { Limits } from "../Limits.ts"
import { Lost } from "./forward.ts"
import { lossOf } from "./loss.ts"
import type { Runner } from "./Runners.ts"

/** What the runner made of the wish: `socket` where it agreed. */
export interface Upgraded {
  readonly head: IncomingMessage
  readonly socket: Duplex | null
  /** What came right behind the head. */
  readonly early: Buffer
}

export const askUpgrade = (runner: Runner, path: string, headers: OutgoingHttpHeaders): Effect.Effect<Upgraded, Lost> =>
  Effect.callback<Upgraded, Lost>((resume) => {
    let isConnected = false
    const outgoing = httpRequest({ host: runner.host, port: runner.port, path, headers, agent: false })
    const waiting = setTimeout(() => outgoing.destroy(new Error("it does not answer")), Limits.frontConnectMillisMax)
    const settle = (outcome: Effect.Effect<Upgraded, Lost>) => {
      clearTimeout(waiting)
      resume(outcome)
    }
    outgoing.once("socket", (socket) => socket.once("connect", () => (isConnected = true)))
    outgoing.once("upgrade", (head, socket, early) => settle(Effect.succeed({ head, socket, early })))
    outgoing.once("response", (head) => settle(Effect.succeed({ head, socket: null, early: Buffer.alloc(0) })))
    outgoing.on("error", (error) => settle(Effect.fail(new Lost({ loss: lossOf(error, isConnected), message: error.message }))))
    outgoing.end()
    return Effect.sync(() => {
      clearTimeout(waiting)
      outgoing.destroy()
    })
  })

const headOf = ({ rawHeaders, statusCode, statusMessage }: IncomingMessage): string => {
  const lines = rawHeaders.flatMap((name, index) => index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [])
  return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines, "", ""].join("\r\n")
}

/** Lets the two sides speak with each other until one ends. */
export const join = ({ early, head, socket }: Upgraded, client: Duplex): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const other: Duplex | IncomingMessage = socket ?? head
    const end = () => {
      client.destroy()
      other.destroy()
      resume(Effect.void)
    }
    for (const side of [client, other]) side.on("error", end).on("close", end)
    client.write(headOf(head))
    client.write(early)
    other.pipe(client)
    if (socket !== null) client.pipe(socket)
    return Effect.sync(end)
  })
