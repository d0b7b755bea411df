/**
 * The calls of one connection: who waits for which reply, and how many may be under way.
 *
 * A call that its caller gave up keeps its slot until the daemon answers: the daemon still works on it and counts it
 * against `max_client_requests`, so sending another would only stall the socket.
 */
import { Result } from "effect"
import { encodeFrame, type Frame, frameStatus, frameType } from "./frame.ts"
import { LibvirtBusyError, LibvirtConnectionError, type LibvirtFailure } from "./LibvirtError.ts"
import { limits } from "./limits.ts"

export interface OutgoingCall {
  readonly name: string
  readonly program: number
  readonly procedure: number
  readonly body: Uint8Array
  readonly done: (reply: Result.Result<Frame, LibvirtFailure>) => void
}

export interface Ticket {
  readonly serial: number
  /** Forgets the caller; a call that is still waiting is never sent. */
  readonly cancel: () => void
}

export interface Calls {
  readonly start: (call: OutgoingCall) => Ticket
  readonly settle: (reply: Frame) => void
  readonly failAll: (error: LibvirtConnectionError) => void
}

interface Entry {
  readonly call: OutgoingCall
  isAbandoned: boolean
}

const serialMax = 0xffffffff

export const makeCalls = (send: (bytes: Uint8Array) => void): Calls => {
  const inFlight = new Map<number, Entry>()
  // Insertion order is arrival order; a map, so that a cancelled call leaves at once.
  const waiting = new Map<number, Entry>()
  let serial = 0

  const nextSerial = (): number => {
    do serial = serial === serialMax ? 1 : serial + 1
    while (inFlight.has(serial) || waiting.has(serial))
    return serial
  }

  const dispatch = (number: number, entry: Entry): void => {
    inFlight.set(number, entry)
    const { body, procedure, program } = entry.call
    send(encodeFrame({ program, procedure, type: frameType.call, serial: number, status: frameStatus.ok, body }))
  }

  const fill = (): void => {
    for (const [number, entry] of waiting) {
      if (inFlight.size >= limits.callsInFlightMax) return
      waiting.delete(number)
      dispatch(number, entry)
    }
  }

  return {
    start: (call) => {
      const number = nextSerial()
      const entry: Entry = { call, isAbandoned: false }
      if (inFlight.size < limits.callsInFlightMax) dispatch(number, entry)
      else if (waiting.size < limits.callsWaitingMax) waiting.set(number, entry)
      else {
        call.done(
          Result.fail(new LibvirtBusyError({ procedure: call.name, waitingMax: limits.callsWaitingMax }))
        )
      }
      return {
        serial: number,
        cancel: () => {
          entry.isAbandoned = true
          waiting.delete(number)
        }
      }
    },
    settle: (reply) => {
      const entry = inFlight.get(reply.serial)
      if (entry === undefined || entry.call.procedure !== reply.procedure) return
      inFlight.delete(reply.serial)
      fill()
      if (!entry.isAbandoned) entry.call.done(Result.succeed(reply))
    },
    failAll: (error) => {
      const unsent = new LibvirtConnectionError({ reason: error.reason, message: error.message, wasSent: false })
      const sent = new LibvirtConnectionError({ reason: error.reason, message: error.message, wasSent: true })
      const ended = [
        ...Array.from(inFlight.values(), (entry) => ({ entry, why: sent })),
        ...Array.from(waiting.values(), (entry) => ({ entry, why: unsent }))
      ]
      inFlight.clear()
      waiting.clear()
      for (const { entry, why } of ended) if (!entry.isAbandoned) entry.call.done(Result.fail(why))
    }
  }
}
