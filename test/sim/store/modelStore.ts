import { Clock, Effect, Layer, Stream } from "effect"
import { Store, StoreRolledBack, StoreUnavailable } from "../../../src/runtime/kernel/Store.ts"
import type { Operation } from "./operations.ts"
import { perform } from "./operations.ts"
import { StoreModel } from "./StoreModel.ts"
import type { AnswerOf } from "./operations.ts"

const followMillis = 1_000

/** The model as a store in this process: no network, no faults. For the suite that holds for every store. */
export const layer: Layer.Layer<Store> = Layer.sync(Store, () => {
  const model = new StoreModel("model")
  const followers = new Set<() => void>()
  const ask = <N extends Operation["name"]>(name: N, ...args: Extract<Operation, { readonly name: N }>["args"]) =>
    Effect.map(Clock.currentTimeMillis, (now) => perform(model, { name, args } as unknown as Operation, now) as AnswerOf<N>)
  const grown = Effect.callback<void>((resume) => {
    const wake = () => resume(Effect.void)
    followers.add(wake)
    return Effect.sync(() => void followers.delete(wake))
  })
  return {
    head: ask("head"),
    commit: (batch) => Effect.flatMap(ask("commit", batch, 1), (answer) => {
      if ("_tag" in answer) {
        return Effect.fail(answer._tag === "Stale"
          ? new StoreUnavailable({ operation: "commit", cause: "stale" })
          : new StoreRolledBack({ position: answer.position, known: answer.known }))
      }
      for (const wake of followers) wake()
      return Effect.succeed(answer)
    }),
    condemn: ask("condemn", 1),
    acquire: (shard) => ask("acquire", shard),
    epochs: (shards) => ask("epochs", shards),
    load: (type, id) => ask("load", type, id),
    scan: (type) => Stream.unwrap(Effect.map(ask("scan", type), Stream.fromIterable)),
    read: (after, count) => ask("read", after, count),
    follow: (after, count) => Effect.flatMap(ask("read", after, count), (found) =>
      found.length > 0 ? Effect.succeed(found) : Effect.andThen(Effect.timeoutOption(grown, followMillis), ask("read", after, count))),
    register: (runner) => ask("register", runner),
    unregister: (address) => ask("unregister", address),
    runners: ask("runners"),
    setHealth: (address, isHealthy) => ask("setHealth", address, isHealthy),
    lock: (address, epoch, shards) => ask("lock", address, epoch, shards),
    refresh: (address, epoch, leaseMillis) => ask("refresh", address, epoch, leaseMillis),
    unlock: (address, shards) => ask("unlock", address, shards),
    holders: (shards) => ask("holders", shards)
  }
})
