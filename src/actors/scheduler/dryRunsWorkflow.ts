import { Clock, Effect, Semaphore } from "effect"
import { slicing } from "../../runtime/kernel/slicing.ts"
import { Limits } from "../../runtime/Limits.ts"
import { type Refusal, refuse } from "../shared/Refusal.ts"
import { begin } from "./whatIf/answer.ts"
import type { Surveyed } from "./whatIf/Moment.ts"
import type { WhatIfAnswer, WhatIfQuestion } from "./whatIf/WhatIf.ts"

const tooMany = refuse("unavailable", `${Limits.dryRunsWaitingMax} dry runs wait already: ask again when some are answered.`, "TooManyDryRuns")

/** Dry runs beside the scheduler's work: a few at a time, each of the cloud as it is when its turn comes. */
export const dryRuns = Effect.gen(function*() {
  const places = yield* Semaphore.make(Limits.dryRunsMax)
  const inSlices = yield* slicing
  let waiting = 0
  const one = (question: WhatIfQuestion, survey: (nowMillis: number) => Surveyed, deadlineMillis: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      Effect.flatMap(
        Effect.suspend(() => Effect.fromResult(begin(question, survey(nowMillis)))),
        (steps) => inSlices(steps, deadlineMillis)
      ))

  return (question: WhatIfQuestion, survey: (nowMillis: number) => Surveyed): Effect.Effect<WhatIfAnswer, Refusal> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      if (waiting >= Limits.dryRunsWaitingMax) return Effect.fail(tooMany)
      waiting++
      let isWaiting = true
      const leave = () => {
        if (isWaiting) waiting--
        isWaiting = false
      }
      return Effect.suspend(() => {
        leave()
        return one(question, survey, nowMillis + Limits.slicedMillisMax)
      }).pipe(places.withPermit, Effect.ensuring(Effect.sync(leave)))
    })
})
