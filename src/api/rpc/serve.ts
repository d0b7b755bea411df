import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"
import { RpcSerialization, RpcServer } from "effect/rpc"
import { KilonovaRpcs } from "./contract.ts"

/**
 * The RPC face on a path of the HTTP server: `POST` carries single calls and streams, a websocket everything. Both
 * speak newline-delimited JSON.
 */
export const make = Effect.gen(function*() {
  const options = { disableTracing: true }
  const http = yield* RpcServer.toHttpEffect(KilonovaRpcs, options)
  const socket = yield* RpcServer.toHttpEffectWebsocket(KilonovaRpcs, options)
  // The request's scope stays open while its answer streams.
  return Effect.flatMap(
    HttpServerRequest.HttpServerRequest,
    (request) => request.headers["upgrade"]?.toLowerCase() === "websocket" ? socket : http
  )
}).pipe(Effect.provide(RpcSerialization.layerNdjson))
