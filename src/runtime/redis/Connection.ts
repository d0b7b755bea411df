import { Clock, Effect, Latch, Random } from "effect"
import type { Scope } from "effect"
import { Limits } from "../Limits.ts"
import { connectionFailure } from "./failure.ts"
import type { RedisFailure } from "./failure.ts"
import type { Command, Link } from "./Link.ts"

/** A link that is replaced when it ends, for ever. */
export interface Connection {
  /**
   * Waits for a link where there is none. What was sent when a link ends fails and is not sent again: it may have been
   * carried out.
   */
  readonly send: (commands: ReadonlyArray<Command>) => Effect.Effect<ReadonlyArray<unknown>, RedisFailure>
}

/** Doubles up to the limit; half of it is chance, so that many clients do not come back in step. */
const pause = (failures: number) =>
  Effect.flatMap(Random.next, (chance) => {
    const full = Math.min(Limits.redisBackoffMillisMax, Limits.redisBackoffMillis * 2 ** Math.min(failures, 16))
    return Effect.sleep(full * (0.5 + chance / 2))
  })

/** `waitMillisMax`: how long a command waits for a link. */
export const make = (
  open: Effect.Effect<Link, RedisFailure, Scope.Scope>,
  waitMillisMax: number
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.gen(function*() {
    const ready = yield* Latch.make()
    let current: Link | null = null
    let reason = connectionFailure("not connected yet")
    /** In a row; a link that ended soon after it began is one more of them. */
    let failures = 0

    const serve = Effect.gen(function*() {
      const link = yield* open
      const since = yield* Clock.currentTimeMillis
      if (failures > 0) yield* Effect.logInfo("Redis answers again")
      current = link
      ready.openUnsafe()
      const failure = yield* link.ended
      if ((yield* Clock.currentTimeMillis) - since > Limits.redisBackoffMillisMax) failures = 0
      return failure
    }).pipe(
      Effect.ensuring(Effect.sync(() => {
        current = null
        ready.closeUnsafe()
      })),
      Effect.scoped,
      Effect.catch(Effect.succeed),
      Effect.flatMap((failure) => {
        reason = failure
        return failures++ === 0 ? Effect.logWarning(`Redis is out of reach: ${failure.message}`) : Effect.void
      }),
      Effect.andThen(Effect.suspend(() => pause(failures)))
    )
    yield* Effect.forkScoped(Effect.forever(serve))

    const linked = ready.await.pipe(
      Effect.timeoutOrElse({ duration: waitMillisMax, orElse: () => Effect.suspend(() => Effect.fail(reason)) })
    )
    const send: Connection["send"] = (commands) =>
      Effect.suspend(() => current === null ? Effect.andThen(linked, send(commands)) : current.send(commands))
    return { send }
  })
