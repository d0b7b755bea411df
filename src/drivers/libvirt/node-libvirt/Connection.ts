/**
 * One connection to a libvirt daemon, from handshake to end.
 *
 * When the connection ends, every pending call, stream and subscription fails at once with the same typed reason, and
 * so does every later call. Nothing here connects again; `Libvirt.layer` does.
 */
import { Deferred, Effect, Queue, Result, type Scope, Semaphore, Stream } from "effect"
import { type ByteStream, openByteStream } from "./byteStream.ts"
import { type Call, callOn, type Client, makeClient } from "./call.ts"
import { type EventKind, eventRows, type LibvirtEvent } from "./events.ts"
import { LibvirtConnectionError, type LibvirtEventsLostError, type LibvirtFailure } from "./LibvirtError.ts"
import { limits } from "./limits.ts"
import { type Procedure, procedures, streamProcedures } from "./procedures.ts"
import { makeSession, type Session } from "./session.ts"
import { openSocket } from "./socket.ts"
import { parseUri } from "./uri.ts"

type StreamTable = typeof streamProcedures
type StreamArgs<Name extends keyof StreamTable> = StreamTable[Name] extends Procedure<infer Args, infer _> ? Args : never

/** A live connection; it closes with the scope it was made in. */
export interface Connection extends Client {
  /** Calls a procedure that has no row of its own. */
  readonly call: Call
  /**
   * Starts a byte stream (console, volume upload or download, screenshot). A reader slower than the daemon pauses the
   * *whole connection*, so give long transfers a connection of their own.
   */
  readonly openStream: <Name extends keyof StreamTable>(
    name: Name,
    args: StreamArgs<Name>
  ) => Effect.Effect<ByteStream, LibvirtFailure, Scope.Scope>
  /**
   * Registers for events. Once this effect is done, nothing that happens later is missed, so subscribe first and list
   * afterwards. The stream fails when the connection ends, or when it was read too slowly and events were lost.
   */
  readonly subscribe: (
    ...kinds: ReadonlyArray<EventKind>
  ) => Effect.Effect<
    Stream.Stream<LibvirtEvent, LibvirtConnectionError | LibvirtEventsLostError>,
    LibvirtFailure,
    Scope.Scope
  >
  /** Fails with the reason when the connection ends; never succeeds. */
  readonly ended: Effect.Effect<never, LibvirtConnectionError>
}

export interface ConnectOptions {
  /** `qemu:///system`, `qemu+unix:///system?socket=PATH`, `qemu+tcp://host:port/system`, `test:///default`, `lxc:///`. */
  readonly uri: string
  /** Where a session daemon keeps its socket, `$XDG_RUNTIME_DIR`; only for `…:///session`. */
  readonly runtimeFolder?: string
  readonly keepAliveMillis?: number
  readonly keepAliveMissesMax?: number
}

/** libvirt's number of the feature "answers keepalive questions". */
const keepAliveFeature = 10
const authNone = 0
const authPolkit = 2

const authenticate = (client: Client) =>
  Effect.gen(function*() {
    const offered = yield* client.authList()
    if (offered.includes(authNone) || offered.length === 0) return
    if (offered.includes(authPolkit)) return void (yield* client.authPolkit())
    return yield* new LibvirtConnectionError({
      reason: "refused", message: `the daemon asks for authentication of kinds ${offered.join(", ")}`, wasSent: false
    })
  })

const keepAlive = (session: Session, options: ConnectOptions) => {
  const missesMax = options.keepAliveMissesMax ?? limits.keepAliveMissesMax
  let misses = 0
  let seen = 0
  return Effect.sync(() => {
    const now = session.framesReceived()
    // Anything that arrives is a sign of life; while we do not listen ourselves, silence says nothing.
    misses = now !== seen || session.streams.isPaused() ? 0 : misses + 1
    seen = now
    if (misses > missesMax) session.end("silent", `no answer to ${missesMax} keepalive questions`)
    else session.ping()
  }).pipe(
    Effect.delay(options.keepAliveMillis ?? limits.keepAliveMillis),
    Effect.repeat({ until: () => session.failure() !== undefined })
  )
}

const makeSubscribe = (session: Session, client: Client): Effect.Effect<Connection["subscribe"]> =>
  Effect.gen(function*() {
    const registered = new Set<EventKind>()
    const lock = yield* Semaphore.make(1)
    const register = (kind: EventKind) =>
      Effect.suspend(() =>
        registered.has(kind)
          ? Effect.void
          : client.connectRegisterEvent({ eventId: eventRows[kind].id, domain: null }).pipe(
            Effect.tap(() => Effect.sync(() => registered.add(kind)))
          )
      )
    return (...kinds) =>
      Effect.gen(function*() {
        const failure = session.failure()
        if (failure !== undefined) return yield* failure
        const queue = yield* Queue.dropping<LibvirtEvent, LibvirtConnectionError | LibvirtEventsLostError>(
          limits.eventsBufferedMax
        )
        const subscriber = { kinds: new Set(kinds), queue }
        yield* Effect.acquireRelease(
          Effect.sync(() => session.subscribers.add(subscriber)),
          () => Effect.sync(() => session.subscribers.delete(subscriber))
        )
        yield* Semaphore.withPermit(lock, Effect.forEach(kinds, register, { discard: true }))
        return Stream.fromQueue(queue)
      })
  })

const farewell = (session: Session) =>
  Effect.sync(() => {
    if (session.failure() !== undefined) return
    // The daemon frees what we hold when it reads this; nobody needs to wait for its answer.
    const { number: procedure, program } = procedures.connectClose
    session.calls.start({ name: "connectClose", program, procedure, body: new Uint8Array(), done: () => {} })
    session.end("released", "the connection was closed by its owner")
  })

/**
 * Connects, authenticates (none or polkit) and opens the URI.
 *
 * Fails with `LibvirtConnectionError` when the socket is refused, with `LibvirtError` when the daemon declines.
 */
export const connect = (
  options: ConnectOptions
): Effect.Effect<Connection, LibvirtFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const target = parseUri(options.uri, options.runtimeFolder)
    if (Result.isFailure(target)) return yield* target.failure
    const socket = yield* openSocket(target.success.endpoint)
    const session = makeSession(socket)
    const call: Call = (name, procedure, args, callOptions) => callOn(session, name, procedure, args, callOptions)
    const client = makeClient(call)
    yield* Effect.addFinalizer(() => farewell(session))

    yield* authenticate(client)
    const isKeepAliveKnown = yield* client.connectSupportsFeature({ feature: keepAliveFeature })
    yield* client.connectOpen({ name: target.success.name })
    if (isKeepAliveKnown) yield* Effect.forkScoped(keepAlive(session, options))

    const connection: Connection = {
      ...client,
      call,
      openStream: (name, args) =>
        openByteStream(session, name, streamProcedures[name] as object as Procedure<typeof args, unknown>, args),
      subscribe: yield* makeSubscribe(session, client),
      ended: Deferred.await(session.ended)
    }
    return connection
  }).pipe(
    Effect.timeoutOrElse({
      duration: limits.connectMillisMax,
      orElse: () =>
        Effect.fail(
          new LibvirtConnectionError({
            reason: "refused", message: `no handshake within ${limits.connectMillisMax} ms`, wasSent: true
          })
        )
    })
  )
