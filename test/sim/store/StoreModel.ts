/** What a store promises, as the shortest program that keeps it: one object, one operation at a time, no failures. */
import type { Fence } from "../../../src/actors/shared/Promise.ts"
import type {
  StoreAnswer, StoreAppend, StoreBatch, StoreCommit, StoreEntry, StoreHead, StoreRunner, StoreSnapshot
} from "../../../src/runtime/kernel/Store.ts"
import { runnerShard } from "../../../src/runtime/kernel/Store.ts"

/** A batch that comes after a later one of its writer. */
export interface Stale {
  readonly _tag: "Stale"
}

export interface RolledBack {
  readonly _tag: "RolledBack"
  readonly position: number
  readonly known: number
}

interface Member {
  readonly about: string
  readonly isHealthy: boolean
  readonly machineId: number
  readonly leaseUntilMillis: number
}

interface Written {
  readonly number: number
  readonly answers: ReadonlyArray<StoreAnswer>
}

const keyOf = (type: string, id: string) => `${type}\u0000${id}`

/** Times come with each call, in Unix milliseconds; the model has no clock. */
export class StoreModel {
  readonly cloudId: string
  readonly #streams = new Map<string, StoreSnapshot>()
  readonly #feed: Array<StoreEntry> = []
  readonly #epochs = new Map<string, number>()
  readonly #requests = new Map<string, { readonly position: number; readonly reply: string }>()
  readonly #writers = new Map<string, Written>()
  readonly #members = new Map<string, Member>()
  readonly #holders = new Map<string, string>()
  #timeline: number

  constructor(cloudId: string, timeline = 1) {
    this.cloudId = cloudId
    this.#timeline = timeline
  }

  clone(): StoreModel {
    const copy = new StoreModel(this.cloudId, this.#timeline)
    for (const [from, to] of [
      [this.#streams, copy.#streams], [this.#epochs, copy.#epochs], [this.#requests, copy.#requests],
      [this.#writers, copy.#writers], [this.#members, copy.#members], [this.#holders, copy.#holders]
    ] as ReadonlyArray<readonly [Map<string, unknown>, Map<string, unknown>]>) {
      for (const [key, value] of from) to.set(key, value)
    }
    copy.#feed.push(...this.#feed)
    return copy
  }

  /** What an operator does who goes on with a store that has lost commits. */
  beginTimeline(): void {
    this.#timeline = Math.abs(this.#timeline) + 1
  }

  /** `timeline`: the one that somebody saw more of. */
  condemn(timeline: number): void {
    if (timeline === this.#timeline) this.#timeline = -timeline
  }

  head(nowMillis: number): StoreHead {
    return { cloudId: this.cloudId, timeline: this.#timeline, position: this.#feed.length, oldest: 1, atMillis: nowMillis }
  }

  /** `timeline`: the one on which the writer began. */
  commit(batch: StoreBatch, timeline: number): ReadonlyArray<StoreAnswer> | RolledBack | Stale {
    const written = this.#writers.get(batch.writer)
    if (timeline !== this.#timeline || timeline < 0) return { _tag: "RolledBack", position: this.#feed.length, known: batch.known }
    if (written?.number === batch.number) return written.answers
    if (written !== undefined && written.number > batch.number) return { _tag: "Stale" }
    if (batch.known > this.#feed.length) return { _tag: "RolledBack", position: this.#feed.length, known: batch.known }
    const answers = batch.commits.map((commit) => this.#commit(commit, batch.writer))
    this.#writers.set(batch.writer, { number: batch.number, answers })
    return answers
  }

  acquire(shard: string): number {
    const epoch = this.#epochOf(shard) + 1
    this.#epochs.set(shard, epoch)
    return epoch
  }

  epochs(shards: ReadonlyArray<string>): ReadonlyArray<number> {
    return shards.map((shard) => this.#epochOf(shard))
  }

  load(type: string, id: string): StoreSnapshot | null {
    return this.#streams.get(keyOf(type, id)) ?? null
  }

  scan(type: string | null): ReadonlyArray<StoreSnapshot> {
    return [...this.#streams.values()].filter((stream) => type === null || stream.type === type)
  }

  read(after: number, count: number): ReadonlyArray<StoreEntry> {
    return this.#feed.slice(after, after + count)
  }

  register(
    runner: { readonly address: string; readonly about: string; readonly isHealthy: boolean; readonly leaseMillis: number },
    nowMillis: number
  ): { readonly machineId: number; readonly epoch: number } {
    const { about, address, isHealthy, leaseMillis } = runner
    this.#free(address)
    this.#members.delete(address)
    const taken = new Set([...this.#members.values()].map(({ machineId }) => machineId))
    let machineId = 0
    while (taken.has(machineId)) machineId++
    this.#members.set(address, { about, isHealthy, machineId, leaseUntilMillis: nowMillis + leaseMillis })
    return { machineId, epoch: this.acquire(runnerShard(address)) }
  }

  unregister(address: string): void {
    if (this.#members.delete(address)) this.acquire(runnerShard(address))
    this.#free(address)
  }

  runners(nowMillis: number): ReadonlyArray<StoreRunner> {
    for (const [address, { leaseUntilMillis }] of [...this.#members]) {
      if (leaseUntilMillis <= nowMillis) this.unregister(address)
    }
    return [...this.#members]
      .map(([address, member]) => ({ address, ...member, epoch: this.#epochOf(runnerShard(address)) }))
      .sort((a, b) => a.address < b.address ? -1 : 1)
  }

  setHealth(address: string, isHealthy: boolean): void {
    const member = this.#members.get(address)
    if (member !== undefined) this.#members.set(address, { ...member, isHealthy })
  }

  lock(address: string, epoch: number, shards: ReadonlyArray<string>, nowMillis: number): ReadonlyArray<Fence> {
    const lease = this.#members.get(address)?.leaseUntilMillis ?? 0
    if (!this.#isMember(address, epoch) || lease <= nowMillis) return []
    // What it holds already is taken again: the answer to an earlier lock may have been lost.
    return shards.filter((shard) => [null, address].includes(this.#holderOf(shard, nowMillis))).map((shard) => {
      this.#holders.set(shard, address)
      return { shard, epoch: this.acquire(shard) }
    })
  }

  refresh(address: string, epoch: number, leaseMillis: number, nowMillis: number): ReadonlyArray<string> | null {
    const member = this.#members.get(address)
    if (member === undefined || !this.#isMember(address, epoch)) return null
    this.#members.set(address, { ...member, leaseUntilMillis: nowMillis + leaseMillis })
    return [...this.#holders].filter(([, holder]) => holder === address).map(([shard]) => shard)
  }

  unlock(address: string, shards: ReadonlyArray<string> | null): void {
    this.#free(address, shards)
  }

  holders(shards: ReadonlyArray<string>, nowMillis: number): ReadonlyArray<string | null> {
    return shards.map((shard) => this.#holderOf(shard, nowMillis))
  }

  #epochOf(shard: string): number {
    return this.#epochs.get(shard) ?? 0
  }

  #isMember(address: string, epoch: number): boolean {
    return this.#members.has(address) && this.#epochOf(runnerShard(address)) === epoch
  }

  #holderOf(shard: string, nowMillis: number): string | null {
    const address = this.#holders.get(shard)
    const member = address === undefined ? undefined : this.#members.get(address)
    return address !== undefined && member !== undefined && member.leaseUntilMillis > nowMillis ? address : null
  }

  #free(address: string, shards: ReadonlyArray<string> | null = null): void {
    for (const shard of shards ?? [...this.#holders.keys()]) {
      if (this.#holders.get(shard) === address) this.#holders.delete(shard)
    }
  }

  /** Fences, then the request, then the versions. */
  #commit(commit: StoreCommit, writer: string): StoreAnswer {
    for (const [fence, { epoch, shard }] of commit.fences.entries()) {
      const newest = this.#epochOf(shard)
      if (epoch !== newest) return { _tag: "Fenced", fence, newest }
    }
    const first = commit.appends[0]
    const request = commit.requestId === null || first === undefined
      ? null : `${keyOf(first.type, first.id)}\u0000${commit.requestId}`
    const known = request === null ? undefined : this.#requests.get(request)
    if (known !== undefined) return { _tag: "Duplicate", ...known }
    const conflict = this.#conflict(commit.appends)
    if (conflict !== undefined) return conflict
    for (const append of commit.appends) this.#append(append, writer)
    const position = this.#feed.length
    if (request !== null) this.#requests.set(request, { position, reply: commit.reply })
    return { _tag: "Applied", position }
  }

  #conflict(appends: ReadonlyArray<StoreAppend>): StoreAnswer | undefined {
    const staged = new Map<string, number>()
    for (const [append, { expected, id, state, type }] of appends.entries()) {
      const actual = staged.get(keyOf(type, id)) ?? this.load(type, id)?.version ?? 0
      if (actual !== expected) return { _tag: "Conflict", append, actual }
      staged.set(keyOf(type, id), state === null ? 0 : expected + 1)
    }
    return undefined
  }

  #append({ events, expected, id, pending, state, type }: StoreAppend, writer: string): void {
    const version = expected + 1
    this.#feed.push({ position: this.#feed.length + 1, type, id, version, pending, state, events, writer })
    if (state === null) this.#streams.delete(keyOf(type, id))
    else this.#streams.set(keyOf(type, id), { type, id, version, pending, state })
  }
}
