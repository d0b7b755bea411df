/** The agent's end of a websocket to a runner. One connection; dialling again is the caller's business. */
import * as NodeWS from "@effect/platform-node/NodeWS"
import { Effect, Layer, Schedule } from "effect"
import type { Scope } from "effect"
import { RpcClient, RpcSerialization } from "effect/rpc"
import type { RpcClientError } from "effect/rpc"
import * as Socket from "effect/socket/Socket"
import { Limits } from "../../runtime/Limits.ts"
import { AgentRpcs } from "./protocol.ts"

export type RunnerClient = RpcClient.FromGroup<typeof AgentRpcs, RpcClientError.RpcClientError>

/** `http://127.0.0.1:8774` → `ws://127.0.0.1:8774/agent` */
export const socketUrlOf = (controlUrl: string): string => `${controlUrl.replace(/\/+$/, "").replace(/^http/, "ws")}/agent`

/** Text of the certificates that sign the runners' own; `null`: those this machine trusts. */
export type Authority = string | null

const webSockets = (authority: Authority) =>
  Layer.succeed(Socket.WebSocketConstructor, (url) =>
    new NodeWS.WebSocket(url, {
      maxPayload: Limits.agentFrameBytesMax,
      handshakeTimeout: Limits.agentDeadMillis,
      ...(authority === null ? {} : { ca: authority })
    }))

/** Closed with the scope. Every call fails once the connection is lost. */
export const dial = (controlUrl: string, authority: Authority): Effect.Effect<RunnerClient, never, Scope.Scope> =>
  Effect.gen(function*() {
    const socket = yield* Socket.makeWebSocket(socketUrlOf(controlUrl), { openTimeout: Limits.agentDeadMillis })
    const protocol = yield* RpcClient.makeProtocolSocket({ retryPolicy: Schedule.recurs(0) }).pipe(
      Effect.provideService(Socket.Socket, socket),
      Effect.provideService(RpcSerialization.RpcSerialization, RpcSerialization.makeNdjson({ maxBufferSize: Limits.agentFrameBytesMax }))
    )
    return yield* RpcClient.make(AgentRpcs, { disableTracing: true }).pipe(
      Effect.provideService(RpcClient.Protocol, protocol)
    )
  }).pipe(Effect.provide(webSockets(authority)))
