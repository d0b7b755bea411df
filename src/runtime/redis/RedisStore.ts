/** The store of several processes in one Redis: a server, one watched by sentinels, or one slot of a cluster. */
import { Effect, Layer, Stream } from "effect"
import { Store, StoreRolledBack, StoreUnavailable } from "../kernel/Store.ts"
import type { StoreHead } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { encodeBatch } from "./batch.ts"
import * as Connection from "./Connection.ts"
import { durably } from "./durably.ts"
import { membership, named } from "./membership.ts"
import { openStore } from "./openStore.ts"
import type { RedisOpenError } from "./RedisOpenError.ts"
import { batchReply, list, number, text } from "./replies.ts"
import { runScript } from "./runScript.ts"
import { acquire as acquireScript } from "./scripts/acquire.ts"
import { commit as commitScript } from "./scripts/commit.ts"
import { condemn as condemnScript } from "./scripts/condemn.ts"
import { head as headScript } from "./scripts/head.ts"
import { settingsOf } from "./settings.ts"
import type { Options } from "./settings.ts"
import * as streams from "./streams.ts"
import { openMaster } from "./topology.ts"

/** Of a store that was emptied: no cloud's id, and position 0, which is behind everybody who ever saw it. */
const headOf = (reply: unknown): StoreHead => {
  const [cloudId, timeline, position, oldest, atMillis] = list(reply)
  return {
    cloudId: text(cloudId),
    timeline: number(timeline),
    position: number(position),
    oldest: number(oldest),
    atMillis: number(atMillis)
  }
}

const make = Effect.fnUntraced(function*(options: Options) {
  const settings = yield* settingsOf(options)
  const { commandMillis, history, keys, replicas, site } = settings
  const opened = yield* openStore(settings)
  const { send } = yield* Connection.make(openMaster(site, commandMillis), commandMillis)
  const blocking = yield* Connection.make(openMaster(site, commandMillis + Limits.redisFollowMillis), commandMillis)
  const run = durably(send, replicas, Math.ceil(commandMillis / 2))

  return Store.of({
    head: runScript(send, headScript, [keys.meta, keys.position, keys.feed], []).pipe(
      Effect.map(headOf),
      named("head")
    ),
    commit: (batch) =>
      Effect.suspend(() => {
        const { argv, keys: touched } = encodeBatch(keys, opened, history, batch)
        return run(commitScript, touched, argv)
      }).pipe(
        named("commit"),
        Effect.flatMap((reply) => {
          const result = batchReply(reply)
          return "answers" in result
            ? Effect.succeed(result.answers)
            : Effect.fail(new StoreRolledBack({ position: result.rolledBackTo, known: batch.known }))
        })
      ),
    acquire: (shard) => run(acquireScript, [keys.epochs], [shard]).pipe(Effect.map(number), named("acquire")),
    condemn: run(condemnScript, [keys.meta], [opened.timeline]).pipe(Effect.asVoid, named("condemn")),
    epochs: (shards) =>
      shards.length === 0
        ? Effect.succeed([])
        : send([["HMGET", keys.epochs, ...shards]]).pipe(
          Effect.map(([reply]) => list(reply).map((epoch) => epoch === null ? 0 : number(epoch))),
          named("epochs")
        ),
    load: (type, id) => streams.load(send, keys, type, id).pipe(named("load")),
    scan: (type) =>
      streams.scan(send, keys, type).pipe(Stream.mapError((cause) => new StoreUnavailable({ operation: "scan", cause }))),
    read: (after, count) => streams.read(send, keys, after, count).pipe(named("read")),
    follow: (after, count) => streams.follow(blocking.send, keys, after, count).pipe(named("follow")),
    ...membership(send, run, keys)
  })
})

/** Opens the store, and refuses a Redis that could not keep a cloud. Commands under way when a connection breaks fail. */
export const layer = (options: Options): Layer.Layer<Store, RedisOpenError> => Layer.effect(Store, make(options))
