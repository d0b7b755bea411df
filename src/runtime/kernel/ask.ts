import { Cause, Effect, Schedule } from "effect"
import { isRefusal, type Refusal, refuse } from "../../actors/shared/Refusal.ts"
import { Limits } from "../Limits.ts"
import type { Journal } from "./Journal.ts"

/** Nobody can say now what became of it; asked again, it is the same request. */
const isPassing = (refusal: Refusal): boolean => refusal.kind === "unavailable" && refusal.code === undefined

const moved = refuse("unavailable", "The actor moved to another process meanwhile. Try again.")

/**
 * An ask of an actor: bounded in time, and told as a refusal whatever the cluster says. While the actor moves to
 * another process, or the journal is away, it is asked again: every command does its work once.
 */
export const ask = <A, E extends { readonly _tag: string }, R>(asked: Effect.Effect<A, E, R>): Effect.Effect<A, Refusal, R> =>
  asked.pipe(
    // An actor that is stopped takes what it was at with it; who asks is not interrupted himself, and asks the next one.
    Effect.catchCause((cause): Effect.Effect<never, E | Refusal> => Cause.hasInterruptsOnly(cause) ? Effect.fail(moved) : Effect.failCause(cause)),
    Effect.timeout(Limits.askAttemptMillisMax),
    Effect.mapError((error) =>
      isRefusal(error) ? error : refuse("unavailable", `The request could not be taken now (${error._tag}). Try again.`)),
    Effect.retry({ while: isPassing, schedule: Schedule.upTo(Schedule.spaced(Limits.askRetryMillis), { duration: Limits.askMillisMax }) })
  )

/** Waits until this process has seen all that was committed: what an actor does before its first word as a new owner. */
export const caughtUp = (journal: Journal["Service"]): Effect.Effect<void> =>
  journal.sync.pipe(Effect.retry(Schedule.spaced(Limits.storeRetryMillis)), Effect.orDie)
