/** The journal of several processes: one shared store, and in each process the same projections of its one feed. */
import { Effect, Layer, Option, Random, Stream } from "effect"
import { uuidFrom } from "../../actors/shared/ids.ts"
import { Journal, JournalUnavailable } from "../kernel/Journal.ts"
import type { FeedEntry, Snapshot } from "../kernel/Journal.ts"
import * as Listeners from "../kernel/Listeners.ts"
import { Store } from "../kernel/Store.ts"
import type { StoreUnavailable } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { Barrier } from "./Barrier.ts"
import { BatchQueue } from "./BatchQueue.ts"
import { Doom, otherTimeline, rolledBack } from "./Doom.ts"
import { feedEntry, snapshotOf } from "./entries.ts"
import * as Follower from "./Follower.ts"
import { makeMeter } from "./metrics.ts"
import { Sequencer } from "./Sequencer.ts"

const named = (operation: string) =>
  Effect.mapError((cause: StoreUnavailable) => new JournalUnavailable({ operation, cause }))

const make = Effect.gen(function*() {
  const store = yield* Store
  const doom = yield* Doom
  const random = yield* Random.Random
  const opened = yield* named("open")(store.head)
  const listeners = Listeners.make()
  const sequencer = new Sequencer(listeners, opened.position)
  const meter = yield* makeMeter
  const barrier = new Barrier(store.head, sequencer, meter)
  const writer = uuidFrom(() => random.nextDoubleUnsafe())
  const queue = new BatchQueue({
    writer,
    sequencer,
    commit: store.commit,
    onRolledBack: ({ known, position }) =>
      position < known
        ? Effect.andThen(Effect.ignore(store.condemn), doom.tell(rolledBack(position, known)))
        : Effect.flatMap(Effect.option(store.head), (head) =>
          doom.tell(otherTimeline(Option.isSome(head) ? head.value.timeline : 0, opened.timeline))),
    isDoomed: doom.isTold,
    meter
  })
  yield* Effect.forkScoped(queue.run)
  yield* Effect.forkScoped(barrier.run)
  yield* Effect.forkScoped(Follower.make({ store, sequencer, writer, opened, doom: doom.tell }))

  const page = (after: number, newest: number) =>
    Effect.map(store.read(after, Math.min(Limits.feedPageMax, newest - after)), (entries) => {
      const last = entries.at(-1)?.position
      return [entries.map(feedEntry), last === undefined || last >= newest ? Option.none<number>() : Option.some(last)] as const
    })

  const feed = (after: number): Stream.Stream<FeedEntry, JournalUnavailable> =>
    Stream.unwrap(Effect.map(named("feed")(store.head), ({ oldest, position }) =>
      after >= position
        ? Stream.empty
        : after + 1 < oldest
        ? Stream.fail(new JournalUnavailable({ operation: "feed", cause: `entries after ${after} are no longer kept: the oldest is ${oldest}` }))
        : Stream.paginate(after, (from) => named("feed")(page(from, position)))))

  return Journal.of({
    acquire: (shard) => named("acquire")(store.acquire(shard)),
    epochOf: (shard) => named("epochOf")(Effect.map(store.epochs([shard]), ([epoch]) => epoch ?? 0)),
    sync: barrier.sync,
    commit: (commit) => queue.commit(commit),
    load: ({ id, type }) =>
      named("load")(Effect.map(store.load(type, id), (found) => found === null ? Option.none<Snapshot>() : Option.some(snapshotOf(found)))),
    scan: (type) =>
      store.scan(type ?? null).pipe(
        Stream.map(snapshotOf),
        Stream.mapError((cause) => new JournalUnavailable({ operation: "scan", cause }))
      ),
    feed,
    project: listeners.add
  })
})

export const layer = Layer.effect(Journal, make)
