import { Layer } from "effect"
import type { MessageStorage, Runners, Sharding } from "effect/cluster"
import type { Journal } from "../kernel/Journal.ts"
import type { Ownership } from "../kernel/Ownership.ts"
import * as LocalCluster from "../local/LocalCluster.ts"
import * as MemoryJournal from "../memory/MemoryJournal.ts"
import * as FeedWatch from "../projections/FeedWatch.ts"
import * as InstancesIndex from "../projections/InstancesIndex.ts"
import * as RecordsIndex from "../projections/RecordsIndex.ts"
import * as TopologiesIndex from "../projections/TopologiesIndex.ts"
import * as SqliteJournal from "../sqlite/SqliteJournal.ts"
import * as crashPoint from "./crashPoint.ts"
import * as formats from "./formats.ts"

/** The journal, the right to write it, and the cluster that the actors live in. */
export type Base = Layer.Layer<Journal | Ownership | Sharding.Sharding | Runners.Runners | MessageStorage.MessageStorage, unknown>

/** Where the journal is: gone with the process, a file of one process, or shared by several (`sharedStorage.ts`). */
export type Storage = "memory" | { readonly sqlite: string } | { readonly shared: Base }

/** This process alone. */
const local = (storage: "memory" | { readonly sqlite: string }): Base =>
  Layer.mergeAll(LocalCluster.ownership, LocalCluster.layer).pipe(
    Layer.provideMerge(
      storage === "memory"
        ? MemoryJournal.layer
        : formats.layer.pipe(Layer.provide(crashPoint.layer), Layer.provide(SqliteJournal.layer({ path: storage.sqlite })))
    )
  )

/** All that, and what is derived from the journal. */
export const layer = (storage: Storage) =>
  TopologiesIndex.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(InstancesIndex.layer, RecordsIndex.layer, FeedWatch.layer)),
    Layer.provideMerge(typeof storage === "object" && "shared" in storage ? storage.shared : local(storage))
  )
