import { Clock, Effect } from "effect"
import { Limits } from "../../runtime/Limits.ts"

const windowMillis = 60_000

/** Logs what was refused, so many times a minute and no more: whoever knocks must not fill the disk. */
export const makeRefusalLog = () => {
  let windowStart = 0
  let logged = 0
  let dropped = 0
  return (message: string): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const isNewWindow = now - windowStart >= windowMillis
      const hidden = isNewWindow ? dropped : 0
      if (isNewWindow) [windowStart, logged, dropped] = [now, 0, 0]
      if (logged >= Limits.agentRefusalsLoggedMax) {
        dropped += 1
        return Effect.void
      }
      logged += 1
      return Effect.logWarning(`An agent was refused: ${message}${hidden === 0 ? "" : ` (and ${hidden} more in the minute before)`}`)
    })
}
