/** One address before several servers: what a service's address is that moves from a lost master to its replica. */
import { connect, createServer } from "node:net"
import type { Socket } from "node:net"
import { Effect } from "effect"
import type { Scope } from "effect"
import { freePort } from "../fixtures/redisServer.ts"

export interface Proxy {
  readonly port: number
  /** New connections go there; those there are end. */
  readonly turnTo: (port: number) => Effect.Effect<void>
}

export const makeProxy = (first: number): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.gen(function*() {
    const port = yield* freePort
    const open = new Set<Socket>()
    let target = first
    const server = createServer((near) => {
      const far = connect(target, "127.0.0.1")
      for (const [one, other] of [[near, far], [far, near]] as const) {
        open.add(one)
        one.on("error", () => other.destroy()).on("close", () => {
          open.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
    const endAll = Effect.sync(() => open.forEach((socket) => socket.destroy()))
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(port, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.andThen(endAll, Effect.sync(() => server.close()))
    )
    return { port, turnTo: (next) => Effect.andThen(Effect.sync(() => void (target = next)), endAll) }
  })
