import { Effect, Latch, Layer, Stream } from "effect"
import { Journal } from "../kernel/Journal.ts"
import { Watch } from "../kernel/Watch.ts"

/**
 * A watcher holds a position and reads the feed from there each time it grew, so a slow one costs no memory and misses
 * nothing.
 */
export const layer = Layer.effect(Watch, Effect.gen(function*() {
  const journal = yield* Journal
  let newest = 0
  const grown = yield* Latch.make(false)
  yield* journal.project((entries) => {
    newest = Math.max(newest, entries.at(-1)?.position ?? 0)
    grown.openUnsafe()
  })

  const entries: Watch["Service"]["entries"] = (after) => Stream.suspend(() => {
    let position = after ?? newest
    const wait = Effect.gen(function*() {
      while (newest <= position) {
        grown.closeUnsafe()
        yield* grown.await
      }
    })
    const more = Stream.suspend(() => journal.feed(position)).pipe(
      Stream.tap((entry) => Effect.sync(() => { position = entry.position }))
    )
    return Stream.concat(after === null ? Stream.empty : more, Stream.forever(Stream.concat(Stream.fromEffectDrain(wait), more)))
  })
  return { entries }
}))
