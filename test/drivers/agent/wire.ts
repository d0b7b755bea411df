/** A wire between an agent and a runner that a test may freeze: nothing arrives any more, and nobody is told. */
import { connect, createServer, type Socket } from "node:net"
import { Effect } from "effect"
import type { Scope } from "effect"

export interface Wire {
  readonly url: string
  readonly freeze: () => void
  /** Cuts what is frozen, and lets new connections through. */
  readonly thaw: () => void
  readonly connections: () => number
}

export const makeWire = (target: string): Effect.Effect<Wire, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Wire & { readonly close: () => void }>((resume) => {
      const { hostname, port } = new URL(target)
      const pairs = new Set<readonly [Socket, Socket]>()
      let isFrozen = false
      let connections = 0
      const end = ([near, far]: readonly [Socket, Socket]) => {
        near.destroy()
        far.destroy()
      }
      const server = createServer((near) => {
        connections += 1
        const far = connect({ host: hostname, port: Number(port) })
        const pair = [near, far] as const
        pairs.add(pair)
        for (const [from, to] of [[near, far], [far, near]] as const) {
          from.on("data", (bytes) => isFrozen || to.write(bytes))
          from.on("error", () => {})
          from.on("close", () => {
            pairs.delete(pair)
            end(pair)
          })
        }
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
        resume(Effect.succeed({
          url,
          freeze: () => void (isFrozen = true),
          thaw: () => {
            pairs.forEach(end)
            isFrozen = false
          },
          connections: () => connections,
          close: () => {
            pairs.forEach(end)
            server.close()
          }
        }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )
