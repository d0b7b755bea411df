import { Layer } from "effect"
import * as LocalCluster from "../local/LocalCluster.ts"
import * as MemoryJournal from "../memory/MemoryJournal.ts"
import * as FeedWatch from "../projections/FeedWatch.ts"
import * as InstancesIndex from "../projections/InstancesIndex.ts"
import * as RecordsIndex from "../projections/RecordsIndex.ts"
import * as SqliteJournal from "../sqlite/SqliteJournal.ts"
import * as crashPoint from "./crashPoint.ts"

/** Where the journal is: gone with the process, or a file. */
export type Storage = "memory" | { readonly sqlite: string }

/** The journal, what is derived from it, and the right to write it. */
export const layer = (storage: Storage) =>
  Layer.mergeAll(InstancesIndex.layer, RecordsIndex.layer, FeedWatch.layer, LocalCluster.ownership).pipe(
    Layer.provideMerge(
      storage === "memory"
        ? MemoryJournal.layer
        : Layer.provide(crashPoint.layer, SqliteJournal.layer({ path: storage.sqlite }))
    )
  )
