import { Effect, Latch, Schedule } from "effect"
import { Fenced, fencesOf, JournalUnavailable, VersionConflict } from "../kernel/Journal.ts"
import type { Commit, CommitError, Committed } from "../kernel/Journal.ts"
import type { StoreAnswer, StoreBatch, StoreCommit, StoreRolledBack, StoreUnavailable } from "../kernel/Store.ts"
import { Limits } from "../Limits.ts"
import { entriesOf, storeCommit } from "./entries.ts"
import type { Meter } from "./metrics.ts"
import type { Sequencer } from "./Sequencer.ts"

interface Waiter {
  readonly commit: Commit
  readonly encoded: StoreCommit
  /** By the meter's clock. */
  readonly sinceSeconds: number
  readonly resume: (effect: Effect.Effect<Committed, CommitError>) => void
  /** Its writer no longer waits. */
  isGone: boolean
}

export interface Needs {
  readonly writer: string
  readonly sequencer: Sequencer
  readonly commit: (batch: StoreBatch) => Effect.Effect<ReadonlyArray<StoreAnswer>, StoreUnavailable | StoreRolledBack>
  readonly onRolledBack: (error: StoreRolledBack) => Effect.Effect<void>
  readonly isDoomed: () => boolean
  readonly meter: Meter
}

const unavailable = (cause: string) => new JournalUnavailable({ operation: "commit", cause })

const outcomeOf = (commit: Commit, answer: StoreAnswer): Effect.Effect<Committed, CommitError> => {
  switch (answer._tag) {
    case "Applied": return Effect.succeed({ position: answer.position, isDuplicate: false, reply: commit.reply })
    case "Duplicate": return Effect.succeed({ position: answer.position, isDuplicate: true, reply: JSON.parse(answer.reply) })
    case "Fenced": return Effect.fail(new Fenced({ ...fencesOf(commit)[answer.fence]!, newest: answer.newest }))
    case "Conflict": {
      const { expectedVersion, stream } = commit.appends[answer.append]!
      return Effect.fail(new VersionConflict({ stream: { type: stream.type, id: stream.id }, expected: expectedVersion, actual: answer.actual }))
    }
  }
}

/**
 * Group commit: one batch is with the store, everything else gathers meanwhile. A batch whose answer was lost is sent
 * again under the same number until the store says what became of it, so that no commit is applied twice or forgotten.
 */
export class BatchQueue {
  readonly #needs: Needs
  readonly #filled = Latch.makeUnsafe(false)
  #waiting: Array<Waiter> = []
  #number = 0

  constructor(needs: Needs) {
    this.#needs = needs
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Interrupted, or unavailable, its outcome is unknown. */
  commit(commit: Commit): Effect.Effect<Committed, CommitError> {
    return Effect.callback<Committed, CommitError>((resume) => {
      if (this.#needs.isDoomed()) return resume(Effect.fail(unavailable("this process has to start again")))
      if (this.#waiting.length >= Limits.journalQueueMax) return resume(Effect.fail(unavailable("too many commits are waiting")))
      const waiter: Waiter = { commit, encoded: storeCommit(commit), sinceSeconds: this.#needs.meter.now(), resume, isGone: false }
      this.#waiting.push(waiter)
      this.#filled.openUnsafe()
      return Effect.sync(() => { waiter.isGone = true })
    })
  }

  /** Sends batches, one after another, for ever. */
  readonly run: Effect.Effect<never> = Effect.forever(Effect.suspend(() => {
    if (this.#waiting.length === 0) {
      this.#filled.closeUnsafe()
      // What is asked for in the same turn travels together.
      return Effect.andThen(this.#filled.await, Effect.yieldNow)
    }
    const due = this.#waiting.splice(0, Limits.commitBatchMax).filter((waiter) => !waiter.isGone)
    return due.length === 0 ? Effect.void : this.#send(due)
  }))

  #send(waiters: ReadonlyArray<Waiter>): Effect.Effect<void> {
    const number = ++this.#number
    const { meter } = this.#needs
    let failures = 0
    meter.batched(waiters.length)
    const attempt = Effect.suspend(() =>
      this.#needs.commit({
        writer: this.#needs.writer,
        number,
        known: this.#needs.sequencer.applied,
        commits: waiters.map(({ encoded }) => encoded)
      }))
    return attempt.pipe(
      Effect.retry({
        while: (error) => {
          if (error._tag !== "StoreUnavailable" || this.#needs.isDoomed()) return false
          meter.unavailable()
          // The batch goes on being sent; its writers are told, and whoever waits behind them.
          if (++failures >= Limits.storeRetriesBeforeTold) this.#giveUp([...waiters, ...this.#waiting.splice(0)])
          return true
        },
        schedule: Schedule.spaced(Limits.storeRetryMillis)
      }),
      Effect.matchEffect({
        onSuccess: (answers) => Effect.sync(() => this.#deliver(waiters, answers)),
        onFailure: (error) =>
          Effect.andThen(
            error._tag === "StoreRolledBack" ? this.#needs.onRolledBack(error) : Effect.void,
            Effect.sync(() => this.#giveUp(waiters))
          )
      })
    )
  }

  #giveUp(waiters: ReadonlyArray<Waiter>): void {
    for (const { resume } of waiters) resume(Effect.fail(unavailable("the store does not answer")))
  }

  /** Refusals are told at once; what was applied is told when the projections have it, and all before it. */
  #deliver(waiters: ReadonlyArray<Waiter>, answers: ReadonlyArray<StoreAnswer>): void {
    const { meter, sequencer } = this.#needs
    const own = waiters.flatMap(({ commit }, index) => {
      const answer = answers[index]!
      return answer._tag === "Applied" ? entriesOf(commit, answer.position) : []
    })
    const now = meter.now()
    for (const [index, { commit, resume, sinceSeconds }] of waiters.entries()) {
      const answer = answers[index]!
      const outcome = outcomeOf(commit, answer)
      meter.committed(now - sinceSeconds)
      if (answer._tag === "Fenced") meter.fenced()
      if (answer._tag === "Applied" || answer._tag === "Duplicate") {
        sequencer.wait(answer.position, (failed) => resume(failed === undefined ? outcome : Effect.die(failed.defect)))
      } else resume(outcome)
    }
    sequencer.offer(own)
  }
}
