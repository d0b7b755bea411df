/** The runner's side of one attachment: what it has to say, and whether the agent still listens. */
import { Deferred, Effect, Queue } from "effect"
import type { Cause } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import type { DomainEvent } from "../Driver.ts"
import type { Attachment, HostLink } from "./HostLink.ts"
import type { Claim, Ended, FromRunner } from "./protocol.ts"

/** What an attached connection may do: for its own host, and nothing else. */
export interface Attached extends Attachment {
  readonly _tag: "Attached"
  readonly link: HostLink
  readonly messages: Queue.Dequeue<FromRunner, Cause.Done>
  /** Done once nothing more will be said. */
  readonly ended: Deferred.Deferred<void>
  readonly saw: (events: ReadonlyArray<DomainEvent>) => void
  readonly pong: (number: number) => void
  /** Asks whether the agent is there. */
  readonly ping: () => void
}

export interface AttachedOptions {
  readonly claim: Claim
  readonly key: string
  readonly link: HostLink
  /** The host has lost its agent. */
  readonly onLost: () => void
  readonly onEvent: (event: DomainEvent) => void
}

const pingsMax = Limits.agentDeadMillis / Limits.agentPingMillis

/**
 * Silence is counted in pings without an answer, not in time: a runner that was itself held up asks again before it
 * gives anybody up.
 */
export const makeAttached = ({ claim, key, link, onEvent, onLost }: AttachedOptions): Effect.Effect<Attached> =>
  Effect.map(Queue.unbounded<FromRunner, Cause.Done>(), (queue) => {
    const ended = Deferred.makeUnsafe<void>()
    let sent = 0
    let answered = 0
    const isEnded = () => Deferred.isDoneUnsafe(ended)
    const end = (why: Omit<Ended, "_tag">): void => {
      if (isEnded()) return
      Deferred.doneUnsafe(ended, Effect.void)
      Queue.offerUnsafe(queue, { _tag: "Ended", ...why })
      Queue.endUnsafe(queue)
      if (link.detach(self)) onLost()
    }
    const send = (message: FromRunner): boolean =>
      !isEnded() &&
      (message._tag !== "Call" || Queue.sizeUnsafe(queue) < 2 * Limits.agentCallsMax) &&
      Queue.offerUnsafe(queue, message)
    const isSilent = () => sent - answered >= pingsMax
    const self: Attached = {
      _tag: "Attached",
      agentId: claim.agentId,
      key,
      capabilities: claim.capabilities,
      link,
      messages: queue,
      ended,
      end,
      send,
      isSilent,
      saw: (events) => {
        if (!isEnded()) events.forEach(onEvent)
      },
      pong: (number) => {
        if (number > answered && number <= sent) answered = number
      },
      ping: () => {
        if (isSilent()) return end({ reason: "silent", message: "The agent did not answer for too long", controlUrl: null })
        sent += 1
        send({ _tag: "Ping", number: sent })
      }
    }
    return self
  })
