import type { Prng } from "../kernel/prng.ts"
import type { World } from "../kernel/World.ts"
import type { End, Network } from "../network/Network.ts"
import type { StoreAnswer, StoreCommit, StoreEntry } from "../../../src/runtime/kernel/Store.ts"
import { isReading, perform } from "./operations.ts"
import type { Operation } from "./operations.ts"
import { StoreModel } from "./StoreModel.ts"

/**
 * `always`: nothing is answered before it is on disk. `everysec`: the disk is up to a second behind. `replica`: as
 * `always`, with a second machine that may take over, and has what is answered (Redis' WAIT). `async`: the same without
 * waiting; not safe, and here to show it.
 */
export type Durability = "always" | "everysec" | "replica" | "async"

export interface Request {
  readonly number: number
  readonly operation: Operation | { readonly name: "follow"; readonly after: number; readonly count: number }
}

interface Logged {
  readonly operation: Operation
  readonly atMillis: number
}

interface Asked {
  readonly end: End
  readonly request: Request
}

interface Answered {
  readonly end: End
  readonly number: number
  readonly answer: unknown
  /** The replica must have it first, where there is one. */
  readonly isDurable: boolean
}

/** What the Redis adapter waits for replicas with. */
const durable: ReadonlySet<string> = new Set(["commit", "acquire", "condemn", "register", "unregister", "runners", "lock"])

export const storeName = "store"
const followMillis = 1_000
const fsyncEveryMillis = 1_000

/** The store's machine: a model in memory, another as the disk has it, and a replica behind it. */
export class StoreServer {
  memory: StoreModel
  disk: StoreModel
  replica: StoreModel
  readonly durability: Durability
  /** Mean time of an fsync. */
  fsyncMillis = 0.5
  replicaLagMillis = 50
  isPaused = false
  isUp = true
  /** All operations that changed it, for replays on other stores. */
  readonly history: Array<Logged> = []
  /** Told of every entry that became visible, and of a memory that went back. */
  onEntries: (entries: ReadonlyArray<StoreEntry>) => void = () => undefined
  onRollback: (position: number) => void = () => undefined
  /** Told of every commit that became visible. */
  onCommit: (commit: StoreCommit, answer: StoreAnswer, writer: string) => void = () => undefined
  readonly #world: World
  readonly #network: Network
  readonly #prng: Prng
  #unsynced: Array<Logged> = []
  #unshipped: Array<Logged> = []
  #queue: Array<Asked> = []
  #isBusy = false
  #visible = 0
  /** When the replica will have all that it was sent. */
  #shippedAtMillis = 0
  /** Grows with each crash: what was under way before it never comes back. */
  #life = 0
  readonly #followers = new Map<End, { readonly request: Request; readonly stop: () => void }>()

  constructor(world: World, network: Network, durability: Durability) {
    this.#world = world
    this.#network = network
    this.#prng = world.prng("store")
    this.durability = durability
    this.memory = new StoreModel(`cloud-${world.seed}`)
    this.disk = this.memory.clone()
    this.replica = this.memory.clone()
    this.#listen()
    if (durability === "everysec") this.#syncSometimes()
  }

  get position(): number {
    return this.memory.head(0).position
  }

  /** The process dies; in a batch under way, only some of its operations have reached the disk. */
  crash(): void {
    this.#world.trace.mark("store crash")
    this.#life++
    this.isUp = false
    this.#network.unlisten(storeName)
    this.#network.breakLinks((a, b) => a === storeName || b === storeName)
    this.#queue = []
    this.#isBusy = false
    this.#followers.clear()
    if (this.durability !== "everysec") this.#toDisk(this.#prng.int(this.#unsynced.length + 1))
    this.#unsynced = []
    this.#become(this.disk.clone())
  }

  restart(): void {
    this.isUp = true
    this.#listen()
  }

  /** The replica takes over, without what had not reached it. */
  failover(): void {
    this.crash()
    this.#unshipped = []
    this.disk = this.replica.clone()
    this.#become(this.replica.clone())
    this.restart()
  }

  /** An operator goes on without what was lost. */
  acceptLoss(): void {
    const operation: Operation = { name: "beginTimeline", args: [] }
    this.#world.trace.mark("accept loss")
    for (const model of [this.memory, this.disk, this.replica]) perform(model, operation, 0)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.#work()
  }

  #become(memory: StoreModel): void {
    this.memory = memory
    if (this.position < this.#visible) this.onRollback(this.#visible = this.position)
    this.#show()
  }

  /** What is durable, and will be answered or has been. */
  #show(): boolean {
    const entries = this.memory.read(this.#visible, Infinity)
    this.#visible = this.position
    if (entries.length > 0) this.onEntries(entries)
    return entries.length > 0
  }

  #listen(): void {
    this.#network.listen(storeName, null, (end) => {
      end.onMessage = (message) => {
        this.#queue.push({ end, request: message as Request })
        this.#work()
      }
      end.onClose = () => {
        this.#followers.get(end)?.stop()
        this.#followers.delete(end)
      }
    })
  }

  /** All that has come is one turn: carried out in order, synced together, answered after that. */
  #work(): void {
    if (this.#isBusy || this.isPaused || !this.isUp || this.#queue.length === 0) return
    this.#isBusy = true
    const life = this.#life
    const answers = this.#queue.splice(0).flatMap((asked) => this.#carryOut(asked))
    const isDirty = this.#unsynced.length > 0
    const wait = this.durability === "everysec" || !isDirty ? 0.02 : 0.05 + this.#prng.exponential(this.fsyncMillis)
    this.#world.after(wait, null, () => {
      if (life !== this.#life) return
      if (this.durability !== "everysec") this.#toDisk(this.#unsynced.length)
      this.#isBusy = false
      this.#world.trace.mark(this.position)
      const isNew = this.#show()
      const isLater = (answered: Answered) => this.durability === "replica" && answered.isDurable
      this.#answer(answers.filter((answered) => !isLater(answered)))
      this.#whenShipped(() => this.#answer(answers.filter(isLater)))
      if (isNew) for (const end of [...this.#followers.keys()]) this.#answerFollower(end)
      this.#work()
    })
  }

  #answer(answers: ReadonlyArray<Answered>): void {
    for (const { answer, end, number } of answers) end.send({ number, answer })
  }

  /** Once the replica has all that the disk has now. */
  #whenShipped(run: () => void): void {
    const life = this.#life
    this.#world.after(Math.max(0, this.#shippedAtMillis - this.#world.nowMillis), null, () => { if (life === this.#life) run() })
  }

  #carryOut({ end, request }: Asked): ReadonlyArray<Answered> {
    const { number, operation } = request
    if (operation.name === "follow") {
      const found = this.memory.read(operation.after, operation.count)
      if (found.length > 0) return [{ end, number, answer: found, isDurable: false }]
      this.#followers.get(end)?.stop()
      this.#followers.set(end, { request, stop: this.#world.after(followMillis, null, () => this.#answerFollower(end)) })
      return []
    }
    const atMillis = Math.floor(this.#world.nowMillis)
    const answer = perform(this.memory, operation, atMillis)
    if (!isReading(operation)) {
      const logged = { operation, atMillis }
      this.history.push(logged)
      this.#unsynced.push(logged)
      if (this.durability === "everysec") this.#tell(operation, answer)
    }
    return [{ end, number, answer, isDurable: durable.has(operation.name) }]
  }

  #answerFollower(end: End): void {
    const follower = this.#followers.get(end)
    if (follower === undefined || follower.request.operation.name !== "follow") return
    follower.stop()
    this.#followers.delete(end)
    const { after, count } = follower.request.operation
    end.send({ number: follower.request.number, answer: this.memory.read(after, count) })
  }

  #toDisk(count: number): void {
    const synced = this.#unsynced.splice(0, count)
    for (const { atMillis, operation } of synced) {
      const answer = perform(this.disk, operation, atMillis)
      if (this.durability !== "everysec") this.#tell(operation, answer)
    }
    if ((this.durability !== "replica" && this.durability !== "async") || synced.length === 0) return
    this.#unshipped.push(...synced)
    this.#shippedAtMillis = Math.max(this.#shippedAtMillis, this.#world.nowMillis + this.#prng.between(0, 2 * this.replicaLagMillis))
    this.#whenShipped(() => {
      for (const { atMillis, operation } of this.#unshipped.splice(0, synced.length)) perform(this.replica, operation, atMillis)
    })
  }

  #tell(operation: Operation, answer: unknown): void {
    if (operation.name !== "commit" || !Array.isArray(answer)) return
    const [{ commits, writer }] = operation.args
    for (const [at, commit] of commits.entries()) this.onCommit(commit, answer[at] as StoreAnswer, writer)
  }

  #syncSometimes(): void {
    this.#world.after(fsyncEveryMillis, null, () => {
      if (this.isUp && !this.isPaused) this.#toDisk(this.#unsynced.length)
      this.#syncSometimes()
    })
  }
}
