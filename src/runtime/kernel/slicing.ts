import { Clock, Effect, Semaphore } from "effect"
import { type Refusal, refuse } from "../../actors/shared/Refusal.ts"
import type { Steps } from "../../actors/shared/Steps.ts"
import { Limits } from "../Limits.ts"

type Slice<A> = { readonly _tag: "Paused" | "Late" } | { readonly _tag: "Done"; readonly value: A }

const paused: Slice<never> = { _tag: "Paused" }
const late: Slice<never> = { _tag: "Late" }
const sliceNanos = BigInt(Limits.sliceMicrosMax) * 1000n

const tooLong = refuse(
  "unavailable", `The computation was given up after ${Limits.slicedMillisMax / 1000} s: ask for less, or when there is less to do.`, "ComputationTimeout"
)

/** A stretch of steps, short enough for everybody else. The first that begins when the time is up is the last. */
const slice = <A>(steps: Steps<A>, clock: Clock.Clock, deadlineMillis: number): Slice<A> => {
  const until = clock.monotonicTimeNanosUnsafe() + sliceNanos
  const isLate = clock.currentTimeMillisUnsafe() >= deadlineMillis
  for (let step = 0; step < Limits.sliceStepsMax; step++) {
    const next = steps.next(isLate)
    if (next.done === true) return { _tag: "Done", value: next.value }
    if (clock.monotonicTimeNanosUnsafe() >= until) break
  }
  return isLate ? late : paused
}

/** Long computations beside other work: each has a slice between two turns of the event loop, and all of them together no more. */
export const slicing: Effect.Effect<<A>(steps: Steps<A>, deadlineMillis: number) => Effect.Effect<A, Refusal>> =
  Effect.map(Semaphore.make(1), (turn) => <A>(steps: Steps<A>, deadlineMillis: number) =>
    Clock.clockWith((clock) => {
      const next: Effect.Effect<A, Refusal> = Effect.suspend(() =>
        Effect.flatMap(
          turn.withPermit(Effect.andThen(Effect.yieldNow, Effect.sync(() => slice(steps, clock, deadlineMillis)))),
          (made) => made._tag === "Done" ? Effect.succeed(made.value) : made._tag === "Late" ? Effect.fail(tooLong) : next
        ))
      return next
    }))
