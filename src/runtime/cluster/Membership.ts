/** What this process is in the cluster: its address, its epoch as a member, the shards it holds with theirs. */
import { Context, Effect, Layer } from "effect"
import type { Scope } from "effect"
import type { Fence } from "../../actors/shared/Promise.ts"
import type { OwnershipChange } from "../kernel/Ownership.ts"
import { runnerShard } from "../kernel/Store.ts"

type Listener = (change: OwnershipChange) => void

class Members {
  readonly address: string
  readonly #epochs = new Map<string, number>()
  readonly #listeners = new Set<Listener>()
  #session: Fence | null = null
  #others = ""
  /** An operator wants its shards elsewhere. It outlives a membership: who rejoins is still to be drained. */
  isDrained = false

  constructor(address: string) {
    this.address = address
  }

  get session(): Fence | null {
    return this.#session
  }

  get shards(): Iterable<string> {
    return this.#epochs.keys()
  }

  epochOf(shard: string): number {
    return this.#epochs.get(shard) ?? -1
  }

  /** A new membership holds nothing yet. */
  joined(epoch: number): void {
    this.left()
    this.#session = { shard: runnerShard(this.address), epoch }
  }

  left(): void {
    this.#session = null
    this.lost([...this.#epochs.keys()])
  }

  acquired(fences: ReadonlyArray<Fence>): void {
    for (const { epoch, shard } of fences) this.#epochs.set(shard, epoch)
    if (fences.length > 0) this.#tell({ _tag: "Acquired", shards: new Set(fences.map(({ shard }) => shard)) })
  }

  lost(shards: ReadonlyArray<string>): void {
    const gone = new Set(shards.filter((shard) => this.#epochs.delete(shard)))
    if (gone.size > 0) this.#tell({ _tag: "Lost", shards: gone })
  }

  /** `runners` names every member with its epoch. */
  saw(runners: ReadonlyArray<string>): void {
    const others = runners.toSorted().join(" ")
    if (others === this.#others) return
    const isFirst = this.#others === ""
    this.#others = others
    if (!isFirst) this.#tell({ _tag: "RunnersChanged" })
  }

  watch(listener: Listener): Effect.Effect<void, never, Scope.Scope> {
    return Effect.suspend(() => {
      const own: Listener = (change) => listener(change)
      return Effect.acquireRelease(
        Effect.sync(() => void this.#listeners.add(own)),
        () => Effect.sync(() => void this.#listeners.delete(own))
      )
    })
  }

  #tell(change: OwnershipChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

export class Membership extends Context.Service<Membership, Members>()("kilonova/runtime/cluster/Membership") {
  static readonly make = (address: string): Membership["Service"] => new Members(address)
  static readonly layer = (address: string): Layer.Layer<Membership> => Layer.sync(Membership, () => new Members(address))
}
