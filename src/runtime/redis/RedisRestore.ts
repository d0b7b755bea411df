/** Fills an empty store with what a backup says. Until that is done nobody can open it. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { formatVersion } from "./openStore.ts"
import type { RedisFailure } from "./failure.ts"
import type { Keys } from "./keys.ts"
import { encodeRecord } from "./record.ts"
import type { Record } from "./record.ts"
import { number, text } from "./replies.ts"
import { runScript } from "./runScript.ts"
import type { Send } from "./runScript.ts"
import * as scripts from "./scripts/restore.ts"
import { settingsOf } from "./settings.ts"
import type { Options } from "./settings.ts"
import type { RedisOpenError } from "./RedisOpenError.ts"
import { openMaster } from "./topology.ts"

export interface RestoredStream extends Record {
  readonly type: string
  readonly id: string
}

export interface RedisRestore {
  /** Takes the store; answers what is in the way: it is used, or another restore was cut short. */
  readonly begin: Effect.Effect<"" | "used" | "restoring", RedisFailure>
  /** The last word on a stream holds; `state: null` removes it. */
  readonly write: (streams: ReadonlyArray<RestoredStream>) => Effect.Effect<void, RedisFailure>
  /** How many streams it has of these types. */
  readonly count: (types: Iterable<string>) => Effect.Effect<number, RedisFailure>
  readonly finish: (cloud: {
    readonly cloudId: string
    readonly timeline: number
    readonly position: number
    readonly epochs: Readonly<{ readonly [shard: string]: number }>
  }) => Effect.Effect<void, RedisFailure>
  /** All keys of the store. */
  readonly pattern: string
}

const commandsOf = (keys: Keys, streams: ReadonlyArray<RestoredStream>): ReadonlyArray<ReadonlyArray<string>> => {
  const last = new Map(streams.map((stream) => [JSON.stringify([stream.type, stream.id]), stream]))
  const commands: Array<ReadonlyArray<string>> = []
  for (const { id, state, type, ...rest } of last.values()) {
    if (state === null) commands.push(["HDEL", keys.versions(type), id], ["HDEL", keys.states(type), id])
    else {
      commands.push(
        ["HSET", keys.versions(type), id, String(rest.version)],
        ["HSET", keys.states(type), id, encodeRecord({ ...rest, state })]
      )
    }
  }
  for (const type of new Set(streams.map((stream) => stream.type))) commands.push(["SADD", keys.types, type])
  return commands
}

export const make = (options: Options): Effect.Effect<RedisRestore, RedisFailure | RedisOpenError, Scope.Scope> =>
  Effect.gen(function*() {
    const { commandMillis, keys, site } = yield* settingsOf(options)
    const link = yield* openMaster(site, commandMillis)
    const send: Send = link.send
    return {
      begin: Effect.map(
        runScript(send, scripts.begin, [keys.meta, keys.position, keys.feed, keys.epochs, keys.types, keys.members], []),
        (reply) => {
          const found = text(reply)
          return found === "used" || found === "restoring" ? found : ""
        }
      ),
      write: (streams) => Effect.asVoid(send(commandsOf(keys, streams))),
      count: (types) =>
        Effect.map(send([...types].map((type) => ["HLEN", keys.states(type)])), (counts) =>
          counts.reduce<number>((sum, count) => sum + number(count), 0)),
      finish: ({ cloudId, epochs, position, timeline }) =>
        Effect.asVoid(runScript(send, scripts.finish, [keys.meta, keys.position, keys.epochs], [
          String(formatVersion), cloudId, String(timeline), String(position),
          ...Object.entries(epochs).flatMap(([shard, epoch]) => [shard, String(epoch)])
        ])),
      pattern: keys.pattern
    }
  })
