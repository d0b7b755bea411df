import { isoOf } from "../shared/time.ts"
import type { Outcome } from "./InstanceCommand.ts"
import {
  advance, copyMillis, endingOf, type Events, type Failure, moved, type Moving, retriesOf, stay, undoing, undone
} from "./moveEvents.ts"

/** A step of a live migration is done. `isHere`: of an undoing host, that the guest is on it. */
export const done = (of: Moving, { isHere, target }: Extract<Outcome, { _tag: "Done" }>, atMillis: number): Events => {
  const { ending } = of.migration
  switch (of.work.step) {
    case "prepare":
      return advance(of, "migrate", atMillis, { status: "running", ...(target === undefined ? {} : { target }) }, copyMillis(of))
    case "migrate": return moved(of, "finish", "post-migrating", atMillis)
    case "finish": return advance(of, "confirm", atMillis)
    case "confirm": return advance(of, "rebind", atMillis)
    case "abort":
      return isHere === false ? moved(of, "finish", "post-migrating", atMillis) : undoing(of, "cancel", { ...ending!, isAtSource: true }, atMillis)
    case "cancel": return isHere === true ? moved(of, "finish", "post-migrating", atMillis) : undone(of, ending!, atMillis)
    case "rebind":
      return ending === undefined
        ? [{ _tag: "TaskCompleted", at: isoOf(atMillis) }]
        : stay({ ...of, vmState: "error" }, ending, ending.status, atMillis)
    default: return []
  }
}

/**
 * A step failed, or nobody answered. Nobody asks a guest to be in two places: until it is known to be at the source, both
 * hosts are asked again and again; the server may be deleted meanwhile.
 */
export const failed = (of: Moving, failure: Failure, isExpired: boolean, atMillis: number): Events => {
  const { ending } = of.migration
  switch (of.work.step) {
    case "select": return stay(of, failure, "error", atMillis)
    case "prepare": return undoing(of, "cancel", endingOf(failure, "error", true, retriesOf(of, failure)), atMillis)
    case "migrate": return undoing(of, "abort", endingOf(failure, "failed", false), atMillis)
    case "abort": return undoing(of, "cancel", ending!, atMillis)
    case "cancel":
      if (ending!.isAtSource) return undone(of, ending!, atMillis)
      return isExpired ? undoing(of, "abort", ending!, atMillis) : []
    case "finish": return advance(of, "confirm", atMillis, { ending: endingOf(failure, "error", false) })
    // What is left at the source is no reason to call the server broken.
    case "confirm": return advance(of, "rebind", atMillis)
    case "rebind": return done(of, { _tag: "Done" }, atMillis)
    default: return []
  }
}

/** Somebody thought better of it. */
export const aborted = (of: Moving, atMillis: number): Events => {
  const failure: Failure = { message: "The live migration was cancelled.", details: null, code: 409 }
  switch (of.work.step) {
    case "select": return stay(of, failure, "cancelled", atMillis)
    case "prepare": return undoing(of, "cancel", endingOf(failure, "cancelled", true), atMillis)
    case "migrate": return undoing(of, "abort", endingOf(failure, "cancelled", false), atMillis)
    default: return []
  }
}
