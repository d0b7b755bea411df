import { Effect } from "effect"
import type { Scope } from "effect"
import type { FeedEntry } from "./Journal.ts"

type Listener = (entries: ReadonlyArray<FeedEntry>) => void

/** The projections of one journal, in the order they were added. */
export interface Listeners {
  readonly add: (listener: Listener) => Effect.Effect<void, never, Scope.Scope>
  /**
   * Tells all of them. One that throws does not keep the others from hearing; its defect is returned, because its view
   * is now wrong and the commits of the group must not look as if it were right.
   */
  readonly tell: (entries: ReadonlyArray<FeedEntry>) => { readonly defect: unknown } | undefined
}

export const make = (): Listeners => {
  const listeners = new Set<Listener>()
  return {
    add: (listener) =>
      Effect.suspend(() => {
        // An own function, so that the same listener added twice is told twice and removed once.
        const own: Listener = (entries) => listener(entries)
        return Effect.acquireRelease(
          Effect.sync(() => void listeners.add(own)),
          () => Effect.sync(() => void listeners.delete(own))
        )
      }),
    tell: (entries) => {
      let failed: { readonly defect: unknown } | undefined
      for (const listener of listeners) {
        try {
          listener(entries)
        } catch (defect) {
          failed ??= { defect }
        }
      }
      return failed
    }
  }
}
