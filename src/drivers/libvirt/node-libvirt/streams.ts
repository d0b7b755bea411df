/**
 * Byte streams inside a connection: consoles, volume contents, screenshots.
 *
 * After its call is answered, packets carry the call's procedure and serial. An empty packet is the end of the
 * daemon's data; `finish` is confirmed by the daemon, and only then is an upload known to have arrived.
 */
import { Cause, Deferred, Effect, Queue } from "effect"
import { encodeFrame, type Frame, frameStatus, frameType } from "./frame.ts"
import type { LibvirtConnectionError, LibvirtFailure } from "./LibvirtError.ts"
import { limits } from "./limits.ts"
import { readRemoteError } from "./remoteError.ts"
import type { Socket } from "./socket.ts"

/** One open stream, as the connection keeps it. */
export interface StreamState {
  readonly name: string
  readonly program: number
  readonly procedure: number
  readonly serial: number
  readonly received: Queue.Queue<Uint8Array, LibvirtFailure | Cause.Done>
  /** Done when the daemon has confirmed the end, or failed the stream. */
  readonly finished: Deferred.Deferred<void, LibvirtFailure>
  bufferedBytes: number
}

export interface Streams {
  readonly open: (id: Omit<StreamState, "finished" | "bufferedBytes">) => StreamState
  /** Forgets a stream; answers whether it was still open. */
  readonly drop: (stream: StreamState) => boolean
  readonly receive: (packet: Frame) => void
  readonly send: (stream: StreamState, status: number, body?: Uint8Array) => void
  /** Tells that a reader has taken bytes, so that a paused socket may go on. */
  readonly taken: (stream: StreamState, bytes: number) => void
  readonly isPaused: () => boolean
  readonly failAll: (error: LibvirtConnectionError) => void
}

export const makeStreams = (socket: Socket): Streams => {
  const open = new Map<number, StreamState>()
  let paused = false

  // A reader that is slower than the daemon must slow the daemon down: bytes wait in the kernel, not here.
  const balance = (): void => {
    const isOver = [...open.values()].some((stream) => stream.bufferedBytes > limits.streamBufferBytesMax)
    if (isOver === paused) return
    paused = isOver
    if (isOver) socket.pause()
    else socket.resume()
  }

  const fail = (stream: StreamState, failure: LibvirtFailure): void => {
    Queue.failCauseUnsafe(stream.received, Cause.fail(failure))
    Deferred.doneUnsafe(stream.finished, Effect.fail(failure))
  }

  const drop = (stream: StreamState): boolean => {
    const wasOpen = open.delete(stream.serial)
    balance()
    return wasOpen
  }

  return {
    open: (id) => {
      const stream: StreamState = { ...id, finished: Deferred.makeUnsafe(), bufferedBytes: 0 }
      open.set(id.serial, stream)
      return stream
    },
    drop,
    receive: (packet) => {
      const stream = open.get(packet.serial)
      // Packets of a stream we have left are still under way for a while.
      if (stream === undefined) return
      if (packet.status === frameStatus.error) {
        drop(stream)
        return fail(stream, readRemoteError(stream.name, packet))
      }
      if (packet.status === frameStatus.ok) {
        drop(stream)
        Queue.endUnsafe(stream.received)
        Deferred.doneUnsafe(stream.finished, Effect.void)
        return
      }
      if (packet.body.length === 0) return void Queue.endUnsafe(stream.received)
      Queue.offerUnsafe(stream.received, packet.body)
      stream.bufferedBytes += packet.body.length
      balance()
    },
    send: ({ procedure, program, serial }, status, body) =>
      void socket.send(
        encodeFrame({ program, procedure, serial, status, type: frameType.stream, ...(body === undefined ? {} : { body }) })
      ),
    taken: (stream, bytes) => {
      stream.bufferedBytes -= bytes
      balance()
    },
    isPaused: () => paused,
    failAll: (error) => {
      for (const stream of open.values()) fail(stream, error)
      open.clear()
    }
  }
}
