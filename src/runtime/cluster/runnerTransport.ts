/** What carries messages between runners: plain sockets on a private network, or TLS by which both sides prove themselves. */
import * as NodeClusterSocket from "@effect/platform-node-shared/NodeClusterSocket"
import * as NodeSocket from "@effect/platform-node-shared/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node-shared/NodeSocketServer"
import { Effect, Layer } from "effect"
import { Runners } from "effect/cluster"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"
import { Limits } from "../Limits.ts"

/** PEM texts. Every runner has a certificate of one authority and trusts that authority alone, whatever names stand in it. */
export interface RunnerTls {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

const client = (tls: RunnerTls) =>
  Layer.effect(Runners.RpcClientProtocol, Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({
    codecFor: serialization.codecFor,
    make: ({ host, port }) =>
      NodeSocket.makeTls({ ...tls, host, port, openTimeout: Limits.runnerConnectMillis, checkServerIdentity: () => undefined }).pipe(
        Effect.flatMap((socket) => Effect.provideService(RpcClient.makeProtocolSocket(), Socket.Socket, socket)),
        Effect.provideService(RpcSerialization.RpcSerialization, serialization)
      )
  })))

/** Whoever has no certificate of the authority is cut off before the first message. */
export const mutualTls = (tls: RunnerTls, listen: { readonly host: string; readonly port: number }) =>
  Layer.merge(client(tls), NodeSocketServer.layerTls({ ...tls, ...listen, requestCert: true, rejectUnauthorized: true }))

export const plain = Layer.merge(NodeClusterSocket.layerSocketServer, NodeClusterSocket.layerClientProtocol)
