import { Clock, Context, Effect, FileSystem, Layer, Option, Random, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { Limits } from "../../runtime/Limits.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"

/** What was found while the bytes went by. */
export interface Written {
  readonly sizeBytes: number
  readonly md5: string
  readonly sha512: string
}

const partial = ".part"
const tooLarge = refuse("tooLarge", `The incoming image is too large: it has more than ${Limits.imageBytesMax} bytes.`, "ImageSizeLimitExceeded")
const storage = (error: PlatformError): Refusal =>
  /ENOSPC|EDQUOT|EFBIG/.test(`${error.message} ${String(error.cause)}`)
    ? refuse("tooLarge", "Image storage media is full: no space is left in the data folder.", "StorageFull")
    : refuse("unavailable", "The image store cannot read or write its files now.", "StorageUnavailable")

/**
 * The bytes of images, one file each, named by the image's id. A file under its final name is whole: it was written
 * under another name, forced to disk and renamed.
 */
export class ImageFiles extends Context.Service<ImageFiles, {
  readonly pathOf: (id: string) => string
  readonly write: (id: string, bytes: Stream.Stream<Uint8Array, Refusal>, bytesMax: number) => Effect.Effect<Written, Refusal>
  readonly read: (id: string, offset: number, length: number) => Stream.Stream<Uint8Array, Refusal>
  /** Removing what is not there succeeds. */
  readonly remove: (id: string) => Effect.Effect<void>
  /**
   * Removes what a crash left: files of unfinished uploads, and of images that are not there. Files that were written to
   * within `freshMillis` may be somebody's at work: they stay, and their images' ids are answered.
   */
  readonly sweep: (isKept: (id: string) => boolean, freshMillis: number) => Effect.Effect<ReadonlySet<string>, Refusal>
}>()("kilonova/actors/image/ImageFiles") {
  static readonly layer = (folder: string): Layer.Layer<ImageFiles, Refusal, FileSystem.FileSystem> =>
    Layer.effect(
      ImageFiles,
      Effect.gen(function*() {
        const files = yield* FileSystem.FileSystem
        yield* Effect.mapError(files.makeDirectory(folder, { recursive: true, mode: 0o700 }), storage)
        const pathOf = (id: string) => join(folder, id)
        const removeFile = (path: string) => Effect.ignore(files.remove(path, { force: true }))

        /** A rename lasts once its folder is on disk. */
        const syncFolder = Effect.scoped(Effect.flatMap(files.open(folder, { flag: "r" }), (handle) => handle.sync))

        const writeTo = (path: string, bytes: Stream.Stream<Uint8Array, Refusal>, bytesMax: number) =>
          Effect.scoped(Effect.gen(function*() {
            const file = yield* Effect.mapError(files.open(path, { flag: "wx", mode: 0o600 }), storage)
            const md5 = createHash("md5")
            const sha512 = createHash("sha512")
            let sizeBytes = 0
            yield* Stream.runForEach(bytes, (chunk) => {
              sizeBytes += chunk.length
              if (sizeBytes > bytesMax) return Effect.fail(tooLarge)
              md5.update(chunk)
              sha512.update(chunk)
              return Effect.mapError(file.writeAll(chunk), storage)
            })
            yield* Effect.mapError(file.sync, storage)
            return { sizeBytes, md5: md5.digest("hex"), sha512: sha512.digest("hex") }
          }))

        const write = Effect.fnUntraced(function*(id: string, bytes: Stream.Stream<Uint8Array, Refusal>, bytesMax: number) {
          const path = `${pathOf(id)}.${(yield* Random.nextInt).toString(36)}${partial}`
          return yield* writeTo(path, bytes, bytesMax).pipe(
            Effect.tap(() => Effect.mapError(Effect.andThen(files.rename(path, pathOf(id)), syncFolder), storage)),
            Effect.onExit((exit) => exit._tag === "Success" ? Effect.void : removeFile(path))
          )
        })

        /** What is gone already is nobody's. */
        const isFresh = (name: string, freshMillis: number) =>
          freshMillis === 0 ? Effect.succeed(false) : Effect.zipWith(
            Clock.currentTimeMillis,
            files.stat(join(folder, name)),
            (now, { mtime }) => Option.isSome(mtime) && now - mtime.value.getTime() < freshMillis
          ).pipe(Effect.catch(() => Effect.succeed(false)))

        const sweep = Effect.fnUntraced(function*(isKept: (id: string) => boolean, freshMillis: number) {
          const fresh = new Set<string>()
          for (const name of yield* Effect.mapError(files.readDirectory(folder), storage)) {
            if (!name.endsWith(partial) && isKept(name)) continue
            if (yield* isFresh(name, freshMillis)) fresh.add(name.split(".")[0]!)
            else yield* removeFile(join(folder, name))
          }
          return fresh
        })

        return ImageFiles.of({
          pathOf,
          write,
          read: (id, offset, length) =>
            Stream.mapError(files.stream(pathOf(id), { offset, bytesToRead: length }), storage),
          remove: (id) => removeFile(pathOf(id)),
          sweep
        })
      })
    )
}
