import { Worker } from "node:worker_threads"
import { Effect } from "effect"
import type { Clock } from "effect"
import { Fenced, fencesOf, JournalUnavailable, VersionConflict } from "../kernel/Journal.ts"
import type { Commit, CommitError, Committed, FeedEntry } from "../kernel/Journal.ts"
import type { Listeners } from "../kernel/Listeners.ts"
import { Limits } from "../Limits.ts"
import { acquireMark, commitMark } from "./messages.ts"
import type { Answer, Batch, Reply, Value } from "./messages.ts"

/** Something waits for its part of a batch: the shard to take over, or the commit. */
type Waiter =
  | { readonly commit: null; readonly resume: (effect: Effect.Effect<number, JournalUnavailable>) => void }
  | { readonly commit: Commit; readonly resume: (effect: Effect.Effect<Committed, CommitError>) => void }

interface Filling {
  readonly values: Array<Value>
  readonly waiters: Array<Waiter>
}

/** The texts of a commit are made before any of them is queued: one that is no JSON spoils nobody else's batch. */
const encode = (commit: Commit): Array<Value> => {
  const { appends, reply, requestId } = commit
  const fences = fencesOf(commit)
  const values: Array<Value> = [
    commitMark,
    fences.length,
    ...fences.flatMap(({ epoch, shard }) => [shard, epoch]),
    requestId,
    requestId === null ? "" : JSON.stringify(reply),
    appends.length
  ]
  for (const { events, expectedVersion, pending, state, stream } of appends) {
    const text = state === null ? null : JSON.stringify(state)
    values.push(stream.type, stream.id, expectedVersion, pending ? 1 : 0, text, JSON.stringify(events))
  }
  return values
}

/** Tells the listeners' entries of an applied commit, and what its writer gets. */
const settle = (commit: Commit, answer: Answer, entries: Array<FeedEntry>): Effect.Effect<Committed, CommitError> => {
  if (typeof answer === "number") {
    let position = answer - commit.appends.length
    for (const { events, expectedVersion, pending, state, stream } of commit.appends) {
      entries.push({ position: ++position, stream, version: expectedVersion + 1, events, state, pending })
    }
    return Effect.succeed({ position, isDuplicate: false, reply: commit.reply })
  }
  if ("duplicate" in answer) {
    return Effect.succeed({ position: answer.duplicate, isDuplicate: true, reply: JSON.parse(answer.reply) })
  }
  if ("newest" in answer) {
    return Effect.fail(new Fenced({ ...fencesOf(commit)[answer.fence]!, newest: answer.newest }))
  }
  const { expectedVersion, stream } = commit.appends[answer.append]!
  return Effect.fail(
    new VersionConflict({ stream: { type: stream.type, id: stream.id }, expected: expectedVersion, actual: answer.actual })
  )
}

/**
 * Group commit: while one batch is with the worker everything else gathers, and so does all that comes within one
 * turn of the event loop; then it goes as one message into one transaction.
 */
export class WriteQueue {
  private readonly worker: Worker
  private readonly clock: Clock.Clock
  private readonly listeners: Listeners
  private filling: Array<Filling> = []
  private flying: Filling | undefined
  private waiting = 0
  private isScheduled = false
  /** Once set, nothing is written any more: the file may hold what this process does not know of. */
  private cause: string | undefined
  private onDrained: (() => void) | undefined

  constructor(worker: Worker, clock: Clock.Clock, listeners: Listeners) {
    this.worker = worker
    this.clock = clock
    this.listeners = listeners
    worker.on("message", (reply: Reply) => this.receive(reply))
    worker.on("error", (error) => this.fail(`the journal's thread died: ${error.message}`))
    worker.on("exit", () => this.fail("the journal's thread ended"))
  }

  acquire(shard: string): Effect.Effect<number, JournalUnavailable> {
    return Effect.callback((resume) => {
      this.enqueue({ commit: null, resume }, [acquireMark, shard])
    })
  }

  /** Not undone by interruption: a commit that was asked for may be on its way already. */
  commit(commit: Commit): Effect.Effect<Committed, CommitError> {
    return Effect.callback((resume) => {
      this.enqueue({ commit, resume }, encode(commit))
    })
  }

  /** Refuses what comes from now on, and waits for what came before. */
  readonly drain: Effect.Effect<void> = Effect.callback((resume) => {
    this.cause ??= "the journal is closed"
    if (this.waiting === 0) return resume(Effect.void)
    this.onDrained = () => resume(Effect.void)
  })

  private enqueue(waiter: Waiter, values: Array<Value>): void {
    const cause = this.cause ?? (this.waiting >= Limits.journalQueueMax ? "too many commits are waiting" : undefined)
    if (cause !== undefined) return this.refuse(waiter, cause)
    let last = this.filling.at(-1)
    if (last === undefined || last.waiters.length >= Limits.commitBatchMax) {
      this.filling.push(last = { values: [], waiters: [] })
    }
    for (const value of values) last.values.push(value)
    last.waiters.push(waiter)
    this.waiting += 1
    if (this.isScheduled || this.flying !== undefined) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.send()
    })
  }

  private send(): void {
    if (this.flying !== undefined) return
    this.flying = this.filling.shift()
    if (this.flying === undefined) return
    this.worker.postMessage({ at: this.clock.currentTimeMillisUnsafe(), values: this.flying.values } satisfies Batch)
  }

  private receive(reply: Reply): void {
    const batch = this.flying
    if (batch === undefined) return
    this.flying = undefined
    if (reply._tag === "Answers") this.deliver(batch.waiters, reply.answers)
    if (reply._tag === "Failed") {
      for (const waiter of batch.waiters) this.refuse(waiter, reply.detail)
      if (reply.isLast) this.fail(reply.detail)
    }
    this.settled(batch.waiters.length)
    this.send()
  }

  /** Projections first, then the writers: a read after a write sees it. */
  private deliver(waiters: ReadonlyArray<Waiter>, answers: ReadonlyArray<Answer>): void {
    const entries: Array<FeedEntry> = []
    const outcomes = waiters.map(({ commit }, index) =>
      commit === null ? undefined : settle(commit, answers[index]!, entries)
    )
    const failed = entries.length === 0 ? undefined : this.listeners.tell(entries)
    for (const [index, waiter] of waiters.entries()) {
      if (waiter.commit === null) waiter.resume(Effect.succeed(answers[index] as number))
      else waiter.resume(failed === undefined ? outcomes[index]! : Effect.die(failed.defect))
    }
  }

  private refuse({ commit, resume }: Waiter, cause: string): void {
    resume(Effect.fail(new JournalUnavailable({ operation: commit === null ? "acquire" : "commit", cause })))
  }

  private fail(cause: string): void {
    this.cause = cause
    const lost = [...(this.flying === undefined ? [] : [this.flying]), ...this.filling].flatMap(({ waiters }) => waiters)
    this.flying = undefined
    this.filling = []
    for (const waiter of lost) this.refuse(waiter, cause)
    this.settled(lost.length)
  }

  private settled(count: number): void {
    this.waiting -= count
    if (this.waiting === 0) this.onDrained?.()
  }
}
