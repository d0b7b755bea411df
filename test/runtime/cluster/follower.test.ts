/** What a process makes of a store that comes back: is it still the one that was seen? */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { ClusterFailure } from "../../../src/runtime/cluster/Doom.ts"
import * as Follower from "../../../src/runtime/cluster/Follower.ts"
import { Sequencer } from "../../../src/runtime/cluster/Sequencer.ts"
import * as Listeners from "../../../src/runtime/kernel/Listeners.ts"
import { Store, type StoreEntry, type StoreHead, StoreUnavailable } from "../../../src/runtime/kernel/Store.ts"
import { Limits } from "../../../src/runtime/Limits.ts"

const entry = (position: number, writer: string): StoreEntry => ({
  position, type: "t", id: String(position), version: 1, pending: false, state: "1", events: "[]", writer
})

/** A store of which the head, the feed and the reachability can be set. */
const scripted = () => {
  const state = {
    isAway: false,
    feed: [entry(1, "x"), entry(2, "y")] as Array<StoreEntry>,
    head: { cloudId: "c", timeline: 1, oldest: 1, atMillis: 0 } satisfies Omit<StoreHead, "position">
  }
  const away = new StoreUnavailable({ operation: "follow", cause: "away" })
  const read = (after: number) =>
    Effect.suspend(() => state.isAway ? Effect.fail(away) : Effect.succeed(state.feed.filter(({ position }) => position > after)))
  const unused = () => Effect.die("not asked here")
  const store = Store.of({
    head: Effect.suspend(() =>
      state.isAway ? Effect.fail(away) : Effect.succeed({ ...state.head, position: state.feed.at(-1)?.position ?? 0 })),
    read: (after, count) => Effect.map(read(after), (entries) => entries.slice(0, count)),
    follow: (after) => Effect.tap(read(after), (entries) => entries.length === 0 ? Effect.sleep(10) : Effect.void),
    scan: () => Stream.empty,
    condemn: Effect.sync(() => { state.head = { ...state.head, timeline: -state.head.timeline } }),
    commit: unused, acquire: unused, epochs: unused, load: unused, register: unused, unregister: unused, runners: Effect.die("not asked here"),
    setHealth: unused, lock: unused, refresh: unused, unlock: unused, holders: unused
  })
  return { state, store }
}

const following = Effect.gen(function*() {
  const { state, store } = scripted()
  const told: Array<ClusterFailure> = []
  const sequencer = new Sequencer(Listeners.make(), 0)
  const opened = { ...state.head, position: 0 }
  yield* Effect.forkScoped(Follower.make({ store, sequencer, writer: "me", opened, doom: (failure) => Effect.sync(() => void told.push(failure)) }))
  yield* TestClock.adjust(20)
  const reconnect = (change: () => void) =>
    Effect.gen(function*() {
      state.isAway = true
      yield* TestClock.adjust(20)
      change()
      state.isAway = false
      yield* TestClock.adjust(2 * Limits.storeRetryMillis)
      return told.map(({ reason }) => reason)
    })
  return { reconnect, sequencer, state, told }
})

describe("who follows the feed", () => {
  it.effect("hands on what others wrote, and waits for its own", () =>
    Effect.gen(function*() {
      const { sequencer, state } = yield* following
      assert.strictEqual(sequencer.applied, 2)
      state.feed.push(entry(3, "me"), entry(4, "x"))
      yield* TestClock.adjust(20)
      assert.strictEqual(sequencer.applied, 2)
      sequencer.offer([{ position: 3, stream: { type: "t", id: "3" }, version: 1, events: [], state: 1, pending: false }])
      assert.strictEqual(sequencer.applied, 4)
    }))

  it.effect("goes on with a store that comes back as it was", () =>
    Effect.gen(function*() {
      const { reconnect, sequencer, state } = yield* following
      assert.deepStrictEqual(yield* reconnect(() => state.feed.push(entry(3, "x"))), [])
      assert.strictEqual(sequencer.applied, 3)
    }))

  it.effect.each<readonly [string, (state: ReturnType<typeof scripted>["state"]) => void]>([
    ["has fewer entries", (state) => state.feed.pop()],
    ["has others in their place", (state) => { state.feed.pop(); state.feed.push(entry(2, "z"), entry(3, "z")) }],
    ["is on another timeline", (state) => { state.head = { ...state.head, timeline: 2 } }],
    ["is another cloud's", (state) => { state.head = { ...state.head, cloudId: "d" } }]
  ])("ends with a store that %s", ([, change]) =>
    Effect.gen(function*() {
      const { reconnect, state } = yield* following
      assert.include(yield* reconnect(() => change(state)), "rolledBack")
    }))

  it.effect("ends when the feed has moved on without it", () =>
    Effect.gen(function*() {
      const { reconnect, state } = yield* following
      assert.include(yield* reconnect(() => { state.feed = [entry(9, "x")]; state.head = { ...state.head, oldest: 9 } }), "fellBehind")
    }))
})
