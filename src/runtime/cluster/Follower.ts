import { Effect } from "effect"
import type { Store, StoreHead, StoreUnavailable } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { type ClusterFailure, fellBehind, rolledBack } from "./Doom.ts"
import { feedEntry } from "./entries.ts"
import type { Sequencer } from "./Sequencer.ts"

interface Needs {
  readonly store: Store["Service"]
  readonly sequencer: Sequencer
  /** The store as it was when this process began. */
  readonly opened: StoreHead
  readonly doom: (failure: ClusterFailure) => Effect.Effect<void>
}

/**
 * Reads the feed as it grows, and hands it to the sequencer. A store that comes back is asked whether it still has what
 * was seen of it: the entry at the newest position must be by the same writer, on the same timeline.
 */
export const make = ({ doom, opened, sequencer, store }: Needs) => {
  /** Who wrote the newest entry that came by here, and where it stands. */
  let seen: { readonly position: number; readonly writer: string } | undefined
  let mustVerify = false

  const verify = Effect.gen(function*() {
    const head = yield* store.head
    const known = sequencer.applied
    if (head.timeline !== opened.timeline || head.cloudId !== opened.cloudId || head.position < known) {
      yield* doom(rolledBack(head.position, known))
    } else if (seen !== undefined && seen.position >= head.oldest) {
      const [entry] = yield* store.read(seen.position - 1, 1)
      if (entry?.position === seen.position && entry.writer !== seen.writer) yield* doom(rolledBack(head.position, seen.position))
    }
    mustVerify = false
  })

  const once = Effect.gen(function*() {
    if (mustVerify) yield* verify
    const entries = yield* store.follow(sequencer.applied, Limits.feedPageMax)
    const first = entries[0]
    if (first === undefined) return
    // What lies between may have been this process's own, and heard by now.
    if (first.position > sequencer.applied + 1) return yield* doom(fellBehind(sequencer.applied, first.position))
    const last = entries.at(-1)!
    seen = { position: last.position, writer: last.writer }
    sequencer.offer(entries.filter(({ position }) => sequencer.isNews(position)).map(feedEntry))
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
