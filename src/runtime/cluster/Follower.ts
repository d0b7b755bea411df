import { Effect } from "effect"
import type { Store, StoreEntry, StoreHead, StoreUnavailable } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { type ClusterFailure, fellBehind, otherTimeline, rolledBack } from "./Doom.ts"
import { feedEntry } from "./entries.ts"
import type { Sequencer } from "./Sequencer.ts"

const isSame = (one: StoreEntry, other: StoreEntry): boolean => JSON.stringify(one) === JSON.stringify(other)

interface Needs {
  readonly store: Store["Service"]
  readonly sequencer: Sequencer
  /** What this process writes comes by itself, as it was written: the feed's copies of it are passed over. */
  readonly writer: string
  /** The store as it was when this process began. */
  readonly opened: StoreHead
  readonly doom: (failure: ClusterFailure) => Effect.Effect<void>
}

/**
 * Reads the feed as it grows, and hands it to the sequencer. A store that comes back is asked whether it still has what
 * was seen of it: the entry at the newest position must be the same, on the same timeline.
 */
export const make = ({ doom, opened, sequencer, store, writer }: Needs) => {
  let read = opened.position
  /** Nothing more is read: the process has to end. */
  const end = (failure: ClusterFailure) => Effect.andThen(doom(failure), Effect.never)
  /** Nor by anybody else: who saw less would go on as if nothing had happened. */
  const condemn = (failure: ClusterFailure) => Effect.andThen(store.condemn, end(failure))
  /** The newest entry that came by here. */
  let seen: StoreEntry | undefined
  let mustVerify = false

  const verify = Effect.gen(function*() {
    const head = yield* store.head
    const known = Math.max(read, sequencer.applied)
    if (head.timeline !== opened.timeline || head.cloudId !== opened.cloudId) {
      yield* end(otherTimeline(head.timeline, opened.timeline))
    } else if (head.position < known) {
      yield* condemn(rolledBack(head.position, known))
    } else if (seen !== undefined && seen.position >= head.oldest) {
      const [entry] = yield* store.read(seen.position - 1, 1)
      if (entry?.position === seen.position && !isSame(entry, seen)) yield* condemn(rolledBack(head.position, seen.position))
    }
    mustVerify = false
  })

  const once = Effect.gen(function*() {
    if (mustVerify) yield* verify
    const entries = yield* store.follow(read, Limits.feedPageMax)
    const first = entries[0]
    if (first === undefined) return
    if (first.position > read + 1) return yield* end(fellBehind(read, first.position))
    const last = entries.at(-1)!
    seen = last
    read = last.position
    sequencer.offer(entries.filter((entry) => entry.writer !== writer).map(feedEntry))
  })

  const run: Effect.Effect<never> = once.pipe(
    Effect.catchTag("StoreUnavailable", (error: StoreUnavailable) => {
      mustVerify = true
      return Effect.andThen(Effect.logDebug("The feed cannot be read; trying again", error), Effect.sleep(Limits.storeRetryMillis))
    }),
    Effect.forever
  )

  return run
}
