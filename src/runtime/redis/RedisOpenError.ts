import { Schema } from "effect"

/** The store cannot be used as it is; `message` says what is wrong and how to put it right. */
export class RedisOpenError extends Schema.TaggedError<RedisOpenError>()("RedisOpenError", {
  reason: Schema.Literals([
    "address",
    "unreachable",
    "credentials",
    "permissions",
    "version",
    "replica",
    "eviction",
    "persistence",
    "clock",
    "rolledBack",
    "newer"
  ]),
  message: Schema.String
}) {}

export type RedisOpenReason = RedisOpenError["reason"]

export const refusal = (reason: RedisOpenReason, message: string): RedisOpenError => new RedisOpenError({ reason, message })
