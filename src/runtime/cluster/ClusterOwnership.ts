/** Who owns what, as this process holds it and as the store says of the others. */
import { Effect, Hash, Layer } from "effect"
import { JournalUnavailable } from "../kernel/Journal.ts"
import { Ownership } from "../kernel/Ownership.ts"
import { Store } from "../kernel/Store.ts"
import type { StoreUnavailable } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { readAbout } from "./about.ts"
import { Membership } from "./Membership.ts"

const shardName = (number: number): string => `default:${number}`

/** The same number that effect/cluster gives the entity; a test compares them. */
export const shardOf = (entityId: string): string => shardName(Math.abs(Hash.string(entityId) % Limits.clusterShards) + 1)

/** All that runners hold, or should. */
export const shardNames: ReadonlyArray<string> = Array.from({ length: Limits.clusterShards }, (_, index) => shardName(index + 1))

const named = (operation: string) =>
  Effect.mapError((cause: StoreUnavailable) => new JournalUnavailable({ operation, cause }))

export const layer = Layer.effect(Ownership, Effect.gen(function*() {
  const store = yield* Store
  const members = yield* Membership
  const rows = named("runners")(Effect.map(store.runners, (runners) =>
    runners.map(({ about, address }) => ({ address, about: readAbout(about) }))))

  return Ownership.of({
    shardOf: (_, entityId) => shardOf(entityId),
    epochOf: (shard) => members.epochOf(shard),
    session: () => members.session,
    watch: (listener) => members.watch(listener),
    locate: Effect.fnUntraced(function*(_, entityId) {
      const [holder] = yield* named("holders")(store.holders([shardOf(entityId)]))
      if (holder === undefined || holder === null) return null
      const isHere = holder === members.address
      const controlUrl = (yield* rows).find(({ address }) => address === holder)?.about.controlUrl ?? null
      return { isHere, controlUrl }
    }),
    highWater: named("head")(Effect.map(store.head, ({ cloudId, position, timeline }) => ({ cloudId, position, timeline }))),
    controlUrls: Effect.map(rows, (found) =>
      found.flatMap(({ about }) => about.controlUrl === null ? [] : [about.controlUrl]))
  })
}))
