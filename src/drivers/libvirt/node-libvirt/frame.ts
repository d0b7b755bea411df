/**
 * The envelope of libvirt's RPC: a length word, six header words, a body. Pure; knows no socket.
 */
import { limits } from "./limits.ts"
import { XdrError } from "./xdr.ts"

/** Programs share one socket; procedures are numbered within a program. */
export const programs = { remote: 0x20008086, qemu: 0x20008087, keepAlive: 0x6b656570 } as const
export const protocolVersion = 1
export const frameType = { call: 0, reply: 1, event: 2, stream: 3, streamHole: 6 } as const
export const frameStatus = { ok: 0, error: 1, continue: 2 } as const
export const keepAliveProcedure = { ping: 1, pong: 2 } as const

const lengthBytes = 4
const headerBytes = 24

/** One message: its header and the undecoded body. `serial` ties a reply or stream packet to its call. */
export interface Frame {
  readonly program: number
  readonly procedure: number
  readonly type: number
  readonly serial: number
  readonly status: number
  readonly body: Buffer
}

const emptyBody = Buffer.alloc(0)

/** A frame as bytes, length word included. */
export const encodeFrame = (frame: Omit<Frame, "body"> & { readonly body?: Uint8Array }): Buffer => {
  const body = frame.body ?? emptyBody
  const total = lengthBytes + headerBytes + body.length
  if (total > limits.frameBytesMax) throw new XdrError(`a frame of ${total} bytes exceeds ${limits.frameBytesMax}`)
  const bytes = Buffer.allocUnsafe(total)
  const words = [total, frame.program, protocolVersion, frame.procedure, frame.type, frame.serial, frame.status]
  words.forEach((word, index) => bytes.writeUInt32BE(word >>> 0, index * 4))
  bytes.set(body, lengthBytes + headerBytes)
  return bytes
}

const parse = (bytes: Buffer): Frame => {
  const version = bytes.readUInt32BE(8)
  if (version !== protocolVersion) throw new XdrError(`protocol version ${version} is not supported`)
  return {
    program: bytes.readUInt32BE(4),
    procedure: bytes.readInt32BE(12),
    type: bytes.readUInt32BE(16),
    serial: bytes.readUInt32BE(20),
    status: bytes.readUInt32BE(24),
    body: bytes.subarray(lengthBytes + headerBytes)
  }
}

/**
 * Cuts a byte stream into frames. Chunks may end anywhere: inside the length word, or several frames later.
 * Throws {@link XdrError} on a length that cannot be, after which the stream is unusable.
 */
export const makeDeframer = (): ((chunk: Buffer) => ReadonlyArray<Frame>) => {
  // Chunks are kept apart until a frame is whole: joining at each arrival would be quadratic for a large one.
  let chunks: Array<Buffer> = []
  let buffered = 0
  let needed = lengthBytes

  const join = (): Buffer => {
    const joined = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    chunks = [joined]
    return joined
  }

  return (chunk) => {
    chunks.push(chunk)
    buffered += chunk.length
    const frames: Array<Frame> = []
    while (buffered >= needed) {
      const bytes = join()
      const total = bytes.readUInt32BE(0)
      if (total < lengthBytes + headerBytes || total > limits.frameBytesMax) {
        throw new XdrError(`a frame cannot be ${total} bytes long`)
      }
      needed = total
      if (buffered < total) break
      frames.push(parse(bytes.subarray(0, total)))
      buffered -= total
      chunks = buffered > 0 ? [bytes.subarray(total)] : []
      needed = lengthBytes
    }
    return frames
  }
}
