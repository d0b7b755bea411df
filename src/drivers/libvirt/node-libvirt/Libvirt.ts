/**
 * A connection that comes back: the service a program uses for as long as it runs.
 *
 * While the daemon is away calls fail at once; nothing is queued for it and nothing is repeated, since only the caller
 * knows whether a call may be made twice.
 */
import { Context, Effect, Layer, Result, Stream, SubscriptionRef } from "effect"
import { type Call, type Client, makeClient } from "./call.ts"
import { connect, type Connection, type ConnectOptions } from "./Connection.ts"
import type { EventKind, LibvirtEvent } from "./events.ts"
import { LibvirtConnectionError, type LibvirtFailure } from "./LibvirtError.ts"
import { limits } from "./limits.ts"

/**
 * What a long-lived subscriber sees. `Connected` comes first, again after every gap, and when events were lost:
 * whatever was known before it must be read anew. `Disconnected` says that from now on nothing is heard.
 */
export type LinkEvent = LibvirtEvent | { readonly _tag: "Connected" } | { readonly _tag: "Disconnected" }

export interface LibvirtShape {
  /** Every procedure, on whatever connection there is now. */
  readonly client: Client
  /** The connection of this moment. Fails with `refused` while there is none. */
  readonly connection: Effect.Effect<Connection, LibvirtConnectionError>
  /** Whether there is one at this moment. */
  readonly isConnected: () => boolean
  /** The connection of every moment from now on, or why there is none; not before the first attempt has ended. */
  readonly connections: Stream.Stream<Result.Result<Connection, LibvirtFailure>>
  /** Completes when there is a connection: at once, or after the daemon is back. */
  readonly awaitConnected: Effect.Effect<void>
  /** Events over all connections to come; never fails and never ends. */
  readonly events: (...kinds: ReadonlyArray<EventKind>) => Stream.Stream<LinkEvent>
}

type Link = Result.Result<Connection, LibvirtFailure>

const notYet: Link = Result.fail(
  new LibvirtConnectionError({ reason: "refused", message: "not connected yet", wasSent: false })
)

const noConnection = (failure: LibvirtFailure) =>
  new LibvirtConnectionError({
    reason: failure._tag === "LibvirtConnectionError" ? failure.reason : "refused",
    message: failure.message,
    wasSent: false
  })

/** Connects for ever: keeps `link` at the connection of the moment, or at why there is none. */
const keepConnected = (link: SubscriptionRef.SubscriptionRef<Link>, options: ConnectOptions) =>
  Effect.gen(function*() {
    let pauseMillis: number = limits.reconnectMillisMin
    while (true) {
      const failure = yield* Effect.scoped(
        Effect.gen(function*() {
          const connection = yield* connect(options)
          pauseMillis = limits.reconnectMillisMin
          yield* SubscriptionRef.set(link, Result.succeed(connection))
          return yield* connection.ended
        })
      ).pipe(Effect.flip)
      yield* SubscriptionRef.set(link, Result.fail(failure))
      yield* Effect.sleep(pauseMillis)
      pauseMillis = Math.min(pauseMillis * 2, limits.reconnectMillisMax)
    }
  })

/** The events of one connection; when some were lost, once more from the start. */
const eventsOf = (connection: Connection, kinds: ReadonlyArray<EventKind>): Stream.Stream<LinkEvent> =>
  Stream.unwrap(
    connection.subscribe(...kinds).pipe(
      Effect.map((events) =>
        Stream.concat(Stream.succeed<LinkEvent>({ _tag: "Connected" }), events).pipe(
          Stream.catch((error) => error._tag === "LibvirtEventsLostError" ? eventsOf(connection, kinds) : Stream.empty)
        )
      ),
      Effect.catch(() => Effect.succeed(Stream.empty))
    )
  )

const make = (options: ConnectOptions) =>
  Effect.gen(function*() {
    const link = yield* SubscriptionRef.make<Link>(notYet)
    yield* Effect.forkScoped(keepConnected(link, options))

    const connection = SubscriptionRef.get(link).pipe(
      Effect.flatMap(Effect.fromResult),
      Effect.mapError(noConnection)
    )
    const call: Call = (name, procedure, args, callOptions) =>
      Effect.flatMap(connection, (live) => live.call(name, procedure, args, callOptions))

    return {
      client: makeClient(call),
      connection,
      connections: Stream.filter(SubscriptionRef.changes(link), (current) => current !== notYet),
      isConnected: () => Result.isSuccess(SubscriptionRef.getUnsafe(link)),
      awaitConnected: SubscriptionRef.changes(link).pipe(Stream.filter(Result.isSuccess), Stream.take(1), Stream.runDrain),
      events: (...kinds) =>
        SubscriptionRef.changes(link).pipe(
          Stream.switchMap((current) =>
            Result.isSuccess(current)
              ? eventsOf(current.success, kinds)
              : Stream.succeed<LinkEvent>({ _tag: "Disconnected" })
          )
        )
    } satisfies LibvirtShape
  })

/** The libvirt of one host. */
export class Libvirt extends Context.Service<Libvirt, LibvirtShape>()("node-libvirt/Libvirt") {
  /** Starts connecting and keeps at it until the scope closes. Never fails: a missing daemon may come later. */
  static readonly layer = (options: ConnectOptions): Layer.Layer<Libvirt> => Layer.effect(Libvirt, make(options))
}

/** The same without a layer, for programs that drive several hosts. */
export const makeLibvirt = make
