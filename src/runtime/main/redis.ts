import { Effect, Layer } from "effect"
import { Store } from "../kernel/Store.ts"
import * as RedisStore from "../redis/RedisStore.ts"
import type { Options } from "../redis/settings.ts"
import type { ClusterSettings, RunnerSettings } from "./options.ts"
import { cannotStart, type StartError, wrongUsage } from "./StartError.ts"

/** Where the options say the store is. */
export const redisOptions = ({ cell, redis, redisCa, redisPassword }: Pick<ClusterSettings, "cell" | "redis" | "redisCa" | "redisPassword">): Options => ({
  url: redis,
  name: `kilonova:${cell}`,
  ...(redisPassword === null ? {} : { password: redisPassword }),
  ...(redisCa === null ? {} : { tlsCaFile: redisCa })
})

/** A promoted replica may lack what the master acknowledged, locks too: two runners could then own one shard. */
const failoverLoses = wrongUsage([
  "--durability must be replica where a replica may be promoted (redis+sentinel://, redis+cluster://): without it a promotion loses what was acknowledged"
])

/** The store that the options name. What a runner alone decides is not asked of who only looks. */
export const redisStore = (
  settings: Parameters<typeof redisOptions>[0],
  own: Pick<RunnerSettings, "acceptLoss" | "durability" | "history"> | { readonly requirePersistence: false } = { requirePersistence: false }
): Layer.Layer<Store, StartError> =>
  "durability" in own && own.durability !== "replica" && /^rediss?\+/.test(settings.redis)
    ? Layer.effect(Store, Effect.fail(failoverLoses))
    : RedisStore.layer({ ...redisOptions(settings), ...own }).pipe(
      Layer.catch((error) => Layer.effect(Store, Effect.fail(cannotStart(error.message))))
    )
