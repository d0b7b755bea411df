/** A connected socket as the client needs it: bytes in, bytes out, and one report of its end. */
import { existsSync } from "node:fs"
import { createConnection, type Socket as NodeSocket } from "node:net"
import { Effect, type Scope } from "effect"
import { LibvirtConnectionError } from "./LibvirtError.ts"
import type { Endpoint } from "./uri.ts"

export interface Socket {
  /** Queues bytes; false when the kernel takes no more for now, see `drained`. */
  readonly send: (bytes: Uint8Array) => boolean
  /** Completes when queued bytes have left. Never, if the socket ends before. */
  readonly drained: Effect.Effect<void>
  readonly pause: () => void
  readonly resume: () => void
  /** Sends what is queued, then closes. */
  readonly close: () => void
  /** Starts delivery. `onEnd` is called once, with the reason. */
  readonly listen: (onData: (chunk: Buffer) => void, onEnd: (why: string) => void) => void
}

const describe = (endpoint: Endpoint): string =>
  endpoint._tag === "Tcp" ? `${endpoint.host}:${endpoint.port}` : endpoint.paths.join(" or ")

const open = (endpoint: Endpoint): NodeSocket => {
  if (endpoint._tag === "Tcp") return createConnection({ host: endpoint.host, port: endpoint.port, noDelay: true })
  const path = endpoint.paths.find((candidate) => existsSync(candidate)) ?? endpoint.paths[0] ?? ""
  return createConnection({ path })
}

const wrap = (socket: NodeSocket): Socket => ({
  send: (bytes) => socket.write(bytes),
  drained: Effect.callback<void>((resume) => {
    if (!socket.writableNeedDrain) return resume(Effect.void)
    const onDrain = () => resume(Effect.void)
    socket.once("drain", onDrain)
    return Effect.sync(() => socket.off("drain", onDrain))
  }),
  pause: () => socket.pause(),
  resume: () => socket.resume(),
  close: () => socket.destroySoon(),
  listen: (onData, onEnd) => {
    let why = "the daemon closed the connection"
    socket.removeAllListeners("error")
    socket.on("error", (error) => {
      why = error.message
    })
    socket.once("close", () => onEnd(why))
    socket.on("data", onData)
    // It may have ended between its opening and now; then no event will come.
    if (socket.destroyed) queueMicrotask(() => onEnd(why))
  }
})

/** Connects. Fails with reason `refused`; the socket is destroyed with the scope. */
export const openSocket = (endpoint: Endpoint): Effect.Effect<Socket, LibvirtConnectionError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<NodeSocket, LibvirtConnectionError>((resume) => {
      const socket = open(endpoint)
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.once("error", (error) =>
        resume(Effect.fail(
          new LibvirtConnectionError({
            reason: "refused",
            message: `${describe(endpoint)}: ${error.message}`,
            wasSent: false
          })
        )))
      return Effect.sync(() => socket.destroy())
    }),
    (socket) => Effect.sync(() => socket.destroySoon()),
    { interruptible: true }
  ).pipe(Effect.map(wrap))
