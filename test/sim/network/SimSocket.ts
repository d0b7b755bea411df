/** Sockets between runners over the simulated network, under effect's own RPC: what production has, but for the kernel. */
import { Effect, Layer } from "effect"
import { Runners } from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket, SocketServer } from "effect/socket"
import { NetAddress } from "effect/net"
import type { Process } from "../kernel/Process.ts"
import type { End, Network } from "./Network.ts"

const closed = (code: number) => new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })
const refused = new Socket.SocketError({
  reason: new Socket.SocketOpenError({ kind: "Unknown", cause: new Error("simulated: connection refused") })
})

type Frames = readonly [string | Uint8Array, ...ReadonlyArray<string | Uint8Array>]

/** One connection as effect reads it: what came and was not pulled yet, then why nothing more comes. */
class Inbox {
  readonly #frames: Array<string | Uint8Array> = []
  #error: Socket.SocketError | undefined
  #waiter: ((effect: Effect.Effect<Frames, Socket.SocketError>) => void) | undefined

  constructor(end: End) {
    end.onMessage = (message) => {
      this.#frames.push(message as string | Uint8Array)
      this.#drain()
    }
    end.onClose = () => this.close(closed(1006))
  }

  close(error: Socket.SocketError): void {
    this.#error ??= error
    this.#drain()
  }

  readonly pull = Effect.callback<Frames, Socket.SocketError>((resume) => {
    this.#waiter = resume
    this.#drain()
    return Effect.sync(() => { if (this.#waiter === resume) this.#waiter = undefined })
  })

  #drain(): void {
    const waiter = this.#waiter
    if (waiter === undefined) return
    const frames = this.#frames.splice(0)
    if (frames.length === 0 && this.#error === undefined) return
    this.#waiter = undefined
    waiter(frames.length > 0 ? Effect.succeed(frames as unknown as Frames) : Effect.fail(this.#error!))
  }
}

/** `open` gives the end to read from; whoever writes before waits for it. */
const socketOf = (open: Effect.Effect<End, Socket.SocketError>): Socket.Socket => {
  let current: End | undefined
  const waiting = new Set<(effect: Effect.Effect<void>) => void>()
  const write = (chunk: string | Uint8Array | Socket.CloseEvent): Effect.Effect<void, Socket.SocketError> =>
    Effect.suspend(() => {
      if (current === undefined) {
        return Effect.andThen(
          Effect.callback<void>((resume) => {
            waiting.add(resume)
            return Effect.sync(() => void waiting.delete(resume))
          }),
          write(chunk)
        )
      }
      if (Socket.isCloseEvent(chunk)) current.close()
      else current.send(chunk)
      return Effect.void
    })
  return Socket.make({
    reader: Effect.gen(function*() {
      const end = yield* Effect.acquireRelease(open, (opened) => Effect.sync(() => {
        if (current === opened) current = undefined
        opened.close()
      }))
      const inbox = new Inbox(end)
      yield* Effect.addFinalizer(() => Effect.sync(() => inbox.close(closed(1006))))
      current = end
      for (const resume of waiting) resume(Effect.void)
      waiting.clear()
      return { pull: inbox.pull, upgrade: Socket.SocketUpgradeError.unsupported }
    }),
    writer: Effect.succeed({
      write,
      writeAll: (chunks) => Effect.forEach(chunks, write, { discard: true })
    })
  })
}

const openTimeoutMillis = 1_000

const connect = (network: Network, from: string, process: Process, to: string): Effect.Effect<End, Socket.SocketError> =>
  Effect.callback<End, Socket.SocketError>((resume) => {
    let isWanted = true
    network.connect(from, process, to, (end) => {
      if (!isWanted) return end?.close()
      resume(end === null ? Effect.fail(refused) : Effect.succeed(end))
    })
    return Effect.sync(() => { isWanted = false })
  }).pipe(Effect.timeoutOrElse({ duration: openTimeoutMillis, orElse: () => Effect.fail(refused) }))

export const layerClientProtocol = (network: Network, process: Process) =>
  Layer.effect(Runners.RpcClientProtocol)(Effect.gen(function*() {
    const serialization = yield* RpcSerialization.RpcSerialization
    return {
      codecFor: serialization.codecFor,
      make: (address) =>
        RpcClient.makeProtocolSocket().pipe(
          Effect.provideService(Socket.Socket, socketOf(connect(network, process.name, process, address.host))),
          Effect.provideService(RpcSerialization.RpcSerialization, serialization)
        )
    }
  }))

/** Listens under the process's name. */
export const layerServer = (network: Network, process: Process): Layer.Layer<SocketServer.SocketServer> =>
  Layer.succeed(SocketServer.SocketServer)({
    address: NetAddress.unixPathAddress(process.name),
    run: <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) =>
      Effect.contextWith((context: import("effect").Context.Context<R>) => {
        const run = Effect.runForkWith(context)
        network.listen(process.name, process, (end) => {
          // Messages may come before the handler reads: the inbox must be there first.
          run(Effect.ignoreCause(handler(socketOf(Effect.succeed(end)))))
        })
        return Effect.onInterrupt(Effect.never, () => Effect.sync(() => network.unlisten(process.name)))
      }) as Effect.Effect<never, SocketServer.SocketServerError, R>
  })
