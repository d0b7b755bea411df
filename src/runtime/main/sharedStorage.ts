/** The journal of one of several processes: what `kilonova runner` is built on. */
import { Layer } from "effect"
import * as ClusterJournal from "../cluster/ClusterJournal.ts"
import * as ClusterOwnership from "../cluster/ClusterOwnership.ts"
import * as ClusterSharding from "../cluster/ClusterSharding.ts"
import { Doom } from "../cluster/Doom.ts"
import { Membership } from "../cluster/Membership.ts"
import * as StoreRunners from "../cluster/StoreRunners.ts"
import type { Store } from "../kernel/Store.ts"
import * as crashPoint from "./crashPoint.ts"
import * as formats from "./formats.ts"
import type { Base } from "./storage.ts"

export interface SharedStorage {
  readonly store: Layer.Layer<Store, unknown>
  /** Told when this process must end and start again. */
  readonly doom: Doom["Service"]
  readonly members: Membership["Service"]
  /** Where the other runners reach this one, and where it listens for them. */
  readonly address: ClusterSharding.Address
  readonly listen: ClusterSharding.Address
  readonly tls: Parameters<typeof ClusterSharding.layer>[2]
  readonly about: StoreRunners.Self
}

export const layer = ({ about, address, doom, listen, members, store, tls }: SharedStorage): Base =>
  Layer.mergeAll(
    ClusterOwnership.layer,
    formats.layer.pipe(Layer.provide(crashPoint.layer), Layer.provide(ClusterJournal.layer)),
    ClusterSharding.layer(address, listen, tls).pipe(Layer.provide(StoreRunners.layer(about)))
  ).pipe(
    Layer.provide([Layer.succeed(Membership, members), Layer.succeed(Doom, doom)]),
    Layer.provide(store)
  )
