/** What a process of a cluster is made of, without its actors: for programs that measure one piece of it. */
import { Effect, Layer } from "effect"
import * as ClusterJournal from "../../src/runtime/cluster/ClusterJournal.ts"
import * as ClusterSharding from "../../src/runtime/cluster/ClusterSharding.ts"
import * as Doom from "../../src/runtime/cluster/Doom.ts"
import { Membership } from "../../src/runtime/cluster/Membership.ts"
import * as StoreRunners from "../../src/runtime/cluster/StoreRunners.ts"
import { Store } from "../../src/runtime/kernel/Store.ts"
import * as RedisStore from "../../src/runtime/redis/RedisStore.ts"

const about = { release: "bench", format: 1, apiUrl: null, controlUrl: null }

export const journal = (url: string) =>
  ClusterJournal.layer.pipe(
    Layer.provide(Layer.effect(Doom.Doom, Doom.make)),
    Layer.provideMerge(RedisStore.layer({ url }))
  )

export const sharding = (url: string, port: number) => {
  const address = { host: "127.0.0.1", port }
  return ClusterSharding.layer(address, address, null).pipe(
    Layer.provide(StoreRunners.layer(about)),
    Layer.provide(Layer.succeed(Membership, Membership.make(`127.0.0.1:${port}`))),
    Layer.provideMerge(RedisStore.layer({ url }))
  )
}

/** Asks the store something, over a connection for this alone. */
export const withStore = <A, E>(url: string, use: (store: Store["Service"]) => Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(Effect.flatMap(Store, use).pipe(Effect.provide(RedisStore.layer({ url }))))
