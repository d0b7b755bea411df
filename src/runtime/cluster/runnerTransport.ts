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

type Dial = (address: { readonly host: string; readonly port: number; readonly openTimeout: number }) => ReturnType<typeof NodeSocket.makeNet>

/**
 * A runner that stands still is given up when its lease is over, not after seconds more: what was sent to it is sent
 * again, to whoever has its shards by then.
 */
const patience = { pingInterval: Limits.leaseRefreshMillis, pingTimeout: Limits.leaseMillis }

const client = (dial: Dial) =>
  Layer.effect(Runners.RpcClientProtocol, Effect.map(RpcSerialization.RpcSerialization, (serialization) => ({
    codecFor: serialization.codecFor,
    make: ({ host, port }) =>
      dial({ host, port, openTimeout: Limits.runnerConnectMillis }).pipe(
        Effect.flatMap((socket) => Effect.provideService(RpcClient.makeProtocolSocket(patience), Socket.Socket, socket)),
        Effect.provideService(RpcSerialization.RpcSerialization, serialization)
      )
  })))

/** Whoever has no certificate of the authority is cut off before the first message. */
export const mutualTls = (tls: RunnerTls, listen: { readonly host: string; readonly port: number }) =>
  Layer.merge(
    client((address) => NodeSocket.makeTls({ ...tls, ...address, checkServerIdentity: () => undefined })),
    NodeSocketServer.layerTls({ ...tls, ...listen, requestCert: true, rejectUnauthorized: true })
  )

export const plain = Layer.merge(NodeClusterSocket.layerSocketServer, client(NodeSocket.makeNet))
