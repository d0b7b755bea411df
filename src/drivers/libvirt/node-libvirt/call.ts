/** One call as an effect: encode, wait for a slot and a reply, decode. */
import { Duration, Effect, Result } from "effect"
import type { Ticket } from "./calls.ts"
import { type Frame, frameStatus } from "./frame.ts"
import { type LibvirtFailure, LibvirtProtocolError, LibvirtTimeoutError } from "./LibvirtError.ts"
import { type Procedure, procedures } from "./procedures.ts"
import { readRemoteError } from "./remoteError.ts"
import type { Session } from "./session.ts"
import { decode, encode } from "./xdr.ts"

export interface CallOptions {
  /** Instead of the procedure's own limit. */
  readonly timeout?: Duration.Input
}

/** Calls one procedure. */
export type Call = <Args, Return>(
  name: string,
  procedure: Procedure<Args, Return>,
  args: Args,
  options?: CallOptions
) => Effect.Effect<Return, LibvirtFailure>

const attempt = <A>(procedure: string, run: () => A): Result.Result<A, LibvirtProtocolError> => {
  try {
    return Result.succeed(run())
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return Result.fail(new LibvirtProtocolError({ procedure, message }))
  }
}

const readReply = <A, R>(name: string, procedure: Procedure<A, R>, reply: Frame): Result.Result<R, LibvirtFailure> =>
  reply.status === frameStatus.error
    ? Result.fail(readRemoteError(name, reply))
    : attempt(name, () => decode(procedure.returns, reply.body))

/**
 * Calls a procedure on a session. `onStart` sees the ticket before any reply can come.
 */
export const callOn = <Args, Return>(
  session: Session,
  name: string,
  procedure: Procedure<Args, Return>,
  args: Args,
  options?: CallOptions & { readonly onStart?: (ticket: Ticket) => void }
): Effect.Effect<Return, LibvirtFailure> => {
  const timeout = options?.timeout ?? procedure.timeoutMillis
  return Effect.callback<Return, LibvirtFailure>((resume) => {
    const failure = session.failure()
    if (failure !== undefined) return resume(Effect.fail(failure))
    const body = attempt(name, () => encode(procedure.args, args))
    if (Result.isFailure(body)) return resume(Effect.fail(body.failure))
    const ticket = session.calls.start({
      name,
      program: procedure.program,
      procedure: procedure.number,
      body: body.success,
      done: (reply) => resume(Effect.fromResult(Result.flatMap(reply, (frame) => readReply(name, procedure, frame))))
    })
    options?.onStart?.(ticket)
    return Effect.sync(ticket.cancel)
  }).pipe(
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(new LibvirtTimeoutError({ procedure: name, timeoutMillis: Duration.toMillis(timeout) }))
    })
  )
}

type Table = typeof procedures
type ArgsOf<P> = P extends Procedure<infer Args, infer _> ? Args : never
type ReturnOf<P> = P extends Procedure<infer _, infer Return> ? Return : never

/** One function for every row of `procedures`; without arguments where the row has none that must be given. */
export type Client = {
  readonly [Name in keyof Table]: {} extends ArgsOf<Table[Name]>
    ? (args?: ArgsOf<Table[Name]>, options?: CallOptions) => Effect.Effect<ReturnOf<Table[Name]>, LibvirtFailure>
    : (args: ArgsOf<Table[Name]>, options?: CallOptions) => Effect.Effect<ReturnOf<Table[Name]>, LibvirtFailure>
}

/** The table as functions. */
export const makeClient = (call: Call): Client =>
  Object.fromEntries(
    Object.entries(procedures).map(([name, procedure]) => [
      name,
      (args: object = {}, options?: CallOptions) =>
        call(name, procedure as Procedure<object, unknown>, args, options)
    ])
  ) as Client
