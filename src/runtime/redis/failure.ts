import { ErrorReply } from "redis"
import { Schema } from "effect"

/** What came instead of an answer. `code` is the first word of the server's error; `CONNECTION`: it did not answer. */
export class RedisFailure extends Schema.TaggedError<RedisFailure>()("RedisFailure", {
  code: Schema.String,
  message: Schema.String
}) {}

export const connectionFailure = (message: string): RedisFailure => new RedisFailure({ code: "CONNECTION", message })

/** Of an address with several numbers Node says nothing but the code. */
const messageOf = (error: Error): string =>
  error.message !== "" ? error.message : "code" in error ? String(error.code) : error.name

export const failureOf = (error: unknown): RedisFailure => {
  if (error instanceof RedisFailure) return error
  if (!(error instanceof Error)) return connectionFailure(String(error))
  const message = messageOf(error)
  if (!(error instanceof ErrorReply)) return connectionFailure(message)
  return new RedisFailure({ code: /^[A-Z]+/.exec(message)?.[0] ?? "ERR", message })
}

/**
 * Another server is to be asked now: a demoted master, a slot that has moved, a password that was changed. Whoever
 * looks the address up again finds the right one.
 */
const misplaced = new Set(["READONLY", "MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "UNBLOCKED", "NOAUTH"])

export const isMisplaced = (failure: RedisFailure): boolean => misplaced.has(failure.code)
