/** Reading streams and the feed: no scripts, and never much at once. */
import { Effect, Option, Stream } from "effect"
import type { StoreEntry, StoreSnapshot } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import type { RedisFailure } from "./failure.ts"
import type { Keys } from "./keys.ts"
import { decodeRecord } from "./record.ts"
import { entries, followed, list, pairs, text, texts } from "./replies.ts"
import type { Send } from "./runScript.ts"

const snapshot = (type: string, id: string, record: string): StoreSnapshot => {
  const { pending, state, version } = decodeRecord(record)
  if (state === null) throw new Error(`the state of ${type} ${id} is missing`)
  return { type, id, version, pending, state }
}

export const load = (send: Send, keys: Keys, type: string, id: string): Effect.Effect<StoreSnapshot | null, RedisFailure> =>
  Effect.map(send([["HGET", keys.states(type), id]]), ([reply]) => reply === null ? null : snapshot(type, id, text(reply)))

/** While a hash is resized, HSCAN may give a field twice; the second time it is left out. */
const scanType = (send: Send, keys: Keys, type: string): Stream.Stream<StoreSnapshot, RedisFailure> =>
  Stream.suspend(() => {
    const seen = new Set<string>()
    return Stream.paginate("0", (cursor) =>
      Effect.map(send([["HSCAN", keys.states(type), cursor, "COUNT", String(Limits.redisScanCount)]]), ([reply]) => {
        const [next, found] = list(reply)
        const fresh = pairs(found).filter(([id]) => !seen.has(id))
        for (const [id] of fresh) seen.add(id)
        return [fresh.map(([id, record]) => snapshot(type, id, record)), next === "0" ? Option.none() : Option.some(text(next))] as const
      }))
  })

export const scan = (send: Send, keys: Keys, type: string | null): Stream.Stream<StoreSnapshot, RedisFailure> =>
  type !== null
    ? scanType(send, keys, type)
    : Stream.unwrap(Effect.map(send([["SMEMBERS", keys.types]]), ([types]) =>
      Stream.flatMap(Stream.fromIterable(texts(types)), (type) => scanType(send, keys, type))))

export const read = (send: Send, keys: Keys, after: number, count: number): Effect.Effect<ReadonlyArray<StoreEntry>, RedisFailure> =>
  Effect.map(send([["XRANGE", keys.feed, `(${after}-0`, "+", "COUNT", String(count)]]), ([reply]) => entries(reply))

/** On a connection of its own: whatever else were sent on it would wait, too. */
export const follow = (send: Send, keys: Keys, after: number, count: number): Effect.Effect<ReadonlyArray<StoreEntry>, RedisFailure> =>
  Effect.map(
    send([["XREAD", "COUNT", String(count), "BLOCK", String(Limits.redisFollowMillis), "STREAMS", keys.feed, `${after}-0`]]),
    ([reply]) => followed(reply)
  )
