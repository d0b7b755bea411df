import { Effect, Layer, Result, Schedule } from "effect"
import type { Stream } from "effect"
import { Ownership } from "../../runtime/kernel/Ownership.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { Limits } from "../../runtime/Limits.ts"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Image } from "./Image.ts"
import { ImageApi } from "./ImageApiProtocol.ts"
import type { Described } from "./imageFields.ts"
import { valueRefusal } from "./imageFields.ts"
import { ImageFiles } from "./ImageFilesService.ts"
import type { Written } from "./ImageFilesService.ts"
import { patch } from "./imagePatch.ts"
import * as ImageMembers from "./ImageMembersService.ts"
import { changeRefusal, createRefusal, imageNotFound, listsImage, publicityRefusal, seesImage } from "./imagePolicy.ts"
import * as ImageWriter from "./ImageWriterService.ts"

const noBytes = { status: "queued", sizeBytes: null, checksum: null, hashAlgorithm: null, hashValue: null } as const

const transitionRefusal = (image: Image, to: string): Refusal =>
  refuse("conflict", `Image status transition from ${image.status} to ${to} is not allowed`, "InvalidImageStatusTransition")

const vanished = (id: string): Refusal =>
  refuse(
    "notFound",
    `Image ${id} could not be found after upload. The image may have been deleted during the upload, cleaning up the chunks uploaded.`,
    "Gone"
  )

const activated = (written: Written, now: string) => (image: Image): Result.Result<Image, Refusal> =>
  image.status === "saving"
    ? Result.succeed({
      ...image,
      status: "active",
      sizeBytes: written.sizeBytes,
      checksum: written.md5,
      hashAlgorithm: "sha512",
      hashValue: written.sha512,
      updatedAt: now
    })
    : Result.fail(transitionRefusal(image, "active"))

const make = Effect.gen(function*() {
  const writer = yield* ImageWriter.make
  const files = yield* ImageFiles
  const ownership = yield* Ownership

  /** What was being uploaded when its process ended is queued again; its bytes are swept away. */
  const tidyUp = Effect.fnUntraced(function*(freshMillis: number) {
    const fresh = yield* files.sweep((id) => {
      const image = writer.find(id)
      return image !== undefined && image.sizeBytes !== null
    }, freshMillis)
    const now = Date.parse(yield* writer.now)
    const isLeft = ({ id, status, updatedAt }: Image) =>
      status === "saving" && !fresh.has(id) && (freshMillis === 0 || now - Date.parse(updatedAt) >= freshMillis)
    for (const image of [...writer.all()].filter(isLeft)) {
      yield* writer.change(image.id, (each) => Result.succeed(isLeft(each) ? { ...each, ...noBytes } : each))
    }
  })
  // One process alone has just begun, and uploads nothing yet; others may be at it in the same folder.
  if ((yield* Effect.orElseSucceed(ownership.highWater, () => undefined)) === null) yield* tidyUp(0)
  else {
    yield* tidyUp(Limits.imageAbandonedMillis).pipe(
      Effect.ignore({ log: "Warn" }),
      Effect.repeat(Schedule.spaced(Limits.imageAbandonedMillis)),
      Effect.forkScoped
    )
  }

  const lookUp = (caller: Caller, id: string) =>
    Effect.suspend(() => {
      const image = writer.find(id)
      return image !== undefined && seesImage(caller, image) ? Effect.succeed(image) : Effect.fail(imageNotFound(id))
    })

  /** Changes what the caller may change; `action` is the policy's name for it. */
  const change = Effect.fnUntraced(function*(
    caller: Caller,
    id: string,
    action: string,
    decide: (image: Image, now: string) => Result.Result<Image | null, Refusal>
  ) {
    const now = yield* writer.now
    return yield* writer.change(id, (image) => {
      const refusal = changeRefusal(caller, image, action)
      return refusal === undefined ? decide(image, now) : Result.fail(refusal)
    })
  })

  const create = Effect.fnUntraced(function*(caller: Caller, id: string | null, described: Described) {
    const now = yield* writer.now
    const refusal = createRefusal(caller, described.owner) ?? publicityRefusal(caller, described.visibility)
    if (refusal !== undefined) return yield* refusal
    const image: Image = { ...described, ...noBytes, id: id ?? (yield* writer.newId), members: [], createdAt: now, updatedAt: now }
    yield* writer.add(image)
    return image
  })

  const upload = Effect.fnUntraced(function*(caller: Caller, id: string, bytes: Stream.Stream<Uint8Array, Refusal>) {
    yield* change(caller, id, "upload_image", (image, now) =>
      image.containerFormat === null || image.diskFormat === null
        ? Result.fail(refuse("badRequest", "Properties disk_format, container_format must be set prior to saving data."))
        : image.status === "queued"
        ? Result.succeed({ ...image, status: "saving" as const, updatedAt: now })
        : Result.fail(transitionRefusal(image, "saving")))
    const queueAgain = Effect.ignore(writer.change(id, (image) =>
      Result.succeed(image.status === "saving" ? { ...image, ...noBytes } : image)
    ))
    // From the rename to the record nothing may come between; while a write's fate is unknown the file stays.
    return yield* Effect.uninterruptibleMask((restore) =>
      restore(files.write(id, bytes, Limits.imageBytesMax)).pipe(
        Effect.onError(() => queueAgain),
        Effect.flatMap((written) =>
          Effect.flatMap(writer.now, (now) => writer.change(id, activated(written, now))).pipe(
            Effect.tapError((refusal) => refusal.kind === "unavailable" ? Effect.void : files.remove(id)),
            Effect.mapError((refusal) => refusal.code === "ImageNotFound" ? vanished(id) : refusal)
          )
        ),
        Effect.map((image) => image as Image)
      )
    )
  })

  const remove = (caller: Caller, id: string) =>
    change(caller, id, "delete_image", (image) =>
      image.isProtected
        ? Result.fail(refuse("forbidden", `Image ${id} is protected and cannot be deleted.`, "ProtectedImageDelete"))
        : Result.succeed(null)).pipe(Effect.andThen(files.remove(id)))

  const tag = (caller: Caller, id: string, name: string, isWanted: boolean) =>
    change(caller, id, "modify_image", (image, now) => {
      if (image.tags.includes(name) === isWanted) {
        return isWanted ? Result.succeed(image) : Result.fail(refuse("notFound", `Tag ${name} could not be found.`, "NotFound"))
      }
      const tags = isWanted ? [...image.tags, name] : image.tags.filter((each) => each !== name)
      const refusal = valueRefusal("tags", tags) ??
        (tags.length > Limits.imageTagsMax
          ? refuse("tooLarge", `The limit has been exceeded on the number of allowed image tags. Attempted: ${tags.length}, Maximum: ${Limits.imageTagsMax}`, "LimitExceeded")
          : undefined)
      return refusal === undefined ? Result.succeed({ ...image, tags, updatedAt: now }) : Result.fail(refusal)
    }).pipe(Effect.asVoid)

  return ImageApi.of({
    list: (caller, visibility, memberStatus) =>
      Effect.sync(() => {
        const seen: Array<Image> = []
        for (const image of writer.all()) if (listsImage(caller, image, visibility, memberStatus)) seen.push(image)
        return seen
      }),
    get: lookUp,
    create,
    patch: (caller, id, changes) =>
      change(caller, id, "modify_image", (image, now) =>
        Result.map(patch(image, changes, caller), (next) => ({ ...next, updatedAt: now }))).pipe(
          Effect.map((image) => image as Image)
        ),
    remove,
    tag,
    upload,
    download: (caller, id) =>
      Effect.flatMap(lookUp(caller, id), (image) =>
        image.status === "deactivated" && !caller.isAdmin
          ? Effect.fail(refuse("forbidden", "The requested image has been deactivated. Image data download is forbidden.", "Forbidden"))
          : Effect.succeed({
            image,
            read: image.sizeBytes === null ? null : (offset: number, length: number) => files.read(id, offset, length)
          })),
    setActive: (caller, id, isActive) => {
      const to = isActive ? "active" : "deactivated"
      return change(caller, id, isActive ? "reactivate" : "deactivate", (image, now) =>
        image.status === to
          ? Result.succeed(image)
          : image.status === "queued" || image.status === "saving"
          ? Result.fail(refuse("forbidden", `Not allowed to ${isActive ? "reactivate" : "deactivate"} image in status '${image.status}'`, "Forbidden"))
          : Result.succeed({ ...image, status: to, updatedAt: now })).pipe(Effect.asVoid)
    },
    ...ImageMembers.make(writer),
    file: (id) =>
      Effect.suspend(() => {
        const image = writer.find(id)
        return image === undefined || image.sizeBytes === null
          ? Effect.fail(imageNotFound(id))
          : Effect.succeed(files.pathOf(id))
      })
  })
})

/** Glance's API over records and files. */
export const layerNoDeps: Layer.Layer<ImageApi, Refusal, Records | Ownership | ImageFiles> = Layer.effect(ImageApi, make)
