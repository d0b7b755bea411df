import { Effect, Exit, Latch } from "effect"
import { JournalUnavailable } from "../kernel/Journal.ts"
import type { StoreHead, StoreUnavailable } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import type { Meter } from "./metrics.ts"
import type { Sequencer } from "./Sequencer.ts"

type Resume = (effect: Effect.Effect<void, JournalUnavailable>) => void

/**
 * For reads that come after a write, whichever process answered that: asks the store for its newest position and waits
 * until the projections have heard it. Those who ask while one question is under way share the next one.
 */
export class Barrier {
  readonly #head: Effect.Effect<StoreHead, StoreUnavailable>
  readonly #sequencer: Sequencer
  readonly #meter: Meter
  readonly #asked = Latch.makeUnsafe(false)
  #waiting = new Set<Resume>()

  constructor(head: Effect.Effect<StoreHead, StoreUnavailable>, sequencer: Sequencer, meter: Meter) {
    this.#head = head
    this.#sequencer = sequencer
    this.#meter = meter
  }

  get sync(): Effect.Effect<void, JournalUnavailable> {
    return Effect.callback<void, JournalUnavailable>((resume) => {
      const own: Resume = (effect) => resume(effect)
      this.#waiting.add(own)
      this.#asked.openUnsafe()
      return Effect.sync(() => void this.#waiting.delete(own))
    }).pipe(Effect.timeoutOrElse({ duration: Limits.syncMillisMax, orElse: () => unavailable("not in time") }))
  }

  /** Puts the questions, one after another, for ever. */
  get run(): Effect.Effect<never> {
    return Effect.forever(Effect.suspend(() => {
      if (this.#waiting.size === 0) {
        this.#asked.closeUnsafe()
        return Effect.andThen(this.#asked.await, Effect.yieldNow)
      }
      const asking = this.#waiting
      this.#waiting = new Set()
      return Effect.map(Effect.exit(this.#head), (exit) => {
        if (Exit.isSuccess(exit)) this.#meter.lagged(Math.max(0, exit.value.position - this.#sequencer.applied))
        else this.#meter.unavailable()
        for (const resume of asking) resume(Exit.isSuccess(exit) ? this.#heard(exit.value.position) : unavailable(exit.cause))
      })
    }))
  }

  #heard(position: number): Effect.Effect<void> {
    return position <= this.#sequencer.applied ? Effect.void : Effect.callback((resume) => {
      const stop = this.#sequencer.wait(position, () => resume(Effect.void))
      return Effect.sync(stop)
    })
  }
}

const unavailable = (cause: unknown) => Effect.fail(new JournalUnavailable({ operation: "sync", cause }))
