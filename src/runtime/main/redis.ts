import { Effect, Layer } from "effect"
import { Store } from "../kernel/Store.ts"
import * as RedisStore from "../redis/RedisStore.ts"
import type { ClusterSettings, RunnerSettings } from "./options.ts"
import { cannotStart, type StartError } from "./StartError.ts"

/** The store that the options name. What a runner alone decides is left as it is by who only looks. */
export const redisStore = (
  { cell, redis, redisCa, redisPassword }: Pick<ClusterSettings, "cell" | "redis" | "redisCa" | "redisPassword">,
  own?: Pick<RunnerSettings, "acceptLoss" | "durability" | "history">
): Layer.Layer<Store, StartError> =>
  RedisStore.layer({
    url: redis,
    name: `kilonova:${cell}`,
    ...(redisPassword === null ? {} : { password: redisPassword }),
    ...(redisCa === null ? {} : { tlsCaFile: redisCa }),
    ...own
  }).pipe(Layer.catch((error) => Layer.effect(Store, Effect.fail(cannotStart(error.message)))))
