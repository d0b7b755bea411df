/**
 * What happens on a connected socket: every frame goes to the call, stream or subscriber it belongs to, at once and in
 * order. No effects here beyond completing those who wait.
 */
import { Cause, Deferred, Effect, Queue } from "effect"
import { type Calls, makeCalls } from "./calls.ts"
import { type LibvirtEvent, readEvent } from "./events.ts"
import { encodeFrame, type Frame, frameStatus, frameType, keepAliveProcedure, makeDeframer, programs } from "./frame.ts"
import { LibvirtConnectionError, LibvirtEventsLostError } from "./LibvirtError.ts"
import { limits } from "./limits.ts"
import type { Socket } from "./socket.ts"
import { makeStreams, type Streams } from "./streams.ts"

/** Someone who wants some kinds of events; `queue` holds at most `limits.eventsBufferedMax`. */
export interface Subscriber {
  readonly kinds: ReadonlySet<LibvirtEvent["_tag"]>
  readonly queue: Queue.Queue<LibvirtEvent, LibvirtConnectionError | LibvirtEventsLostError>
}

export interface Session {
  readonly socket: Socket
  readonly calls: Calls
  readonly streams: Streams
  readonly subscribers: Set<Subscriber>
  /** Why it ended; `undefined` while it lives. */
  readonly failure: () => LibvirtConnectionError | undefined
  /** Never succeeds: fails when the session ends. */
  readonly ended: Deferred.Deferred<never, LibvirtConnectionError>
  readonly end: (reason: LibvirtConnectionError["reason"], message: string) => void
  /** Frames received so far: a change is a sign of life. */
  readonly framesReceived: () => number
  readonly ping: () => void
}

const keepAliveFrame = (procedure: number): Buffer =>
  encodeFrame({
    program: programs.keepAlive, procedure, type: frameType.event, serial: 0, status: frameStatus.ok
  })

const publish = (subscribers: Set<Subscriber>, event: LibvirtEvent): void => {
  for (const subscriber of subscribers) {
    if (!subscriber.kinds.has(event._tag) || Queue.offerUnsafe(subscriber.queue, event)) continue
    subscribers.delete(subscriber)
    const lost = new LibvirtEventsLostError({ bufferedMax: limits.eventsBufferedMax })
    Queue.failCauseUnsafe(subscriber.queue, Cause.fail(lost))
  }
}

/** Starts listening on the socket. */
export const makeSession = (socket: Socket): Session => {
  const calls = makeCalls((bytes) => void socket.send(bytes))
  const streams = makeStreams(socket)
  const subscribers = new Set<Subscriber>()
  const ended = Deferred.makeUnsafe<never, LibvirtConnectionError>()
  const deframe = makeDeframer()
  let failure: LibvirtConnectionError | undefined
  let framesReceived = 0

  const end: Session["end"] = (reason, message) => {
    if (failure !== undefined) return
    failure = new LibvirtConnectionError({ reason, message, wasSent: false })
    socket.close()
    calls.failAll(failure)
    streams.failAll(failure)
    for (const { queue } of subscribers) Queue.failCauseUnsafe(queue, Cause.fail(failure))
    subscribers.clear()
    Deferred.doneUnsafe(ended, Effect.fail(failure))
  }

  const receive = (frame: Frame): void => {
    framesReceived++
    if (frame.program === programs.keepAlive) {
      if (frame.procedure === keepAliveProcedure.ping) socket.send(keepAliveFrame(keepAliveProcedure.pong))
      return
    }
    switch (frame.type) {
      case frameType.reply: return calls.settle(frame)
      case frameType.stream: return streams.receive(frame)
      case frameType.event: {
        const event = readEvent(frame)
        if (event !== undefined) publish(subscribers, event)
      }
    }
  }

  socket.listen(
    (chunk) => {
      if (failure !== undefined) return
      try {
        for (const frame of deframe(chunk)) receive(frame)
      } catch (error) {
        end("garbled", error instanceof Error ? error.message : String(error))
      }
    },
    (why) => end("closed", why)
  )

  return {
    socket, calls, streams, subscribers, ended, end,
    failure: () => failure,
    framesReceived: () => framesReceived,
    ping: () => void socket.send(keepAliveFrame(keepAliveProcedure.ping))
  }
}
