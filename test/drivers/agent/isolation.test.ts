/** One host's credential neither reads nor changes anything of another host, nor does a flood of messages hurt the runner. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { WebSocket } from "@effect/platform-node/NodeWS"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import type { DomainSpec } from "../../../src/drivers/Driver.ts"
import { socketUrlOf } from "../../../src/drivers/agent/dial.ts"
import type { FromRunner } from "../../../src/drivers/agent/protocol.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { specOf } from "../specs.ts"
import { type Attempt, claimOf, intrude } from "./intruder.ts"
import { makeWorld, pass, passUntil, quiet, startRunner, tempFolder, until } from "./world.ts"

const cloud = Effect.gen(function*() {
  const world = yield* makeWorld
  const runner = yield* startRunner(world)
  const attach = (host: string) =>
    Effect.gen(function*() {
      const { token } = yield* runner.credentials.create(host)
      const intruder = yield* intrude(runner.url, { host, token })
      yield* intruder.hears("Adopted")
      return intruder
    })
  return { world, runner, url: runner.url, evil: yield* attach("evil"), good: yield* attach("good") }
})

const withImage = (id: string): DomainSpec => ({
  ...specOf(1),
  image: { id, path: `/images/${id}`, diskFormat: "raw", checksum: null, properties: {}, kernelPath: null, ramdiskPath: null }
})

describe("a taken-over hypervisor", () => {
  it.effect("cannot answer another host's calls", () =>
    Effect.gen(function*() {
      const { evil, good, runner } = yield* cloud
      const asking = yield* Effect.forkChild(runner.fleet.driver("good")!.list, { startImmediately: true })
      const { id } = yield* good.hears("Call")
      yield* evil.client.Answer({ id, answer: { _tag: "Domains", domains: [{ id: "forged", power: "running" }] } })
      assert.isUndefined(asking.pollUnsafe())
      yield* good.client.Answer({ id, answer: { _tag: "Domains", domains: [] } })
      assert.deepStrictEqual(yield* Fiber.join(asking), [])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("speaks of guests as its own host's alone, whosever they are", () =>
    Effect.gen(function*() {
      const { evil, runner } = yield* cloud
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(runner.fleet.events, 1)), { startImmediately: true })
      yield* evil.client.Saw({ events: [{ id: "guest-of-good", power: "shutdown", reason: "so I say" }] })
      assert.deepStrictEqual((yield* Fiber.join(heard)).map(({ hostname }) => hostname), ["evil"])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("reads an image while a call to it names the image, and never else", () =>
    Effect.gen(function*() {
      const { evil, good, runner, world } = yield* cloud
      const path = join(yield* tempFolder, "image")
      writeFileSync(path, "the image's bytes")
      world.imageFiles.set("secret", path)
      const read = (intruder: typeof evil) =>
        intruder.client.ImageBytes({ imageId: "secret" }).pipe(
          Stream.runCollect, Effect.map((parts) => parts.flatMap((part) => part._tag === "Bytes" ? [Buffer.from(part.bytes).toString()] : []).join("")),
          Effect.catch((error) => Effect.succeed(error.message))
        )
      const refused = "No call to this host names image secret"
      assert.strictEqual(yield* read(good), refused)
      const spawning = yield* Effect.forkChild(runner.fleet.driver("good")!.spawn(withImage("secret"), { epoch: 1 }), { startImmediately: true })
      const { id } = yield* good.hears("Call")
      assert.deepStrictEqual([yield* read(evil), yield* read(good)], [refused, "the image's bytes"])
      yield* good.client.Answer({ id, answer: { _tag: "Done" } })
      yield* Fiber.join(spawning)
      assert.strictEqual(yield* read(good), refused)
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("cannot attach another host on its connection, nor call anything once it is shut out", () =>
    Effect.gen(function*() {
      const { evil, runner } = yield* cloud
      const { token } = yield* runner.credentials.create("third")
      const { nonce } = yield* evil.client.Hello()
      const [message] = yield* Stream.runCollect(Stream.take(evil.client.Attach(claimOf({ host: "third", token }, nonce)), 1))
      assert.deepInclude(message, { _tag: "Ended", reason: "handshake" })
      yield* runner.credentials.revoke("evil")
      const saw = yield* Effect.exit(evil.client.Saw({ events: [{ id: "x", power: "crashed", reason: "" }] }))
      assert.strictEqual(saw._tag, "Failure")
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("that answers with something else than it was asked for fails that call alone", () =>
    Effect.gen(function*() {
      const { evil, runner } = yield* cloud
      const asking = yield* Effect.forkChild(Effect.flip(runner.fleet.driver("evil")!.inventory), { startImmediately: true })
      const { id } = yield* evil.hears("Call")
      yield* evil.client.Answer({ id, answer: { _tag: "Text", text: "4096 CPUs" } })
      assert.strictEqual((yield* Fiber.join(asking)).message, "Host evil: its agent answered with Text")
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})

/** A websocket without any manners. */
const raw = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = new WebSocket(socketUrlOf(url))
      const closed: Array<number> = []
      socket.on("close", (code) => closed.push(code))
      socket.on("error", () => {})
      return { socket, closed }
    }),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )
const open = (url: string) => Effect.tap(raw(url), ({ socket }) => until(() => socket.readyState === WebSocket.OPEN))

const request = (tag: string, payload: unknown, id: number) => JSON.stringify({ _tag: "Request", id: String(id), tag, payload, headers: [] }) + "\n"

/** An agent that hears a number of messages, and then stops listening without hanging up. */
const deafAgent = Effect.fnUntraced(function*(url: string, attempt: Attempt, hears: number) {
  const { socket } = yield* open(url)
  const chunks: Array<FromRunner> = []
  let given: string | undefined
  socket.on("message", (data: Buffer) => {
    for (const line of data.toString().split("\n").filter((text) => text !== "")) {
      const message = JSON.parse(line) as { _tag: string; requestId: string; values?: ReadonlyArray<FromRunner>; exit?: { value?: { nonce?: string } } }
      if (message._tag === "Exit" && message.requestId === "1") given = message.exit?.value?.nonce
      if (message._tag !== "Chunk") continue
      chunks.push(...message.values ?? [])
      if (chunks.length < hears) socket.send(JSON.stringify({ _tag: "Ack", requestId: message.requestId }) + "\n")
    }
  })
  socket.send(request("Hello", null, 1))
  yield* until(() => given !== undefined)
  socket.send(request("Attach", claimOf(attempt, given!), 2))
  return { socket, chunks }
})

describe("an agent that is shut out and does not hang up", () => {
  it.effect("can answer nothing any more", () =>
    Effect.gen(function*() {
      const { runner, url } = yield* cloud
      const { token } = yield* runner.credentials.create("deaf")
      const deaf = yield* deafAgent(url, { host: "deaf", token }, 2)
      yield* until(() => runner.fleet.hosts.includes("deaf"))
      const listing = yield* Effect.forkChild(runner.fleet.driver("deaf")!.list, { startImmediately: true })
      yield* until(() => deaf.chunks.length === 2)
      const call = deaf.chunks[1]!
      yield* runner.credentials.revoke("deaf")
      const answers: Array<string> = []
      deaf.socket.on("message", (data: Buffer) => answers.push(data.toString()))
      deaf.socket.send(request("Answer", { id: call._tag === "Call" ? call.id : "", answer: { _tag: "Domains", domains: [] } }, 3))
      yield* until(() => answers.some((text) => text.includes('"requestId":"3"')))
      assert.isTrue(answers.some((text) => text.includes("has attached no host")))
      assert.isUndefined(listing.pollUnsafe())
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})

describe("a flood", () => {
  it.effect("of greetings ends the connection", () =>
    Effect.gen(function*() {
      const { url } = yield* cloud
      const { closed, socket } = yield* open(url)
      for (let id = 0; id <= Limits.agentHellosMax; id++) socket.send(request("Hello", null, id))
      yield* until(() => closed.length > 0)
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("of silent connections fills no more than their share, and they are closed after a while", () =>
    Effect.gen(function*() {
      const { runner, url } = yield* cloud
      const silent: Array<Effect.Success<ReturnType<typeof open>>> = []
      for (let count = 0; count < Limits.agentStrangersMax; count++) silent.push(yield* open(url))
      const refused = yield* raw(url)
      yield* until(() => refused.closed.length > 0)
      assert.strictEqual(runner.fleet.hosts.length, 2)
      yield* passUntil(() => silent.every(({ closed }) => closed.length > 0), 2 * Limits.agentHelloMillis)
      assert.isTrue(silent.every(({ closed }) => closed.length > 0))
      yield* open(url)
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("of one frame that is larger than a stranger's may be ends the connection", () =>
    Effect.gen(function*() {
      const { url } = yield* cloud
      const { closed, socket } = yield* open(url)
      socket.send("x".repeat(Limits.agentStrangerFrameBytesMax + 1))
      yield* until(() => closed.length > 0)
      assert.deepStrictEqual(closed, [1009])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("of bytes that are one message, larger than any may be, ends an attached connection too", () =>
    Effect.gen(function*() {
      const { evil, runner } = yield* cloud
      yield* Effect.ignoreCause(evil.client.Answer({ id: "x", answer: { _tag: "Text", text: "x".repeat(Limits.agentFrameBytesMax) } }))
      yield* until(() => evil.isClosed() && runner.fleet.hosts.length === 1)
      assert.deepStrictEqual(runner.fleet.hosts, ["good"])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("of nonsense is answered, and the connection ends without having attached", () =>
    Effect.gen(function*() {
      const { runner, url } = yield* cloud
      const { closed, socket } = yield* open(url)
      for (const text of ["{}\n", "[1,2]\n", request("Attach", { host: 7 }, 1), request("Answer", { id: "a" }, 2), request("NoSuch", {}, 3)]) socket.send(text)
      yield* pass(Limits.agentHelloMillis)
      yield* until(() => closed.length > 0)
      assert.strictEqual(runner.fleet.hosts.length, 2)
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("of calls that an agent never answers is refused by the runner at a limit", () =>
    Effect.gen(function*() {
      const { runner } = yield* cloud
      const driver = runner.fleet.driver("good")!
      for (let count = 0; count < Limits.agentCallsMax; count++) yield* Effect.forkChild(driver.list, { startImmediately: true })
      const error = yield* Effect.flip(driver.list)
      assert.deepInclude(error, { isRetryable: true, message: `Host good: it has ${Limits.agentCallsMax} calls to answer already` })
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})
