/** `kilonova cluster restore FILE`: an empty store becomes the cloud of a backup, on a new timeline. */
import { Console, Effect } from "effect"
import { Limits } from "../Limits.ts"
import * as RedisRestore from "../redis/RedisRestore.ts"
import { readBackup } from "./backupFile.ts"
import { redisOptions } from "./redis.ts"
import type { ClusterSettings } from "./options.ts"
import { cannotStart, type StartError } from "./StartError.ts"
import { countOf, examine } from "./verify.ts"

const inTheWay = (pattern: string) => ({
  used: `The store is not empty: it is (or was) a cloud's own. Restore into another Redis, or under another --cell, ` +
    `or remove the keys ${pattern} first`,
  restoring: `A restore into this store was cut short, or is under way: remove the keys ${pattern} and begin again`
})

const unreachable = <A, R>(effect: Effect.Effect<A, { readonly message: string }, R>): Effect.Effect<A, StartError, R> =>
  Effect.mapError(effect, ({ message }) => cannotStart(`Redis cannot be restored into: ${message}`))

export const restore = (settings: ClusterSettings, path: string): Effect.Effect<void, StartError> =>
  Effect.scoped(Effect.gen(function*() {
    // All of it is read before the first write.
    const checked = yield* examine(path)
    const total = countOf(checked)
    const store = yield* unreachable(RedisRestore.make(redisOptions(settings)))
    const found = yield* unreachable(store.begin)
    if (found !== "") return yield* cannotStart(inTheWay(store.pattern)[found])

    let written = 0
    yield* readBackup(path, (part) =>
      "epochs" in part ? Effect.void : Effect.gen(function*() {
        yield* unreachable(store.write(part.words))
        const page = Math.floor(written / Limits.scanPageMax)
        written += part.words.length
        if (page < Math.floor(written / Limits.scanPageMax)) yield* Console.log(`${written} states written`)
      }))
    const counted = yield* unreachable(store.count(checked.streams.keys()))
    if (counted !== total) {
      return yield* cannotStart(`The store has ${counted} streams, and the backup ${total}: somebody else has written to it. ${inTheWay(store.pattern).restoring}`)
    }
    const { cloudId } = checked.header
    const timeline = checked.header.timeline + 1
    const { position } = checked.trailer
    // Epochs that were given after the backup are unknown: they begin behind all of them.
    const epochs = Object.fromEntries(Object.entries(checked.epochs).map(([shard, epoch]) => [shard, epoch + Limits.restoredEpochLeap]))
    yield* unreachable(store.finish({ cloudId, timeline, position, epochs }))
    yield* Console.log(`${total} streams restored: cloud ${cloudId}, timeline ${timeline}, position ${position}. Start its runners`)
  }))
