import { createClient, ErrorReply } from "redis"
import { Deferred, Effect } from "effect"
import type { Scope } from "effect"
import { Limits } from "../Limits.ts"
import type { HostPort } from "./address.ts"
import { connectionFailure, failureOf, isMisplaced } from "./failure.ts"
import type { RedisFailure } from "./failure.ts"

export type Command = ReadonlyArray<string>

/** Who we are to a server, and how it proves who it is. */
export interface Login {
  readonly username: string | null
  readonly password: string | null
  readonly database: number
  /** Certificates that vouch for the server (PEM; none: those the system trusts); `null`: no TLS. */
  readonly tls: { readonly ca: string | null } | null
}

/** One connection, once: it is never mended, and nothing that was sent on it is ever sent again by itself. */
export interface Link {
  /** Written at once and in this order; fails with the first failure when all of them are answered. */
  readonly send: (commands: ReadonlyArray<Command>) => Effect.Effect<ReadonlyArray<unknown>, RedisFailure>
  /** Why it ended, when it has. */
  readonly ended: Effect.Effect<RedisFailure>
  /** What is under way fails with this. */
  readonly end: (failure: RedisFailure) => void
}

const clientOf = ({ host, port }: HostPort, { database, password, tls, username }: Login) =>
  createClient({
    RESP: 2,
    database,
    ...username === null ? {} : { username },
    ...password === null ? {} : { password },
    // What cannot be sent now is refused, not kept for later: whether to send again is the caller's decision.
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    socket: {
      host,
      port,
      connectTimeout: Limits.redisConnectMillis,
      reconnectStrategy: false,
      ...tls === null ? {} : { tls: true as const, ...tls.ca === null ? {} : { ca: tls.ca } }
    }
  })
type Client = ReturnType<typeof clientOf>

const destroy = (client: Client): void => {
  if (client.isOpen) client.destroy()
}

const exchange = async (client: Client, commands: ReadonlyArray<Command>): Promise<ReadonlyArray<unknown>> => {
  const results = await Promise.allSettled(commands.map((command) => client.sendCommand(command)))
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason
    return result.value
  })
}

const connect = (address: HostPort, login: Login) =>
  Effect.callback<Client, RedisFailure>((resume) => {
    const client = clientOf(address, login)
    // Whoever waits hears of it by `connect`, or by a command's failure.
    client.on("error", () => {})
    client.connect().then(
      () => resume(Effect.succeed(client)),
      (error: unknown) => {
        destroy(client)
        resume(Effect.fail(failureOf(error)))
      }
    )
    return Effect.sync(() => destroy(client))
  })

/**
 * Connects. Answers come in the order of the commands, so a server that answered nothing from one look to the next
 * while something waited has stalled; then the link ends, `silenceMillisMax` to twice that after the command was sent.
 */
export const open = (
  address: HostPort,
  login: Login,
  silenceMillisMax: number
): Effect.Effect<Link, RedisFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const client = yield* Effect.acquireRelease(connect(address, login), (client) => Effect.sync(() => destroy(client)))
    const ended = Deferred.makeUnsafe<RedisFailure>()
    let endedBy: RedisFailure | null = null
    const end = (failure: RedisFailure): void => {
      endedBy ??= failure
      Deferred.doneUnsafe(ended, Effect.succeed(failure))
      destroy(client)
    }
    client.on("error", (error: unknown) => end(failureOf(error)))
    let [waiting, answered, stalled] = [0, 0, -1]
    const look = Effect.sync(() => {
      if (waiting > 0 && answered === stalled) end(connectionFailure(`no answer within ${silenceMillisMax} ms`))
      stalled = waiting > 0 ? answered : -1
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(silenceMillisMax), look)))

    const send: Link["send"] = (commands) =>
      Effect.callback((resume) => {
        waiting += 1
        exchange(client, commands).then(
          (replies) => {
            waiting -= 1
            answered += 1
            resume(Effect.succeed(replies))
          },
          (error: unknown) => {
            waiting -= 1
            answered += 1
            // What a link takes down with it fails for the link's own reason.
            const failure = error instanceof ErrorReply ? failureOf(error) : endedBy ?? failureOf(error)
            if (isMisplaced(failure)) end(failure)
            resume(Effect.fail(failure))
          }
        )
      })
    return { send, ended: Deferred.await(ended), end }
  })
