/** A byte stream as its user sees it. */
import { type Cause, Deferred, Effect, Queue, type Scope, Stream } from "effect"
import { callOn } from "./call.ts"
import { frameStatus } from "./frame.ts"
import { type LibvirtFailure, LibvirtTimeoutError } from "./LibvirtError.ts"
import { limits } from "./limits.ts"
import type { Procedure } from "./procedures.ts"
import type { Session } from "./session.ts"
import type { StreamState } from "./streams.ts"

/**
 * Bytes in both directions. The daemon's side ends `read`; ours ends with `finish`, which succeeds when the daemon has
 * taken everything. Leaving the scope without `finish` aborts.
 */
export interface ByteStream {
  /** What the daemon sends, until its end. Read it once. */
  readonly read: Stream.Stream<Uint8Array, LibvirtFailure>
  /** Sends bytes; waits while the daemon is slower than we are. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, LibvirtFailure>
  /** Says that we are done, and waits until the daemon confirms. */
  readonly finish: Effect.Effect<void, LibvirtFailure>
}

/** Why writing cannot go on: the stream was ended by the daemon, or the connection is gone. */
const interrupted = (session: Session, state: StreamState): Effect.Effect<never, LibvirtFailure> =>
  Effect.raceFirst(
    Deferred.await(state.finished).pipe(Effect.andThen(Effect.never)),
    Deferred.await(session.ended)
  )

const write = (session: Session, state: StreamState, bytes: Uint8Array) =>
  Effect.gen(function*() {
    for (let at = 0; at < bytes.length; at += limits.streamPacketBytesMax) {
      if (Deferred.isDoneUnsafe(state.finished)) return yield* Deferred.await(state.finished)
      const failure = session.failure()
      if (failure !== undefined) return yield* failure
      session.streams.send(state, frameStatus.continue, bytes.subarray(at, at + limits.streamPacketBytesMax))
      yield* Effect.raceFirst(session.socket.drained, interrupted(session, state))
    }
  })

const finish = (session: Session, state: StreamState): Effect.Effect<void, LibvirtFailure> =>
  Effect.suspend(() => {
    if (!Deferred.isDoneUnsafe(state.finished)) session.streams.send(state, frameStatus.ok)
    return Deferred.await(state.finished)
  }).pipe(
    Effect.timeoutOrElse({
      duration: limits.slowCallMillisMax,
      orElse: () =>
        Effect.fail(new LibvirtTimeoutError({ procedure: state.name, timeoutMillis: limits.slowCallMillisMax }))
    })
  )

/** Calls a procedure that opens a stream. */
export const openByteStream = <Args, Return>(
  session: Session,
  name: string,
  procedure: Procedure<Args, Return>,
  args: Args
): Effect.Effect<ByteStream, LibvirtFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const received = yield* Queue.unbounded<Uint8Array, LibvirtFailure | Cause.Done>()
    let state: StreamState | undefined

    const abort = Effect.sync(() => {
      if (state === undefined || !session.streams.drop(state) || session.failure() !== undefined) return
      session.streams.send(state, frameStatus.error)
    })
    yield* Effect.addFinalizer(() => abort)

    const id = { name, program: procedure.program, procedure: procedure.number, received }
    yield* callOn(session, name, procedure, args, {
      // The first packets may come in the same chunk as the reply, before this fiber runs again.
      onStart: ({ serial }) => {
        state = session.streams.open({ ...id, serial })
      }
    }).pipe(
      Effect.tapError(() => Effect.sync(() => state && session.streams.drop(state)))
    )
    const opened = state
    if (opened === undefined) return yield* Effect.die(`${name} was answered without being sent`)
    return {
      read: Stream.fromQueue(received).pipe(
        Stream.tap((bytes) => Effect.sync(() => session.streams.taken(opened, bytes.length)))
      ),
      write: (bytes) => write(session, opened, bytes),
      finish: finish(session, opened)
    }
  })
