/** The journal for tests and throw-away clouds: everything in this process, nothing on disk. */
import { Clock, Effect, Layer, Option, Stream } from "effect"
import type { Json } from "../../actors/shared/json.ts"
import { Fenced, fencesOf, Journal, JournalUnavailable, VersionConflict } from "../kernel/Journal.ts"
import type { Append, Commit, CommitError, Committed, FeedEntry, Snapshot } from "../kernel/Journal.ts"
import * as Listeners from "../kernel/Listeners.ts"
import { Limits } from "../Limits.ts"

interface Request {
  readonly position: number
  readonly reply: Json
  readonly at: number
}

/** What the append rests on, given the appends of the same commit before it. */
const conflictOf = (
  appends: ReadonlyArray<Append>,
  versionOf: (append: Append) => number
): VersionConflict | undefined => {
  const staged = new Map<string, number>()
  for (const append of appends) {
    const { id, type } = append.stream
    const key = appends.length === 1 ? "" : JSON.stringify([type, id])
    const actual = staged.get(key) ?? versionOf(append)
    if (actual !== append.expectedVersion) {
      return new VersionConflict({ stream: { type, id }, expected: append.expectedVersion, actual })
    }
    staged.set(key, append.state === null ? 0 : actual + 1)
  }
  return undefined
}

class Store {
  private readonly streams = new Map<string, Map<string, Snapshot>>()
  private readonly epochs = new Map<string, number>()
  private readonly requests = new Map<string, Request>()
  private feed: Array<FeedEntry> = []
  private position = 0

  acquire(shard: string): number {
    const epoch = (this.epochs.get(shard) ?? 0) + 1
    this.epochs.set(shard, epoch)
    return epoch
  }

  epochOf(shard: string): number {
    return this.epochs.get(shard) ?? 0
  }

  /** Applies the commit, or answers why not; `entries` is empty when nothing was applied. */
  commit(commit: Commit, now: number): Fenced | VersionConflict | readonly [Committed, ReadonlyArray<FeedEntry>] {
    for (const { epoch, shard } of fencesOf(commit)) {
      const newest = this.epochOf(shard)
      if (epoch !== newest) return new Fenced({ shard, epoch, newest })
    }
    const request = this.requestKey(commit)
    const known = request === null ? undefined : this.requests.get(request)
    if (known !== undefined) return [{ position: known.position, isDuplicate: true, reply: known.reply }, []]
    const conflict = conflictOf(commit.appends, ({ stream }) => this.load(stream.type, stream.id)?.version ?? 0)
    if (conflict !== undefined) return conflict
    const entries = commit.appends.map((append) => this.apply(append))
    if (request !== null) this.remember(request, { position: this.position, reply: commit.reply, at: now })
    return [{ position: this.position, isDuplicate: false, reply: commit.reply }, entries]
  }

  load(type: string, id: string): Snapshot | undefined {
    return this.streams.get(type)?.get(id)
  }

  scan(type?: string): Array<Snapshot> {
    const maps = type === undefined ? [...this.streams.values()] : [this.streams.get(type) ?? new Map<string, Snapshot>()]
    return maps.flatMap((map) => [...map.values()])
  }

  /** Entries after the position; `undefined` when some of them are no longer kept. */
  after(position: number): Array<FeedEntry> | undefined {
    const oldest = this.feed[0]?.position ?? 1
    return position + 1 < oldest ? undefined : this.feed.slice(Math.max(0, position + 1 - oldest))
  }

  private apply(append: Append): FeedEntry {
    const { events, expectedVersion, pending, state, stream } = append
    const version = expectedVersion + 1
    let streams = this.streams.get(stream.type)
    if (streams === undefined) this.streams.set(stream.type, streams = new Map())
    if (state === null) streams.delete(stream.id)
    else streams.set(stream.id, { stream, version, state, pending })
    const entry = { position: ++this.position, stream, version, events, state, pending }
    this.feed.push(entry)
    if (this.feed.length >= 2 * Limits.memoryFeedMax) this.feed = this.feed.slice(-Limits.memoryFeedMax)
    return entry
  }

  private requestKey(commit: Commit): string | null {
    const first = commit.appends[0]?.stream
    return commit.requestId === null || first === undefined
      ? null
      : JSON.stringify([first.type, first.id, commit.requestId])
  }

  private remember(key: string, request: Request): void {
    this.requests.set(key, request)
    for (const [oldest, { at }] of this.requests) {
      if (request.at - at <= Limits.requestsKeptMillis) break
      this.requests.delete(oldest)
    }
  }
}

const make = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const store = new Store()
  const listeners = Listeners.make()

  const commit = (commit: Commit): Effect.Effect<Committed, CommitError> =>
    Effect.suspend(() => {
      const result = store.commit(commit, clock.currentTimeMillisUnsafe())
      if (result instanceof Fenced || result instanceof VersionConflict) return Effect.fail(result)
      const [committed, entries] = result
      const failed = entries.length === 0 ? undefined : listeners.tell(entries)
      return failed === undefined ? Effect.succeed(committed) : Effect.die(failed.defect)
    })

  const feed = (after: number) =>
    Stream.suspend((): Stream.Stream<FeedEntry, JournalUnavailable> => {
      const entries = store.after(after)
      return entries === undefined
        ? Stream.fail(
          new JournalUnavailable({ operation: "feed", cause: `entries after ${after} are no longer in memory` })
        )
        : Stream.fromArray(entries)
    })

  return Journal.of({
    acquire: (shard) => Effect.sync(() => store.acquire(shard)),
    epochOf: (shard) => Effect.sync(() => store.epochOf(shard)),
    sync: Effect.void,
    commit,
    load: ({ id, type }) => Effect.sync(() => Option.fromUndefinedOr(store.load(type, id))),
    scan: (type) => Stream.suspend(() => Stream.fromArray(store.scan(type))),
    feed,
    project: listeners.add
  })
})

export const layer: Layer.Layer<Journal> = Layer.effect(Journal, make)
