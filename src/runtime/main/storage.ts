import { Layer } from "effect"
import type { MessageStorage, Runners, Sharding } from "effect/cluster"
import * as ClusterJournal from "../cluster/ClusterJournal.ts"
import * as ClusterOwnership from "../cluster/ClusterOwnership.ts"
import * as ClusterSharding from "../cluster/ClusterSharding.ts"
import { Doom } from "../cluster/Doom.ts"
import { Membership } from "../cluster/Membership.ts"
import * as StoreRunners from "../cluster/StoreRunners.ts"
import type { Journal } from "../kernel/Journal.ts"
import type { Ownership } from "../kernel/Ownership.ts"
import type { Store } from "../kernel/Store.ts"
import * as LocalCluster from "../local/LocalCluster.ts"
import * as MemoryJournal from "../memory/MemoryJournal.ts"
import * as FeedWatch from "../projections/FeedWatch.ts"
import * as InstancesIndex from "../projections/InstancesIndex.ts"
import * as RecordsIndex from "../projections/RecordsIndex.ts"
import * as SqliteJournal from "../sqlite/SqliteJournal.ts"
import * as crashPoint from "./crashPoint.ts"

/** One of several processes on a shared store. */
export interface ClusterStorage {
  readonly store: Layer.Layer<Store, unknown>
  /** Told when this process must end and start again. */
  readonly doom: Doom["Service"]
  /** Where the other runners reach this one, and where it listens for them. */
  readonly address: ClusterSharding.Address
  readonly listen: ClusterSharding.Address
  readonly about: StoreRunners.Self
}

/** Where the journal is: gone with the process, a file of one process, or shared. */
export type Storage = "memory" | { readonly sqlite: string } | { readonly cluster: ClusterStorage }

type Base = Layer.Layer<Journal | Ownership | Sharding.Sharding | Runners.Runners | MessageStorage.MessageStorage, unknown>

/** This process alone. */
const local = (storage: "memory" | { readonly sqlite: string }): Base =>
  Layer.mergeAll(LocalCluster.ownership, LocalCluster.layer).pipe(
    Layer.provideMerge(
      storage === "memory"
        ? MemoryJournal.layer
        : Layer.provide(crashPoint.layer, SqliteJournal.layer({ path: storage.sqlite }))
    )
  )

const shared = ({ about, address, doom, listen, store }: ClusterStorage): Base =>
  Layer.mergeAll(
    ClusterOwnership.layer,
    crashPoint.layer.pipe(Layer.provide(ClusterJournal.layer)),
    ClusterSharding.layer(address, listen).pipe(Layer.provide(StoreRunners.layer(about)))
  ).pipe(
    Layer.provide([Membership.layer(`${address.host}:${address.port}`), Layer.succeed(Doom, doom)]),
    Layer.provide(store)
  )

/** The journal, what is derived from it, the right to write it, and the cluster that the actors live in. */
export const layer = (storage: Storage) =>
  Layer.mergeAll(InstancesIndex.layer, RecordsIndex.layer, FeedWatch.layer).pipe(
    Layer.provideMerge(typeof storage === "object" && "cluster" in storage ? shared(storage.cluster) : local(storage))
  )
