import { Context, Effect, Exit, Layer, Scope } from "effect"
import type { Fiber } from "effect"
import { MessageStorage, ShardingConfig, SocketRunner } from "effect/cluster"
import { RpcSerialization } from "effect/rpc"
import { Servers } from "../../../src/actors/instance/ServersProtocol.ts"
import * as NetworkApiService from "../../../src/actors/network/NetworkApiService.ts"
import { NetworkApi } from "../../../src/actors/network/NetworkApiProtocol.ts"
import * as NetworksService from "../../../src/actors/network/NetworksService.ts"
import { NetworkStore } from "../../../src/actors/network/NetworkStoreService.ts"
import * as ClusterJournal from "../../../src/runtime/cluster/ClusterJournal.ts"
import * as ClusterOwnership from "../../../src/runtime/cluster/ClusterOwnership.ts"
import * as ClusterSharding from "../../../src/runtime/cluster/ClusterSharding.ts"
import * as Doom from "../../../src/runtime/cluster/Doom.ts"
import { Membership } from "../../../src/runtime/cluster/Membership.ts"
import * as StoreRunners from "../../../src/runtime/cluster/StoreRunners.ts"
import { InstanceIndex } from "../../../src/runtime/kernel/InstanceIndex.ts"
import { Journal } from "../../../src/runtime/kernel/Journal.ts"
import { Ownership } from "../../../src/runtime/kernel/Ownership.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import * as PlacementService from "../../../src/actors/placement/PlacementService.ts"
import * as actors from "../../../src/runtime/main/actors.ts"
import * as InstancesIndex from "../../../src/runtime/projections/InstancesIndex.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import * as TopologiesIndex from "../../../src/runtime/projections/TopologiesIndex.ts"
import * as SimFleet from "../hypervisor/SimFleet.ts"
import type { Process } from "../kernel/Process.ts"
import { contextOf } from "../kernel/SimRuntime.ts"
import type { LogLine } from "../kernel/SimRuntime.ts"
import type { World } from "../kernel/World.ts"
import type { Network } from "../network/Network.ts"
import * as SimSocket from "../network/SimSocket.ts"
import * as SimStore from "../store/SimStore.ts"
import * as SimImages from "./SimImages.ts"

const port = 1

/** effect/cluster on simulated sockets. */
const sharding = (network: Network, process: Process) => {
  const address = { host: process.name, port }
  return SocketRunner.layer.pipe(
    Layer.provide([SimSocket.layerServer(network, process), SimSocket.layerClientProtocol(network, process)]),
    Layer.provide(StoreRunners.health),
    Layer.provideMerge(MessageStorage.layerNoop),
    Layer.provide(RpcSerialization.layerNdjsonWith({ maxBufferSize: "unbounded" })),
    Layer.provide(ShardingConfig.layer(ClusterSharding.config(address)))
  )
}

const about = { release: "sim", format: 1, apiUrl: null, controlUrl: null }

const networks = Layer.mergeAll(NetworksService.layerNoDeps, NetworkApiService.layerNoDeps).pipe(Layer.provide(NetworkStore.layer))

const layerOf = (world: World, network: Network, process: Process, hostnames: ReadonlyArray<string>, doom: Doom.Doom["Service"]) =>
  actors.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(networks, PlacementService.layer)),
    Layer.provide([SimImages.layer, SimFleet.layer(world, network, process, hostnames)]),
    Layer.provideMerge(TopologiesIndex.layer),
    Layer.provideMerge(Layer.mergeAll(InstancesIndex.layer, RecordsIndex.layer)),
    Layer.provideMerge(Layer.mergeAll(
      ClusterOwnership.layer,
      ClusterJournal.layer,
      sharding(network, process).pipe(Layer.provide(StoreRunners.layer(about)))
    )),
    Layer.provide([Membership.layer(`${process.name}:${port}`), Layer.succeed(Doom.Doom, doom)]),
    Layer.provide(SimStore.layer(world, network, process))
  )

export type Service = Servers | Journal | Ownership | InstanceIndex | Records | NetworkApi

/** One start of one runner: the whole of it, from the journal up, but for its faces. */
export class Runner {
  readonly process: Process
  readonly log: Array<LogLine> = []
  /** What it offers; before that it is starting. */
  services: Context.Context<Service> | undefined
  readonly #main: Fiber.Fiber<void, unknown>
  readonly #context: Context.Context<never>

  constructor(world: World, network: Network, process: Process, hostnames: ReadonlyArray<string>, onEnd: (exit: Exit.Exit<void, unknown>) => void) {
    this.process = process
    this.#context = contextOf(world, process, this.log)
    const main: Effect.Effect<void, unknown> = Effect.scoped(Effect.gen({ self: this }, function*() {
      const doom = yield* Doom.make
      const scope = yield* Scope.Scope
      this.services = yield* Layer.buildWithScope(layerOf(world, network, process, hostnames, doom), scope)
      return yield* doom.await
    }))
    this.#main = Effect.runForkWith(this.#context)(main)
    this.#main.addObserver((exit) => {
      this.services = undefined
      onEnd(exit)
    })
  }

  /** Runs it as the runner's own API would; `null`: it is not ready. */
  call<A, E>(effect: Effect.Effect<A, E, Service>, done: (exit: Exit.Exit<A, E>) => void): boolean {
    if (this.services === undefined) return false
    const fiber = Effect.runForkWith(Context.merge(this.#context, this.services))(effect)
    fiber.addObserver(done)
    return true
  }

  /** As on SIGTERM: its finalizers run. */
  stop(): void {
    this.#main.interruptUnsafe()
  }
}
