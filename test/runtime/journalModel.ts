/** The journal's promises, as the shortest program that keeps them; and random histories to compare with. */
import type { Append, Commit, FeedEntry, Snapshot } from "../../src/runtime/kernel/Journal.ts"
import type { Json } from "../../src/actors/shared/json.ts"

export type Outcome =
  | { readonly _tag: "Committed"; readonly position: number; readonly isDuplicate: boolean; readonly reply: Json }
  | { readonly _tag: "Fenced"; readonly newest: number }
  | { readonly _tag: "VersionConflict"; readonly id: string; readonly expected: number; readonly actual: number }

export class JournalModel {
  readonly streams = new Map<string, Snapshot>()
  readonly epochs = new Map<string, number>()
  readonly feed: Array<FeedEntry> = []
  private readonly requests = new Map<string, { readonly position: number; readonly reply: Json }>()

  acquire(shard: string): number {
    const epoch = (this.epochs.get(shard) ?? 0) + 1
    this.epochs.set(shard, epoch)
    return epoch
  }

  commit({ appends, epoch, guards, reply, requestId, shard }: Commit): Outcome {
    for (const fence of [...epoch === null ? [] : [{ shard, epoch }], ...guards ?? []]) {
      const newest = this.epochs.get(fence.shard) ?? 0
      if (fence.epoch !== newest) return { _tag: "Fenced", newest }
    }
    const request = `${appends[0]!.stream.type}/${appends[0]!.stream.id}/${requestId}`
    const known = requestId === null ? undefined : this.requests.get(request)
    if (known !== undefined) return { _tag: "Committed", isDuplicate: true, ...known }
    const after = new Map(this.streams)
    const entries: Array<FeedEntry> = []
    for (const { events, expectedVersion, pending, state, stream } of appends) {
      const key = `${stream.type}/${stream.id}`
      const actual = after.get(key)?.version ?? 0
      if (actual !== expectedVersion) {
        return { _tag: "VersionConflict", id: stream.id, expected: expectedVersion, actual }
      }
      const version = actual + 1
      if (state === null) after.delete(key)
      else after.set(key, { stream, version, state, pending })
      entries.push({ position: this.feed.length + entries.length + 1, stream, version, events, state, pending })
    }
    this.streams.clear()
    for (const [key, snapshot] of after) this.streams.set(key, snapshot)
    this.feed.push(...entries)
    const position = this.feed.length
    if (requestId !== null) this.requests.set(request, { position, reply })
    return { _tag: "Committed", position, isDuplicate: false, reply }
  }
}

/** Reproducible chance: the same seed, the same history (mulberry32). */
export const chance = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    happens: (probability: number) => next() < probability,
    pick: <A>(values: ReadonlyArray<A>): A => values[below(values.length)]!
  }
}
export type Chance = ReturnType<typeof chance>

const texts = ["plain", "", "quote ' \" and \\", "naïve – 星", "new\nline", "null\u0000inside"]

const randomAppend = (model: JournalModel, random: Chance): Append => {
  const stream = { type: random.pick(["a", "b/c"]), id: random.pick(["1", "2", "3", "é"]) }
  const actual = model.streams.get(`${stream.type}/${stream.id}`)?.version ?? 0
  return {
    stream,
    expectedVersion: random.happens(0.85) ? actual : random.below(4),
    events: random.happens(0.2) ? [] : [{ event: random.pick(texts) }, random.below(9)],
    state: random.happens(0.15) ? null : { text: random.pick(texts), list: [random.below(1e6), null, 1.5, true] },
    pending: random.happens(0.3)
  }
}

/** Mostly right, sometimes late, repeated, fenced or conflicting. */
export const randomCommit = (model: JournalModel, random: Chance): Commit => {
  const shard = random.pick(["x", "y"])
  const epochOf = (name: string) => Math.max(0, (model.epochs.get(name) ?? 0) - (random.happens(0.1) ? 1 : 0))
  return {
    shard,
    epoch: random.happens(0.3) ? null : epochOf(shard),
    guards: random.happens(0.7) ? [] : ["x", "y"].map((name) => ({ shard: name, epoch: epochOf(name) })),
    requestId: random.happens(0.5) ? null : random.pick(["r1", "r2", "r3", "r4", "r5"]),
    appends: Array.from({ length: 1 + random.below(3) }, () => randomAppend(model, random)),
    reply: { said: random.pick(texts) }
  }
}

export const append = (id: string, expectedVersion: number, state: Json, rest: Partial<Append> = {}): Append => ({
  stream: { type: "thing", id },
  expectedVersion,
  events: [{ became: state }],
  state,
  pending: false,
  ...rest
})

export const commitOf = (appends: ReadonlyArray<Append>, rest: Partial<Commit> = {}): Commit => ({
  shard: "s",
  epoch: null,
  requestId: null,
  appends,
  reply: null,
  ...rest
})
