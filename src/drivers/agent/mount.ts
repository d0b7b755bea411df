/** The path of the HTTP server that agents dial: a websocket for each host. */
import { Deferred, Effect } from "effect"
import type { Scope } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { RpcSerialization, RpcServer } from "effect/rpc"
import { Images } from "../../actors/image/ImageProtocol.ts"
import { Limits } from "../../runtime/Limits.ts"
import { AgentGateway } from "./AgentGateway.ts"
import { connection } from "./connection.ts"
import { AgentRpcs } from "./protocol.ts"

const answer = (status: number, message: string) => HttpServerResponse.jsonUnsafe({ error: { code: status, message } }, { status })
const notSocket = answer(426, "Agents connect to this path by a websocket.")
const full = answer(503, "Too many agents are connecting: try again.")

/** A stranger's messages are small; whatever is larger ends the connection. */
const serialization = (isStranger: () => boolean): RpcSerialization.RpcSerialization["Service"] => {
  const large = RpcSerialization.makeNdjson({ maxBufferSize: Limits.agentFrameBytesMax })
  return {
    ...large,
    makeUnsafe: () => {
      const parser = large.makeUnsafe()
      return {
        encode: parser.encode,
        decode: (bytes) => {
          if (isStranger() && bytes.length > Limits.agentStrangerFrameBytesMax) {
            throw new RpcSerialization.MaxBufferSizeExceeded({ maxBufferSize: Limits.agentStrangerFrameBytesMax })
          }
          return parser.decode(bytes)
        }
      }
    }
  }
}

/**
 * Serves agents until the scope closes: for `mounts` of the HTTP server, under `/agent`. It has to be the server's own
 * scope: there the server waits for its sockets before it ends what was opened earlier.
 */
export const make: Effect.Effect<
  Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest.HttpServerRequest | Scope.Scope>,
  never,
  AgentGateway | Images | Scope.Scope
> = Effect.gen(function*() {
  const server = yield* Effect.scope
  const gateway = yield* AgentGateway
  const images = yield* Images
  let connections = 0
  let strangers = 0

  const counted = Effect.acquireRelease(
    Effect.sync(() => {
      connections += 1
      strangers += 1
      let isStranger = true
      const known = () => {
        if (isStranger) strangers -= 1
        isStranger = false
      }
      return { known, isStranger: () => isStranger }
    }),
    ({ known }) => Effect.sync(() => {
      known()
      connections -= 1
    })
  )

  const serve = Effect.gen(function*() {
    const { isStranger, known } = yield* counted
    const { closed, handlers, opened } = yield* connection({ gateway, images, onAttached: known })
    // Opened after the server's sockets, and so ended before them.
    const close = Deferred.succeed(closed, undefined)
    const untilTheEnd = Effect.ensuring(Deferred.await(closed), close)
    yield* Effect.forkScoped(Effect.andThen(Deferred.await(opened), Effect.forkIn(untilTheEnd, server)))
    yield* Effect.addFinalizer(() => close)
    const { httpEffect, protocol } = yield* RpcServer.makeProtocolWithHttpEffectWebsocket.pipe(
      Effect.provideService(RpcSerialization.RpcSerialization, serialization(isStranger))
    )
    yield* RpcServer.make(AgentRpcs, { disableTracing: true, disableFatalDefects: true }).pipe(
      Effect.provideService(RpcServer.Protocol, protocol),
      Effect.provideContext(handlers),
      Effect.forkScoped
    )
    return yield* Effect.raceFirst(Effect.scoped(httpEffect), Effect.as(Deferred.await(closed), HttpServerResponse.empty()))
  })

  return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    if (request.headers["upgrade"]?.toLowerCase() !== "websocket") return Effect.succeed(notSocket)
    const isFull = connections >= Limits.agentConnectionsMax || strangers >= Limits.agentStrangersMax
    return isFull ? Effect.succeed(full) : serve
  })
})
