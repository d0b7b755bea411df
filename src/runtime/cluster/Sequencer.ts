import type { FeedEntry } from "../kernel/Journal.ts"
import type { Listeners } from "../kernel/Listeners.ts"

interface Waiter {
  readonly position: number
  readonly resume: (failed: { readonly defect: unknown } | undefined) => void
}

/**
 * Brings what this process committed and what others did into one order: projections hear every entry once, each after
 * the one before it. Whoever waits for a position is woken when they have heard it.
 */
export class Sequencer {
  readonly #listeners: Listeners
  readonly #ahead = new Map<number, FeedEntry>()
  #waiters: Array<Waiter> = []
  #applied: number

  constructor(listeners: Listeners, applied: number) {
    this.#listeners = listeners
    this.#applied = applied
  }

  /** The newest position that every projection has heard. */
  get applied(): number {
    return this.#applied
  }

  offer(entries: ReadonlyArray<FeedEntry>): void {
    for (const entry of entries) if (entry.position > this.#applied) this.#ahead.set(entry.position, entry)
    const group: Array<FeedEntry> = []
    for (;;) {
      const entry = this.#ahead.get(this.#applied + group.length + 1)
      if (entry === undefined) break
      group.push(entry)
    }
    if (group.length === 0) return
    for (const { position } of group) this.#ahead.delete(position)
    this.#applied += group.length
    this.#wake(this.#listeners.tell(group))
  }

  /** `resume` is called once the position was heard; at once where it was. Answers how to give up waiting. */
  wait(position: number, resume: Waiter["resume"]): () => void {
    if (position <= this.#applied) {
      resume(undefined)
      return () => {}
    }
    const waiter = { position, resume }
    this.#waiters.push(waiter)
    return () => { this.#waiters = this.#waiters.filter((other) => other !== waiter) }
  }

  #wake(failed: { readonly defect: unknown } | undefined): void {
    if (this.#waiters.length === 0) return
    const due = this.#waiters.filter(({ position }) => position <= this.#applied)
    if (due.length === 0) return
    this.#waiters = this.#waiters.filter(({ position }) => position > this.#applied)
    for (const { resume } of due) resume(failed)
  }
}
