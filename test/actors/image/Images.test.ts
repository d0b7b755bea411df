import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, FileSystem, Stream } from "effect"
import { Images } from "../../../src/actors/image/ImageProtocol.ts"
import { ImageApi } from "../../../src/actors/image/ImageApiProtocol.ts"
import { seedImage } from "../../../src/actors/image/ImageSeedService.ts"
import type { Described } from "../../../src/actors/image/imageFields.ts"
import { refuse } from "../../../src/actors/shared/Refusal.ts"
import { memoryJournal } from "../../fixtures/ownership.ts"
import { admin, alice, bob, rita } from "../../fixtures/callers.ts"
import { folder, imagesIn, imagesLayer } from "../../fixtures/images.ts"

const described: Described = {
  name: "disk", visibility: "shared", isProtected: false, isHidden: false, owner: alice.projectId, containerFormat: "bare",
  diskFormat: "raw", minDisk: 1, minRam: 0, tags: [], properties: { kernel_id: "k" }
}
const bytes = new TextEncoder().encode("hello, disk")
const md5 = "e0a25265298b030978828fa2ed2e7d3f"
const stored = Effect.gen(function*() {
  const api = yield* ImageApi
  const image = yield* api.create(alice, null, described)
  return yield* api.upload(alice, image.id, Stream.make(bytes.slice(0, 5), bytes.slice(5)))
})
const filesIn = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readDirectory(path)).pipe(Effect.provide(NodeFileSystem.layer), Effect.orDie)

describe("Images", () => {
  it.effect("keeps what was uploaded, with its size and hashes", () =>
    Effect.gen(function*() {
      const api = yield* ImageApi
      const image = yield* stored
      assert.deepInclude(image, { status: "active", sizeBytes: 11, checksum: md5, hashAlgorithm: "sha512" })
      assert.strictEqual(image.hashValue!.length, 128)
      const { read } = yield* api.download(alice, image.id)
      const text = (offset: number, length: number) =>
        Stream.runCollect(read!(offset, length)).pipe(Effect.map((chunks) => Buffer.concat(chunks).toString()))
      assert.strictEqual(yield* text(0, 11), "hello, disk")
      assert.strictEqual(yield* text(7, 3), "dis")
      const images = yield* Images
      assert.deepInclude(yield* images.get(alice, image.id), { status: "active", sizeBytes: 11, minDisk: 1, properties: { kernel_id: "k" } })
      const path = yield* images.file(image.id)
      const files = yield* FileSystem.FileSystem
      assert.strictEqual(yield* files.readFileString(path), "hello, disk")
    }).pipe(Effect.provide(imagesLayer)))

  it.effect("takes an image without a single byte", () =>
    Effect.gen(function*() {
      const api = yield* ImageApi
      const image = yield* api.create(alice, null, described)
      assert.deepInclude(yield* api.upload(alice, image.id, Stream.empty), { status: "active", sizeBytes: 0 })
      const { read } = yield* api.download(alice, image.id)
      assert.deepStrictEqual(yield* Stream.runCollect(read!(0, 0)), [])
    }).pipe(Effect.provide(imagesLayer)))

  it.effect("leaves no byte of a broken upload, and takes the next one", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* Effect.gen(function*() {
        const api = yield* ImageApi
        const image = yield* api.create(alice, null, described)
        const broken = Stream.concat(Stream.succeed(bytes), Stream.fail(refuse("badRequest", "gone")))
        const refusal = yield* Effect.flip(api.upload(alice, image.id, broken))
        assert.strictEqual(refusal.message, "gone")
        assert.deepInclude(yield* api.get(alice, image.id), { status: "queued", sizeBytes: null })
        assert.deepStrictEqual(yield* filesIn(path), [])
        assert.strictEqual((yield* api.upload(alice, image.id, Stream.succeed(bytes))).status, "active")
      }).pipe(Effect.provide(imagesIn(path)))
    }).pipe(Effect.scoped, Effect.provide(memoryJournal)))

  it.effect("leaves no byte of an upload whose client goes away, and refuses a second one meanwhile", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* Effect.gen(function*() {
        const api = yield* ImageApi
        const image = yield* api.create(alice, null, described)
        const begun = yield* Deferred.make<void>()
        const slow = Stream.concat(
          Stream.succeed(bytes),
          Stream.fromEffect(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
        )
        const fiber = yield* Effect.forkChild(api.upload(alice, image.id, slow))
        yield* Deferred.await(begun)
        const second = yield* Effect.flip(api.upload(alice, image.id, Stream.succeed(bytes)))
        assert.deepInclude(second, { kind: "conflict", code: "InvalidImageStatusTransition" })
        yield* Fiber.interrupt(fiber)
        assert.deepInclude(yield* api.get(alice, image.id), { status: "queued" })
        assert.deepStrictEqual(yield* filesIn(path), [])
      }).pipe(Effect.provide(imagesIn(path)))
    }).pipe(Effect.scoped, Effect.provide(memoryJournal)))

  it.effect("removes the bytes of an image deleted while they came", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* Effect.gen(function*() {
        const api = yield* ImageApi
        const image = yield* api.create(alice, null, described)
        const late = Stream.concat(Stream.succeed(bytes), Stream.fromEffect(Effect.as(api.remove(alice, image.id), bytes)))
        assert.deepInclude(yield* Effect.flip(api.upload(alice, image.id, late)), { code: "Gone" })
        assert.deepStrictEqual(yield* filesIn(path), [])
      }).pipe(Effect.provide(imagesIn(path)))
    }).pipe(Effect.scoped, Effect.provide(memoryJournal)))

  it.effect("finds its images after a crash and sweeps away what was unfinished", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const files = yield* FileSystem.FileSystem
      const before = yield* stored.pipe(Effect.provide(imagesIn(path)))
      yield* files.writeFileString(`${path}/${before.id}.abc.part`, "half")
      yield* files.writeFileString(`${path}/00000000-0000-4000-8000-000000000000`, "renamed, never recorded")
      yield* Effect.gen(function*() {
        const api = yield* ImageApi
        assert.deepStrictEqual(yield* api.get(alice, before.id), before)
        assert.deepStrictEqual(yield* filesIn(path), [before.id])
      }).pipe(Effect.provide(imagesIn(path)))
    }).pipe(Effect.scoped, Effect.provide([memoryJournal, NodeFileSystem.layer])))

  it.effect("deletes the bytes with the image, but not of a protected one", () =>
    Effect.gen(function*() {
      const path = yield* folder
      yield* Effect.gen(function*() {
        const api = yield* ImageApi
        const image = yield* stored
        const protect = (value: boolean) => api.patch(alice, image.id, [{ op: "replace", path: ["protected"], value }])
        yield* protect(true)
        assert.strictEqual((yield* Effect.flip(api.remove(alice, image.id))).kind, "forbidden")
        yield* protect(false)
        yield* api.remove(alice, image.id)
        assert.deepStrictEqual(yield* filesIn(path), [])
        assert.strictEqual((yield* Effect.flip(api.get(alice, image.id))).kind, "notFound")
      }).pipe(Effect.provide(imagesIn(path)))
    }).pipe(Effect.scoped, Effect.provide(memoryJournal)))

  it.effect("keeps other projects and readers from changing images", () =>
    Effect.gen(function*() {
      const api = yield* ImageApi
      const { id } = yield* stored
      const rename = [{ op: "replace" as const, path: ["name"], value: "mine" }]
      assert.strictEqual((yield* Effect.flip(api.patch(bob, id, rename))).kind, "notFound")
      assert.strictEqual((yield* Effect.flip(api.patch(rita, id, rename))).kind, "forbidden")
      assert.strictEqual((yield* Effect.flip(api.create(rita, null, described))).kind, "forbidden")
      assert.strictEqual((yield* Effect.flip(api.create(bob, null, described))).kind, "forbidden")
      yield* api.addMember(alice, id, bob.projectId!)
      assert.strictEqual((yield* Effect.flip(api.patch(bob, id, rename))).kind, "forbidden")
      assert.lengthOf(yield* api.list(bob, null, "accepted"), 0)
      yield* api.setMember(bob, id, bob.projectId!, "accepted")
      assert.lengthOf(yield* api.list(bob, null, "accepted"), 1)
      assert.strictEqual((yield* Effect.flip(api.setMember(alice, id, bob.projectId!, "rejected"))).kind, "forbidden")
    }).pipe(Effect.provide(imagesLayer)))

  it.effect("seeds an image once", () =>
    Effect.gen(function*() {
      const seed = { name: "tiny", source: bytes, diskFormat: "raw" }
      const id = yield* seedImage(admin, seed)
      assert.strictEqual(yield* seedImage(admin, seed), id)
      const api = yield* ImageApi
      assert.deepInclude(yield* api.get(bob, id), { status: "active", sizeBytes: 11, visibility: "public" })
    }).pipe(Effect.provide(imagesLayer)))
})
