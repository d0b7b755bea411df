/** `kilonova/rpc`: a typed client of a running cloud, over HTTP or a websocket. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Context, Layer } from "effect"
import { Headers } from "effect/http"
import { RpcClient, RpcMiddleware, RpcSerialization } from "effect/rpc"
import type { RpcClientError } from "effect/rpc"
import { Authenticated, KilonovaRpcs } from "./contract.ts"

export * from "./contract.ts"

export interface ClientOptions {
  /** The cloud's origin, `http://127.0.0.1:8774`. */
  readonly url: string
  /** A token of its identity service. */
  readonly token: string
}

/** Calls by name: `client.CreateServer({ name, flavorId })`, `client.Events({ after: null })`. */
export class KilonovaClient extends Context.Service<
  KilonovaClient,
  RpcClient.FromGroup<typeof KilonovaRpcs, RpcClientError.RpcClientError>
>()("kilonova/api/rpc/KilonovaClient") {}

const credential = (token: string) =>
  RpcMiddleware.layerClient(Authenticated, ({ next, request }) =>
    next({ ...request, headers: Headers.set(request.headers, "x-auth-token", token) }))

const client = (token: string) =>
  Layer.effect(KilonovaClient, RpcClient.make(KilonovaRpcs, { disableTracing: true })).pipe(Layer.provide(credential(token)))

export const layerHttp = ({ token, url }: ClientOptions): Layer.Layer<KilonovaClient> =>
  client(token).pipe(
    Layer.provide(RpcClient.layerProtocolHttp({ url: `${url}/rpc` })),
    Layer.provide([RpcSerialization.layerNdjson, NodeHttpClient.layerUndici])
  )

export const layerSocket = ({ token, url }: ClientOptions): Layer.Layer<KilonovaClient> =>
  client(token).pipe(
    Layer.provide(RpcClient.layerProtocolSocket()),
    Layer.provide([RpcSerialization.layerNdjson, NodeSocket.layerWebSocket(`${url.replace(/^http/, "ws")}/rpc`)])
  )
