/** effect/cluster over sockets between runners, with its members and locks in the store. */
import { Layer, Option } from "effect"
import { MessageStorage, RunnerAddress, ShardingConfig, SocketRunner } from "effect/cluster"
import { RpcSerialization } from "effect/rpc"
import { Limits } from "../Limits.ts"
import * as runnerTransport from "./runnerTransport.ts"
import * as StoreRunners from "./StoreRunners.ts"

export interface Address {
  readonly host: string
  readonly port: number
}

/** What is the same for every runner of a cluster, whatever carries its messages. */
export const config = (address: Address, listen: Address = address): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
  runnerAddress: Option.some(RunnerAddress.make(address.host, address.port)),
  runnerListenAddress: Option.some(RunnerAddress.make(listen.host, listen.port)),
  shardsPerGroup: Limits.clusterShards,
  shardLockExpiration: Limits.leaseMillis,
  shardLockRefreshInterval: Limits.leaseRefreshMillis,
  refreshAssignmentsInterval: Limits.membersPollMillis,
  entityMessagePollInterval: Limits.shardPollMillis,
  simulateRemoteSerialization: false,
  maxResidentEntities: Limits.residentEntitiesMax,
  entityMailboxCapacity: Limits.instanceMailboxMax,
  entityTerminationTimeout: Limits.entityStopMillis,
  sendRetryInterval: Limits.runnerSendRetryMillis
})

/** Members are those whose lease is in force: nobody is asked whether others live. `tls` null: messages go as they are. */
export const layer = (address: Address, listen: Address, tls: runnerTransport.RunnerTls | null) =>
  SocketRunner.layer.pipe(
    Layer.provide(tls === null ? runnerTransport.plain : runnerTransport.mutualTls(tls, listen)),
    Layer.provide(StoreRunners.health),
    Layer.provideMerge(MessageStorage.layerNoop),
    Layer.provide(RpcSerialization.layerNdjsonWith({ maxBufferSize: Limits.runnerFrameBytesMax })),
    Layer.provide(ShardingConfig.layer(config(address, listen)))
  )
