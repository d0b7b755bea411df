/** `kilonova cluster backup FILE`: the whole journal's state at one position, taken while the cloud runs. */
import { Console, Effect, Stream } from "effect"
import { shardNames } from "../cluster/ClusterOwnership.ts"
import { runnerShard, Store } from "../kernel/Store.ts"
import type { StoreHead, StoreSnapshot } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { type BackupWriter, fileFormat, makeWriter } from "./backupFile.ts"
import { withStore } from "./clusterClient.ts"
import type { ClusterSettings } from "./options.ts"
import { cannotStart, type StartError } from "./StartError.ts"
import { version } from "./version.ts"

const keyOf = ({ id, type }: { readonly type: string; readonly id: string }): string => JSON.stringify([type, id])

/**
 * Writes the changes after the position it has come to; none may be missing, or the backup were of no one position. What
 * has changed is told by its changes alone: a scan may give it as it was before them.
 */
const makeFollower = (store: Store["Service"], writer: BackupWriter, opened: StoreHead) => {
  let at = opened.position
  let changes = 0
  const changed = new Set<string>()
  const page = (until: number) =>
    Effect.gen(function*() {
      const entries = yield* store.read(at, Limits.feedPageMax)
      const due = entries.filter(({ position }) => position <= until)
      const first = due[0]
      if (first !== undefined && first.position !== at + 1) {
        return yield* cannotStart(
          `The cloud changes faster than it is read: changes after ${at} are no longer kept (the oldest is ${first.position}). ` +
            "Start the runners with a longer --history, and try again"
        )
      }
      yield* writer.write(due.map(({ id, pending, state, type, version }) => ({ type, id, version, pending, state })))
      for (const entry of due) changed.add(keyOf(entry))
      at = due.at(-1)?.position ?? at
      changes += due.length
      return due.length
    })
  return {
    /** Up to what is there now, or to a position. */
    read: (until: number = Number.MAX_SAFE_INTEGER) =>
      page(until).pipe(Effect.repeat({ while: (count) => count >= Limits.feedPageMax }), Effect.asVoid),
    hasChanged: (stream: StoreSnapshot) => changed.has(keyOf(stream)),
    at: () => at,
    changes: () => changes
  }
}

/** Of every shard, and of those who are members: who is restored must not be taken for somebody of before. */
const epochsOf = (store: Store["Service"]) =>
  Effect.gen(function*() {
    const shards = [...shardNames, ...(yield* store.runners).map(({ address }) => runnerShard(address))]
    const epochs = yield* store.epochs(shards)
    return Object.fromEntries(shards.map((shard, index) => [shard, epochs[index]!]))
  })

/** Answers a sentence about the file. */
export const snapshot = (path: string) =>
  Effect.gen(function*() {
    const store = yield* Store
    const opened = yield* store.head
    const { cloudId, timeline } = opened
    const writer = yield* makeWriter(path)
    const follower = makeFollower(store, writer, opened)
    yield* writer.write([{ kilonova: "backup", format: fileFormat, release: version, cloudId, timeline, startedAtMillis: opened.atMillis }])
    let scanned = 0
    yield* store.scan(null).pipe(
      Stream.grouped(Limits.scanPageMax),
      Stream.runForEach((page) =>
        Effect.gen(function*() {
          yield* writer.write(page.filter((stream) => !follower.hasChanged(stream)))
          // Now, not at the end: the feed keeps its changes for a while only.
          yield* follower.read()
          scanned += page.length
          yield* Console.log(`${scanned} streams, ${follower.changes()} changes meanwhile`)
        }))
    )
    const ended = yield* store.head
    yield* follower.read(ended.position)
    if (ended.cloudId !== cloudId || ended.timeline !== timeline || follower.at() !== ended.position) {
      return yield* cannotStart("The store was put back, or emptied, while it was read: there is no backup. Try again")
    }
    yield* writer.write([{ epochs: yield* epochsOf(store) }])
    yield* writer.end({ position: ended.position, scanned, changes: follower.changes() })
    return `${path}: cloud ${cloudId}, timeline ${timeline}, position ${ended.position}`
  })

export const backup = (settings: ClusterSettings, path: string): Effect.Effect<void, StartError> =>
  withStore(settings, Effect.flatMap(Effect.scoped(snapshot(path)), Console.log))
