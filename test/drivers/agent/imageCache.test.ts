/** Images on their way to a hypervisor. */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { RpcClientDefect, RpcClientError } from "effect/rpc/RpcClientError"
import { TestClock } from "effect/testing"
import { makeImageCache, type ReadImage } from "../../../src/drivers/agent/imageCache.ts"
import type { DriverCall } from "../../../src/drivers/agent/protocol.ts"
import type { ImageSource } from "../../../src/drivers/Driver.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { breathe } from "../../fixtures/asked.ts"
import { specOf } from "../specs.ts"
import { passUntil, tempFolder } from "./world.ts"

const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex")

const image = (more: Partial<ImageSource> = {}): ImageSource => ({
  id: "image", path: "/runner/image", diskFormat: "raw", checksum: null, properties: {}, kernelPath: null, ramdiskPath: null, ...more
})
const spawn = (source: ImageSource): DriverCall => ({ _tag: "spawn", spec: { ...specOf(1), image: source } })
const imageOf = (call: DriverCall) => "spec" in call ? call.spec.image : null

const parts = (text: string, sha256 = hash("sha256", text)) =>
  Stream.fromIterable([
    { _tag: "Bytes" as const, bytes: Buffer.from(text.slice(0, 3)) },
    { _tag: "Bytes" as const, bytes: Buffer.from(text.slice(3)) },
    { _tag: "Whole" as const, sha256 }
  ])
/** Counts what is asked for. */
const reader = (answer: (imageId: string) => ReturnType<ReadImage>) => {
  const asked: Array<string> = []
  const read: ReadImage = (imageId) => Stream.suspend(() => (asked.push(imageId), answer(imageId)))
  return { asked, read }
}

const cache = Effect.gen(function*() {
  const folder = join(yield* tempFolder, "images")
  return { folder, ...(yield* makeImageCache(folder)) }
})

describe("an agent's images", () => {
  it.effect("are fetched once, and the call names the files of this machine", () =>
    Effect.gen(function*() {
      const { localize } = yield* cache
      const { asked, read } = reader((id) => parts(`bytes of ${id}`))
      const source = image({ kernelPath: "/runner/k", ramdiskPath: "/runner/r", properties: { kernel_id: "kernel", ramdisk_id: "ramdisk" } })
      const here = imageOf(yield* localize(spawn(source), read))!
      assert.deepStrictEqual(
        [here.path, here.kernelPath!, here.ramdiskPath!].map((path) => readFileSync(path, "utf8")),
        ["bytes of image", "bytes of kernel", "bytes of ramdisk"]
      )
      yield* localize(spawn(source), read)
      assert.deepStrictEqual(asked, ["image", "kernel", "ramdisk"])
    }).pipe(Effect.scoped))

  it.effect("that several calls need at the same time are fetched once", () =>
    Effect.gen(function*() {
      const { localize } = yield* cache
      const gate = Deferred.makeUnsafe<void>()
      const { asked, read } = reader(() => Stream.unwrap(Effect.as(Deferred.await(gate), parts("shared"))))
      const calls = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(Effect.scoped(localize(spawn(image()), read)), { startImmediately: true }))
      yield* breathe
      yield* Fiber.interrupt(calls[0]!)
      yield* Deferred.succeed(gate, undefined)
      const [second, third] = [yield* Fiber.join(calls[1]!), yield* Fiber.join(calls[2]!)]
      assert.deepStrictEqual([imageOf(second)?.path, asked], [imageOf(third)?.path, ["image"]])
    }).pipe(Effect.scoped))

  const broken: ReadonlyArray<readonly [string, ImageSource, ReturnType<ReadImage>, RegExp]> = [
    ["ends early", image(), Stream.take(parts("half of it"), 1), /did not arrive whole/],
    ["is changed on the way", image(), parts("forged", hash("sha256", "true")), /did not arrive whole/],
    ["has another checksum", image({ checksum: hash("md5", "true") }), parts("forged"), /has checksum .*, and should have/]
  ]
  it.effect.each(broken)("one that %s is refused, and leaves nothing behind", ([, source, answer, message]) =>
    Effect.gen(function*() {
      const { folder, localize } = yield* cache
      assert.match((yield* Effect.flip(localize(spawn(source), () => answer))).message, message)
      assert.deepStrictEqual(readdirSync(folder), [])
      const good = imageOf(yield* localize(spawn(image({ checksum: hash("md5", "true") })), () => parts("true")))
      assert.strictEqual(readFileSync(good!.path, "utf8"), "true")
    }).pipe(Effect.scoped))

  it.effect("go on from the beginning when the connection was lost", () =>
    Effect.gen(function*() {
      const { localize } = yield* cache
      const lost = new RpcClientError({ reason: new RpcClientDefect({ message: "lost", cause: null }) })
      let tries = 0
      const read: ReadImage = () => Stream.suspend(() => ++tries === 1 ? Stream.concat(Stream.take(parts("the bytes"), 1), Stream.fail(lost)) : parts("the bytes"))
      const calling = yield* Effect.forkChild(localize(spawn(image()), read), { startImmediately: true })
      yield* passUntil(() => calling.pollUnsafe() !== undefined, 60_000)
      assert.strictEqual(readFileSync(imageOf(yield* Fiber.join(calling))!.path, "utf8"), "the bytes")
    }).pipe(Effect.scoped))

  it.effect("what a crash left of one is removed at the start", () =>
    Effect.gen(function*() {
      const { folder } = yield* cache
      writeFileSync(join(folder, "abc.part"), "half")
      yield* makeImageCache(folder)
      assert.isFalse(existsSync(join(folder, "abc.part")))
    }).pipe(Effect.scoped))

  it.effect("are kept to a number, those in use beside them", () =>
    Effect.gen(function*() {
      const { folder, localize } = yield* cache
      const used = imageOf(yield* localize(spawn(image({ id: "used" })), () => parts("used")))!
      for (let count = 0; count < Limits.agentImagesMax + 3; count++) {
        yield* TestClock.adjust(1_000)
        yield* Effect.scoped(localize(spawn(image({ id: `image-${count}` })), () => parts("other")))
      }
      assert.isTrue(existsSync(used.path))
      assert.isAtMost(readdirSync(folder).length, Limits.agentImagesMax + 2)
    }).pipe(Effect.scoped))

  it.effect("are nothing a guest needs that is built already", () =>
    Effect.gen(function*() {
      const { localize } = yield* cache
      const { asked, read } = reader(() => parts("bytes"))
      const call = yield* localize({ _tag: "powerOn", spec: { ...specOf(1), image: image({ kernelPath: "/runner/k" }) } }, read)
      assert.deepStrictEqual([imageOf(call)?.path, imageOf(call)?.kernelPath, asked], ["", null, []])
    }).pipe(Effect.scoped))
})
