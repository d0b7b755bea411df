import { Effect, Latch, Layer, Stream } from "effect"
import { Journal } from "../kernel/Journal.ts"
import { Watch } from "../kernel/Watch.ts"

/**
 * A watcher holds a position and reads the feed from there each time it grew, so a slow one costs no memory and misses
 * nothing.
 */
export const layer = Layer.effect(Watch, Effect.gen(function*() {
  const journal = yield* Journal
  /** Just before the first commit of this process; unknown until then. */
  let start: number | undefined
  let newest = 0
  const grown = yield* Latch.make(false)
  yield* journal.project((entries) => {
    for (const { position } of entries) {
      start ??= position - 1
      newest = position
    }
    grown.openUnsafe()
  })

  const entries: Watch["Service"]["entries"] = (after) => Stream.suspend(() => {
    let position = after ?? (start === undefined ? undefined : newest)
    const wait: Effect.Effect<void> = Effect.suspend(() => {
      position ??= start
      if (position !== undefined && newest > position) return Effect.void
      grown.closeUnsafe()
      return Effect.andThen(grown.await, wait)
    })
    const more = Stream.suspend(() => journal.feed(position!)).pipe(
      Stream.tap((entry) => Effect.sync(() => { position = entry.position }))
    )
    return Stream.concat(after === null ? Stream.empty : more, Stream.forever(Stream.concat(Stream.fromEffectDrain(wait), more)))
  })
  return { entries }
}))
