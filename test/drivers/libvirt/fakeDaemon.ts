/** A stand-in daemon: speaks the envelope, and answers what a test tells it to. */
import { rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { randomUUID } from "node:crypto"
import { Effect } from "effect"
import {
  encodeFrame, type Frame, frameStatus, frameType, makeDeframer, programs
} from "../../../src/drivers/libvirt/node-libvirt/frame.ts"
import { procedures } from "../../../src/drivers/libvirt/node-libvirt/procedures.ts"
import { writeRemoteError } from "../../../src/drivers/libvirt/node-libvirt/remoteError.ts"
import { encode } from "../../../src/drivers/libvirt/node-libvirt/xdr.ts"

export interface FakePeer {
  readonly socket: Socket
  readonly reply: (call: Frame, body?: Uint8Array) => void
  readonly refuse: (call: Frame, code: number, message: string) => void
  readonly send: (frame: Omit<Frame, "body"> & { readonly body?: Uint8Array }) => void
}

export interface FakeDaemon {
  readonly uri: string
  readonly peers: ReadonlyArray<FakePeer>
  /** Every frame that came in, handshake included. */
  readonly frames: ReadonlyArray<Frame>
}

const peerOf = (socket: Socket): FakePeer => {
  const send: FakePeer["send"] = (frame) => void socket.write(encodeFrame(frame))
  return {
    socket,
    send,
    reply: ({ procedure, program, serial }, body) =>
      send({ program, procedure, serial, type: frameType.reply, status: frameStatus.ok, ...(body ? { body } : {}) }),
    refuse: ({ procedure, program, serial }, code, message) =>
      send({
        program, procedure, serial, type: frameType.reply, status: frameStatus.error,
        body: writeRemoteError({ code, domain: 10, message, level: 2 })
      })
  }
}

/** Answers the handshake; true when it did. */
const handshake = (peer: FakePeer, frame: Frame, knowsKeepAlive: boolean): boolean => {
  if (frame.program !== programs.remote) return false
  switch (frame.procedure) {
    case procedures.authList.number:
      peer.reply(frame, encode(procedures.authList.returns, [0]))
      return true
    case procedures.connectSupportsFeature.number:
      peer.reply(frame, encode(procedures.connectSupportsFeature.returns, knowsKeepAlive))
      return true
    case procedures.connectOpen.number:
      peer.reply(frame)
      return true
    default:
      return false
  }
}

/** Listens on a socket of its own until the scope closes. `onFrame` sees all that is not handshake. */
export const fakeDaemon = (
  onFrame: (peer: FakePeer, frame: Frame) => void,
  options: { readonly path?: string; readonly knowsKeepAlive?: boolean } = {}
) =>
  Effect.acquireRelease(
    Effect.callback<FakeDaemon & { readonly stop: () => void }>((resume) => {
      const path = options.path ?? join(tmpdir(), `kilonova-fake-${randomUUID()}.sock`)
      const peers: Array<FakePeer> = []
      const frames: Array<Frame> = []
      const server = createServer((socket) => {
        const peer = peerOf(socket)
        const deframe = makeDeframer()
        peers.push(peer)
        socket.on("error", () => {})
        socket.on("data", (chunk: Buffer) => {
          for (const frame of deframe(chunk)) {
            frames.push(frame)
            if (!handshake(peer, frame, options.knowsKeepAlive ?? false)) onFrame(peer, frame)
          }
        })
      })
      const stop = () => {
        for (const { socket } of peers) socket.destroy()
        server.close()
        rmSync(path, { force: true })
      }
      server.listen(path, () =>
        resume(Effect.succeed({ uri: `qemu+unix:///system?socket=${path}`, peers, frames, stop })))
    }),
    (daemon) => Effect.sync(daemon.stop)
  )
