import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { connect, Libvirt, limits, LibvirtConnectionError } from "../../../src/drivers/libvirt/node-libvirt/index.ts"
import { eventRows } from "../../../src/drivers/libvirt/node-libvirt/events.ts"
import { frameStatus, frameType, keepAliveProcedure, programs } from "../../../src/drivers/libvirt/node-libvirt/frame.ts"
import { procedures, streamProcedures } from "../../../src/drivers/libvirt/node-libvirt/procedures.ts"
import { domain } from "../../../src/drivers/libvirt/node-libvirt/layouts.ts"
import { encode, int, struct } from "../../../src/drivers/libvirt/node-libvirt/xdr.ts"
import { fakeDaemon } from "./fakeDaemon.ts"

/** Waits in real time, while the test's clock stands still. */
const eventually = (holds: () => boolean) =>
  Effect.promise(async () => {
    for (let tries = 0; tries < 400 && !holds(); tries++) await new Promise((done) => setTimeout(done, 5))
    assert.isTrue(holds(), "it did not happen within two seconds")
  })

const guest = { name: "guest", uuid: "6695eb01-f6a4-8304-79aa-97f2502e193f", id: 1 }
const lifecycleEvent = (event: number, callbackId = 9) => ({
  program: programs.remote, procedure: eventRows.Lifecycle.procedure, type: frameType.event, serial: 0, status: 0,
  body: encode(struct({ callbackId: int, domain, event: int, detail: int }), { callbackId, domain: guest, event, detail: 0 })
})

describe("a connection", () => {
  it.effect("matches replies to calls by serial, in whatever order they come", () =>
    Effect.gen(function*() {
      const held: Array<() => void> = []
      const daemon = yield* fakeDaemon((peer, frame) => {
        if (frame.procedure === procedures.connectGetVersion.number) {
          held.push(() => peer.reply(frame, encode(procedures.connectGetVersion.returns, 9_000_000)))
        }
        if (frame.procedure === procedures.connectGetHostname.number) {
          held.push(() => peer.reply(frame, encode(procedures.connectGetHostname.returns, "compute-1")))
        }
        if (held.length === 2) held.reverse().forEach((answer) => answer())
      })
      const libvirt = yield* connect({ uri: daemon.uri })
      const both = yield* Effect.all([libvirt.connectGetVersion(), libvirt.connectGetHostname()], { concurrency: 2 })
      assert.deepStrictEqual(both, [9_000_000, "compute-1"])
    }))

  it.effect("keeps the daemon's error number, domain and level", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer, frame) => peer.refuse(frame, 42, "no such domain"))
      const libvirt = yield* connect({ uri: daemon.uri })
      const error = yield* Effect.flip(libvirt.domainLookupByName({ name: "ghost" }))
      assert(error._tag === "LibvirtError")
      assert.deepInclude(error, { code: 42, domain: 10, level: 2, message: "no such domain", procedure: "domainLookupByName" })
      assert.isTrue(error.is("noDomain"))
      assert.isFalse(error.is("internal"))
    }))

  it.effect("a dead daemon rejects every pending call at once", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon(() => {})
      const libvirt = yield* connect({ uri: daemon.uri })
      const handshakeFrames = daemon.frames.length
      const calls = yield* Effect.forEach(Array.from({ length: 8 }), () =>
        Effect.forkChild(Effect.flip(libvirt.connectGetHostname())))
      yield* eventually(() => daemon.frames.length === handshakeFrames + limits.callsInFlightMax)
      daemon.peers[0]?.socket.destroy()
      const errors = yield* Effect.forEach(calls, Fiber.join)
      assert.deepStrictEqual(errors.map((error) => error._tag), Array(8).fill("LibvirtConnectionError"))
      // Those beyond the daemon's limit were never sent, so their callers may repeat them safely.
      assert.deepStrictEqual(
        errors.map((error) => error instanceof LibvirtConnectionError && error.wasSent),
        [true, true, true, true, true, false, false, false]
      )
      const later = yield* Effect.flip(libvirt.connectGetVersion())
      assert.strictEqual(later._tag, "LibvirtConnectionError")
    }))

  it.effect("has at most five calls under way, and refuses when too many wait", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon(() => {})
      const libvirt = yield* connect({ uri: daemon.uri })
      const handshakeFrames = daemon.frames.length
      const count = limits.callsInFlightMax + limits.callsWaitingMax
      yield* Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(Effect.exit(libvirt.connectGetVersion())))
      yield* eventually(() => daemon.frames.length - handshakeFrames >= limits.callsInFlightMax)
      const refused = yield* Effect.flip(libvirt.connectGetVersion())
      assert.strictEqual(refused._tag, "LibvirtBusyError")
      assert.strictEqual(daemon.frames.length - handshakeFrames, limits.callsInFlightMax)
    }))

  it.effect("a call times out, and its slot stays taken until the daemon answers", () =>
    Effect.gen(function*() {
      const unanswered: Array<() => void> = []
      const daemon = yield* fakeDaemon((peer, frame) => {
        unanswered.push(() => peer.reply(frame, encode(procedures.connectGetVersion.returns, 1)))
      })
      const libvirt = yield* connect({ uri: daemon.uri })
      const stuck = yield* Effect.forEach(Array.from({ length: limits.callsInFlightMax }), () =>
        Effect.forkChild(Effect.flip(libvirt.connectGetVersion())))
      yield* eventually(() => unanswered.length === limits.callsInFlightMax)
      yield* TestClock.adjust(limits.callMillisMax)
      const errors = yield* Effect.forEach(stuck, Fiber.join)
      assert.deepStrictEqual(errors.map(({ _tag }) => _tag), Array(5).fill("LibvirtTimeoutError"))

      const next = yield* Effect.forkChild(libvirt.connectGetVersion())
      yield* Effect.promise(() => new Promise((done) => setTimeout(done, 30)))
      assert.strictEqual(unanswered.length, 5, "a sixth call was sent")
      unanswered[0]?.()
      yield* eventually(() => unanswered.length === 6)
      unanswered[5]?.()
      assert.strictEqual(yield* Fiber.join(next), 1)
    }))

  it.effect("arguments without an encoding fail the call, not the connection", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer, frame) => peer.reply(frame, Buffer.alloc(2)))
      const libvirt = yield* connect({ uri: daemon.uri })
      const unsendable = yield* Effect.flip(libvirt.domainLookupByUuid({ uuid: "not one" }))
      assert.strictEqual(unsendable._tag, "LibvirtProtocolError")
      const unreadable = yield* Effect.flip(libvirt.connectGetVersion())
      assert.strictEqual(unreadable._tag, "LibvirtProtocolError")
    }))

  it.effect("bytes that are no protocol end it", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer) => void peer.socket.write(Buffer.alloc(64, 0xff)))
      const libvirt = yield* connect({ uri: daemon.uri })
      const error = yield* Effect.flip(libvirt.connectGetVersion())
      assert.deepInclude(error, { _tag: "LibvirtConnectionError", reason: "garbled" })
    }))

  it.effect("a missing socket is refused, with the path in the message", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(connect({ uri: "qemu+unix:///system?socket=/nowhere/at-all" }))
      assert.deepInclude(error, { _tag: "LibvirtConnectionError", reason: "refused" })
      assert.include(error.message, "/nowhere/at-all")
    }).pipe(Effect.scoped))
})

describe("keepalive", () => {
  const isPing = (frame: { program: number; procedure: number }) =>
    frame.program === programs.keepAlive && frame.procedure === keepAliveProcedure.ping

  it.effect("answers the daemon's question", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon(() => {})
      yield* connect({ uri: daemon.uri })
      daemon.peers[0]?.send({
        program: programs.keepAlive, procedure: keepAliveProcedure.ping, type: frameType.event, serial: 0, status: 0
      })
      yield* eventually(() => daemon.frames.some((frame) =>
        frame.program === programs.keepAlive && frame.procedure === keepAliveProcedure.pong))
    }))

  it.effect("gives a silent daemon up after the allowed misses", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon(() => {}, { knowsKeepAlive: true })
      const libvirt = yield* connect({ uri: daemon.uri, keepAliveMillis: 1_000, keepAliveMissesMax: 2 })
      const pending = yield* Effect.forkChild(Effect.flip(libvirt.connectGetHostname()))
      yield* TestClock.adjust(5_000)
      assert.deepInclude(yield* Fiber.join(pending), { _tag: "LibvirtConnectionError", reason: "silent" })
      yield* eventually(() => daemon.frames.filter(isPing).length >= 2)
    }))

  it.effect("keeps a daemon that answers", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer, frame) => {
        if (isPing(frame)) peer.send({ ...frame, procedure: keepAliveProcedure.pong })
        else peer.reply(frame, encode(procedures.connectGetVersion.returns, 7))
      }, { knowsKeepAlive: true })
      const libvirt = yield* connect({ uri: daemon.uri, keepAliveMillis: 1_000, keepAliveMissesMax: 1 })
      for (let second = 1; second <= 6; second++) {
        yield* TestClock.adjust(1_000)
        yield* eventually(() => daemon.frames.filter(isPing).length >= second)
        yield* Effect.promise(() => new Promise((done) => setTimeout(done, 10)))
      }
      assert.strictEqual(yield* libvirt.connectGetVersion(), 7)
    }))
})

describe("events", () => {
  const registering = fakeDaemon((peer, frame) => {
    if (frame.procedure !== procedures.connectRegisterEvent.number) return
    // The first event leaves in the same packet as the reply: it must not be missed.
    peer.socket.cork()
    peer.reply(frame, encode(procedures.connectRegisterEvent.returns, 9))
    peer.send(lifecycleEvent(2))
    peer.send(lifecycleEvent(5))
    peer.socket.uncork()
  })

  it.effect("are not missed between registering and reading", () =>
    Effect.gen(function*() {
      const daemon = yield* registering
      const libvirt = yield* connect({ uri: daemon.uri })
      const events = yield* libvirt.subscribe("Lifecycle")
      const seen = yield* events.pipe(Stream.take(2), Stream.runCollect)
      assert.deepStrictEqual(seen.map((event) => event._tag === "Lifecycle" && event.event), ["started", "stopped"])
      assert.deepStrictEqual(seen[0]?.domain, guest)
    }))

  it.effect("a subscriber who falls behind is told so", () =>
    Effect.gen(function*() {
      const daemon = yield* registering
      const libvirt = yield* connect({ uri: daemon.uri })
      const events = yield* libvirt.subscribe("Lifecycle")
      for (let sent = 0; sent < limits.eventsBufferedMax; sent++) daemon.peers[0]?.send(lifecycleEvent(3))
      daemon.peers[0]?.send({ ...lifecycleEvent(3), program: programs.keepAlive, procedure: keepAliveProcedure.ping })
      yield* eventually(() => daemon.frames.some((frame) => frame.procedure === keepAliveProcedure.pong))
      const exit = yield* Effect.flip(Stream.runDrain(events))
      assert.strictEqual(exit._tag, "LibvirtEventsLostError")
    }))

  it.effect("end with the connection, and say why", () =>
    Effect.gen(function*() {
      const daemon = yield* registering
      const libvirt = yield* connect({ uri: daemon.uri })
      const events = yield* libvirt.subscribe("Lifecycle")
      daemon.peers[0]?.socket.destroy()
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(events)))._tag, "LibvirtConnectionError")
    }))
})

describe("byte streams", () => {
  const volume = { pool: "p", name: "v", key: "/v" }
  const packet = (frame: { program: number; procedure: number; serial: number }, status: number, text = "") => ({
    program: frame.program, procedure: frame.procedure, serial: frame.serial, type: frameType.stream, status,
    body: Buffer.from(text)
  })

  it.effect("deliver what comes in the same packet as the reply, to the end", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer, frame) => {
        if (frame.procedure !== streamProcedures.storageVolumeDownload.number) return
        if (frame.type === frameType.stream) return peer.send(packet(frame, frameStatus.ok))
        peer.socket.cork()
        peer.reply(frame)
        for (const text of ["one ", "two", ""]) peer.send(packet(frame, frameStatus.continue, text))
        peer.socket.uncork()
      })
      const libvirt = yield* connect({ uri: daemon.uri })
      const stream = yield* libvirt.openStream("storageVolumeDownload", { volume, offsetBytes: 0, lengthBytes: 0 })
      const chunks = yield* Stream.runCollect(stream.read)
      yield* stream.finish
      assert.strictEqual(Buffer.concat(chunks).toString(), "one two")
    }))

  it.effect("an upload fails when the daemon refuses the bytes", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer, frame) => {
        if (frame.type === frameType.call) return peer.reply(frame)
        peer.send({ ...packet(frame, frameStatus.error), body: Buffer.alloc(44) })
      })
      const libvirt = yield* connect({ uri: daemon.uri })
      const stream = yield* libvirt.openStream("storageVolumeUpload", { volume, offsetBytes: 0, lengthBytes: 0 })
      const exit = yield* Effect.exit(Effect.andThen(stream.write(Buffer.from("bytes")), stream.finish))
      assert.isTrue(Exit.isFailure(exit))
    }))

  it.effect("fail with the connection, both ways", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer, frame) => {
        if (frame.type === frameType.call) peer.reply(frame)
      })
      const libvirt = yield* connect({ uri: daemon.uri })
      const stream = yield* libvirt.openStream("domainOpenConsole", { domain: guest, device: null })
      const reading = yield* Effect.forkChild(Effect.flip(Stream.runDrain(stream.read)))
      const finishing = yield* Effect.forkChild(Effect.flip(stream.finish))
      yield* eventually(() => daemon.frames.some(({ type }) => type === frameType.stream))
      daemon.peers[0]?.socket.destroy()
      assert.strictEqual((yield* Fiber.join(reading))._tag, "LibvirtConnectionError")
      assert.strictEqual((yield* Fiber.join(finishing))._tag, "LibvirtConnectionError")
      assert.strictEqual((yield* Effect.flip(stream.write(Buffer.from("late"))))._tag, "LibvirtConnectionError")
    }))

  it.effect("leaving one without finishing aborts it", () =>
    Effect.gen(function*() {
      const daemon = yield* fakeDaemon((peer, frame) => {
        if (frame.type === frameType.call) peer.reply(frame)
      })
      const libvirt = yield* connect({ uri: daemon.uri })
      yield* Effect.scoped(libvirt.openStream("domainOpenConsole", { domain: guest, device: null }))
      yield* eventually(() =>
        daemon.frames.some(({ status, type }) => type === frameType.stream && status === frameStatus.error))
    }))
})

describe("Libvirt.layer", () => {
  it.live("fails calls while the daemon is away and comes back with it", () =>
    Effect.gen(function*() {
      const path = join(tmpdir(), `kilonova-fake-${process.pid}.sock`)
      const answering = fakeDaemon((peer, frame) => {
        if (frame.procedure === procedures.connectRegisterEvent.number) {
          return peer.reply(frame, encode(procedures.connectRegisterEvent.returns, 9))
        }
        peer.reply(frame, encode(procedures.connectGetVersion.returns, 7))
      }, { path })
      const program = Effect.gen(function*() {
        const libvirt = yield* Libvirt
        assert.strictEqual((yield* Effect.flip(libvirt.client.connectGetVersion()))._tag, "LibvirtConnectionError")
        const links = yield* libvirt.events("Lifecycle").pipe(
          Stream.changesWith((a, b) => a._tag === b._tag),
          Stream.take(4), Stream.runCollect, Effect.forkChild
        )
        const session = Effect.scoped(Effect.gen(function*() {
          yield* answering
          yield* libvirt.awaitConnected
          assert.strictEqual(yield* libvirt.client.connectGetVersion(), 7)
          yield* Effect.sleep("50 millis")
        }))
        // Several attempts fail first: the pauses grow, but stay pauses.
        yield* Effect.sleep("400 millis")
        yield* session
        // Until the end of the first connection is noticed, a call would still go to it.
        yield* Effect.flip(libvirt.connection).pipe(Effect.retry(Schedule.spaced("5 millis")))
        yield* session
        assert.deepStrictEqual(
          (yield* Fiber.join(links)).map(({ _tag }) => _tag),
          ["Disconnected", "Connected", "Disconnected", "Connected"]
        )
      })
      yield* program.pipe(Effect.provide(Libvirt.layer({ uri: `qemu+unix:///system?socket=${path}` })))
    }))
})
