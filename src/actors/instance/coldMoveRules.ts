import { isoOf } from "../shared/time.ts"
import type { Outcome } from "./InstanceCommand.ts"
import { advance, endingOf, type Ending, type Events, type Failure, moved, type Moving, retriesOf, stay, undoing, undone } from "./moveEvents.ts"

// Of a guest that is off while it moves: what it is made of stays at the source until the move is confirmed, so nothing is in doubt.

const completed = (atMillis: number): Events => [{ _tag: "TaskCompleted", at: isoOf(atMillis) }]

/** A task that failed leaves the move as it was, to be confirmed or reverted again. */
const kept = (of: Moving, { code, details, message }: Failure, atMillis: number): Events => {
  const at = isoOf(atMillis)
  return [{ _tag: "TaskFailed", vmState: of.vmState, fault: { code, message, details, createdAt: at }, work: null, at }]
}

/** First nothing is left at the destination; then the source starts what it had stopped. */
const swept = (of: Moving, ending: Ending, atMillis: number): Events =>
  ending.isAtSource ? undone(of, ending, atMillis) : undoing(of, "abort", ending, atMillis)

const broken = (of: Moving, ending: Ending, atMillis: number): Events => stay({ ...of, vmState: "error" }, ending, "error", atMillis)

const isReverting = ({ work }: Moving): boolean => work.action === "revertResize"

/** A step of a migration or resize, or of what decides one, is done. */
export const done = (of: Moving, _: Extract<Outcome, { _tag: "Done" }>, atMillis: number): Events => {
  const { ending } = of.migration
  switch (of.work.step) {
    case "prepare": return advance(of, "migrate", atMillis, { status: "migrating", task: "resize_migrating" })
    case "migrate": return advance(of, "finish", atMillis, { status: "post-migrating", task: "resize_finish" })
    case "finish": return moved(of, "rebind", "finished", atMillis)
    case "rebind": return isReverting(of) && ending !== undefined ? broken(of, ending, atMillis) : completed(atMillis)
    case "confirm": return completed(atMillis)
    case "cancel": return isReverting(of) ? advance(of, "abort", atMillis) : swept(of, ending!, atMillis)
    case "abort": return isReverting(of) ? moved(of, "rebind", "reverting", atMillis, true) : undone(of, ending!, atMillis)
    default: return []
  }
}

/** A step failed, or nobody answered in time. */
export const failed = (of: Moving, failure: Failure, isExpired: boolean, atMillis: number): Events => {
  const { ending } = of.migration
  switch (of.work.step) {
    case "select": return stay(of, failure, "error", atMillis)
    case "prepare": return undoing(of, "cancel", endingOf(failure, "error", true, retriesOf(of, failure)), atMillis)
    case "migrate": case "finish": return undoing(of, "cancel", endingOf(failure, "error", false), atMillis)
    case "rebind": return done(of, { _tag: "Done" }, atMillis)
    case "confirm": return kept(of, failure, atMillis)
    case "cancel":
      if (isReverting(of)) return kept(of, failure, atMillis)
      // Who does not answer is asked again for a while; what is left there goes when it does.
      return isExpired || ending!.isAtSource ? swept(of, ending!, atMillis) : []
    case "abort":
      return isReverting(of) ? moved(of, "rebind", "reverting", atMillis, true, endingOf(failure, "error", true)) : broken(of, ending!, atMillis)
    default: return []
  }
}
