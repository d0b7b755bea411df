/** One host as its runner sees it: the calls that wait for an answer, and the agent that is to answer them, if there is one. */
import { Deferred, Effect } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import { DriverError } from "../Driver.ts"
import type { Capabilities } from "../Driver.ts"
import { imagesOf } from "./images.ts"
import type { Answer, Call, DriverCall, Ended, FromRunner } from "./protocol.ts"

/** An agent that speaks for the host now. */
export interface Attachment {
  readonly agentId: string
  /** The credential's key it attached with. */
  readonly key: string
  readonly capabilities: Capabilities
  /** `false`: the agent is too far behind, and the message is not sent. */
  readonly send: (message: FromRunner) => boolean
  /** It has not answered for too long, as far as one can tell. */
  readonly isSilent: () => boolean
  /** Says why, and is over. */
  readonly end: (why: Omit<Ended, "_tag">) => void
}

interface Pending {
  readonly message: Call
  readonly answered: Deferred.Deferred<Answer>
}

const unreachable = (operation: string, hostname: string, why: string) =>
  new DriverError({ operation, message: `Host ${hostname}: ${why}`, isRetryable: true })

export class HostLink {
  readonly hostname: string
  private readonly nextId: () => string
  private readonly pending = new Map<string, Pending>()
  private attachment: Attachment | undefined
  /** Done when the agent comes or goes. */
  private changed = Deferred.makeUnsafe<void>()

  constructor(hostname: string, nextId: () => string) {
    this.hostname = hostname
    this.nextId = nextId
  }

  get current(): Attachment | undefined {
    return this.attachment
  }

  get calls(): ReadonlyArray<string> {
    return [...this.pending.keys()]
  }

  /** What waits is sent again: to the agent that had it, or to one that had not. */
  attach(attachment: Attachment): void {
    this.attachment = attachment
    for (const { message } of this.pending.values()) attachment.send(message)
    this.turn()
  }

  detach(attachment: Attachment): boolean {
    if (this.attachment !== attachment) return false
    this.attachment = undefined
    this.turn()
    return true
  }

  /** Nothing is said of how they ended: whoever drives the host next begins its steps again. */
  abandon(): void {
    for (const { answered } of this.pending.values()) Deferred.doneUnsafe(answered, Effect.interrupt)
    this.pending.clear()
  }

  answer(id: string, answer: Answer): void {
    const waiting = this.pending.get(id)
    if (waiting !== undefined) Deferred.doneUnsafe(waiting.answered, Effect.succeed(answer))
  }

  mayRead(imageId: string): boolean {
    return [...this.pending.values()].some(({ message }) => imagesOf(message.call).includes(imageId))
  }

  /** Waits for the answer however long the work takes, but not for an agent that stays away. */
  call(call: DriverCall, epoch: number | null): Effect.Effect<Answer, DriverError> {
    return Effect.suspend(() => {
      const operation = call._tag
      if (this.pending.size >= Limits.agentCallsMax) {
        return Effect.fail(unreachable(operation, this.hostname, `it has ${this.pending.size} calls to answer already`))
      }
      const id = this.nextId()
      const message: Call = { _tag: "Call", id, epoch, call }
      const answered = Deferred.makeUnsafe<Answer>()
      if (this.attachment?.send(message) === false) {
        return Effect.fail(unreachable(operation, this.hostname, "its agent is too far behind"))
      }
      this.pending.set(id, { message, answered })
      return this.wait(operation, answered).pipe(
        Effect.onInterrupt(() => Effect.sync(() => void this.attachment?.send({ _tag: "Cancel", id }))),
        Effect.ensuring(Effect.sync(() => this.pending.delete(id)))
      )
    })
  }

  private wait(operation: string, answered: Deferred.Deferred<Answer>): Effect.Effect<Answer, DriverError> {
    return Effect.suspend(() => {
      const next = Effect.raceFirst(Deferred.await(answered), Effect.as(Deferred.await(this.changed), undefined))
      const bounded = this.attachment !== undefined ? next : Effect.timeoutOrElse(next, {
        duration: Limits.agentGraceMillis,
        orElse: () => Effect.fail(unreachable(operation, this.hostname, "no agent is attached"))
      })
      return Effect.flatMap(bounded, (answer) => answer === undefined ? this.wait(operation, answered) : Effect.succeed(answer))
    })
  }

  private turn(): void {
    const { changed } = this
    this.changed = Deferred.makeUnsafe()
    Deferred.doneUnsafe(changed, Effect.void)
  }
}
