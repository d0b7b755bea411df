import { Effect, FileSystem, Result, Stream } from "effect"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { ImageApi } from "./ImageApiProtocol.ts"
import { describe } from "./imageFields.ts"

export interface ImageSeed {
  readonly name: string
  /** The bytes themselves, or the path of a file that has them. */
  readonly source: Uint8Array | string
  readonly diskFormat: string
  readonly properties?: { readonly [key: string]: string }
  readonly minDisk?: number
  readonly minRam?: number
}

const bytesOf = (source: ImageSeed["source"]): Stream.Stream<Uint8Array, Refusal, FileSystem.FileSystem> =>
  typeof source === "string"
    ? Stream.unwrap(Effect.map(FileSystem.FileSystem, (files) =>
      Stream.mapError(files.stream(source), (error) => refuse("badRequest", `The image file ${source} cannot be read: ${error.message}`))))
    : Stream.succeed(source)

/** A public image with these bytes, unless the caller's project has one of that name; answers its id. */
export const seedImage = Effect.fnUntraced(function*(
  caller: Caller,
  seed: ImageSeed
): Effect.fn.Return<string, Refusal, ImageApi | FileSystem.FileSystem> {
  const api = yield* ImageApi
  const files = yield* FileSystem.FileSystem
  const images = yield* api.list(caller, null, "accepted")
  const described = describe({
    ...seed.properties,
    name: seed.name,
    visibility: "public",
    disk_format: seed.diskFormat,
    container_format: "bare",
    min_disk: seed.minDisk ?? 0,
    min_ram: seed.minRam ?? 0
  }, caller.projectId)
  if (Result.isFailure(described)) return yield* described.failure
  const image = images.find(({ name, owner }) => name === seed.name && owner === caller.projectId) ??
    (yield* api.create(caller, null, described.success))
  if (image.status === "queued") {
    yield* api.upload(caller, image.id, Stream.provideService(bytesOf(seed.source), FileSystem.FileSystem, files))
  }
  return image.id
})
