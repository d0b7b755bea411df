/** A store's commits, as the shortest program that keeps its promises; and random ones to compare with. */
import type { StoreAnswer, StoreAppend, StoreCommit, StoreEntry, StoreSnapshot } from "../../src/runtime/kernel/Store.ts"
import type { Chance } from "./journalModel.ts"

export class StoreModel {
  readonly streams = new Map<string, StoreSnapshot>()
  readonly epochs = new Map<string, number>()
  readonly feed: Array<StoreEntry> = []
  /** The newest position of batches that were answered. */
  settled = 0
  private readonly requests = new Map<string, { readonly position: number; readonly reply: string }>()

  acquire(shard: string): number {
    const epoch = (this.epochs.get(shard) ?? 0) + 1
    this.epochs.set(shard, epoch)
    return epoch
  }

  commit(writer: string, { appends, fences, reply, requestId }: StoreCommit): StoreAnswer {
    for (const [fence, { epoch, shard }] of fences.entries()) {
      const newest = this.epochs.get(shard) ?? 0
      if (epoch !== newest) return { _tag: "Fenced", fence, newest }
    }
    const request = `${appends[0]!.type}/${appends[0]!.id}/${requestId}`
    const known = requestId === null ? undefined : this.requests.get(request)
    if (known !== undefined) return { _tag: "Duplicate", ...known }
    const after = new Map(this.streams)
    const entries: Array<StoreEntry> = []
    for (const [index, { events, expected, id, pending, state, type }] of appends.entries()) {
      const key = `${type}/${id}`
      const actual = after.get(key)?.version ?? 0
      if (actual !== expected) return { _tag: "Conflict", append: index, actual }
      const version = actual + 1
      if (state === null) after.delete(key)
      else after.set(key, { type, id, version, pending, state })
      entries.push({ position: this.feed.length + entries.length + 1, type, id, version, pending, state, events, writer })
    }
    this.streams.clear()
    for (const [key, snapshot] of after) this.streams.set(key, snapshot)
    this.feed.push(...entries)
    const position = this.feed.length
    if (requestId !== null) this.requests.set(request, { position, reply })
    return { _tag: "Applied", position }
  }
}

const texts = ["plain", "", "quote ' \" and \\", "naïve – 星", "new\nline", "null\u0000inside"]

const randomAppend = (model: StoreModel, random: Chance): StoreAppend => {
  const stream = { type: random.pick(["a", "b/c"]), id: random.pick(["1", "2", "3", "é"]) }
  const actual = model.streams.get(`${stream.type}/${stream.id}`)?.version ?? 0
  return {
    ...stream,
    expected: random.happens(0.85) ? actual : random.below(4),
    pending: random.happens(0.3),
    state: random.happens(0.15) ? null : JSON.stringify({ text: random.pick(texts), list: [random.below(1e6), null, 1.5, true] }),
    events: JSON.stringify(random.happens(0.2) ? [] : [{ event: random.pick(texts) }])
  }
}

/** Mostly right, sometimes late, repeated, fenced or conflicting; made from the model as it is, applied to it later. */
export const randomStoreCommit = (model: StoreModel, random: Chance) => {
  const epochOf = (name: string) => Math.max(0, (model.epochs.get(name) ?? 0) - (random.happens(0.1) ? 1 : 0))
  const commit: StoreCommit = {
    fences: random.happens(0.5) ? [] : ["x", "y"].map((shard) => ({ shard, epoch: epochOf(shard) })),
    requestId: random.happens(0.5) ? null : random.pick(["r1", "r2", "r3", "r4", "r5"]),
    reply: JSON.stringify({ said: random.pick(texts) }),
    appends: Array.from({ length: 1 + random.below(3) }, () => randomAppend(model, random))
  }
  return { commit, apply: (writer: string) => model.commit(writer, commit) }
}
