import { Effect, Layer } from "effect"
import type { Image } from "./Image.ts"
import { ImageApi } from "./ImageApiProtocol.ts"
import * as ImageApiService from "./ImageApiService.ts"
import { ImageFiles } from "./ImageFilesService.ts"
import type { ImageChange } from "./imagePatch.ts"
import { Images } from "./ImageProtocol.ts"
import type { ImageSummary } from "./ImageProtocol.ts"

const summaryOf = (image: Image): ImageSummary => ({
  id: image.id,
  name: image.name ?? "",
  status: image.status,
  sizeBytes: image.sizeBytes ?? 0,
  minDisk: image.minDisk,
  minRam: image.minRam,
  diskFormat: image.diskFormat ?? "",
  checksum: image.checksum,
  properties: image.properties,
  createdAt: image.createdAt,
  updatedAt: image.updatedAt
})

type Properties = ImageSummary["properties"]
const changesTo = (before: Properties, after: Properties): ReadonlyArray<ImageChange> => [
  ...Object.keys(before).filter((key) => !Object.hasOwn(after, key)).map((key) => ({ op: "remove" as const, path: [key], value: null })),
  ...Object.entries(after).filter(([key, value]) => before[key] !== value).map(([key, value]) => ({ op: "add" as const, path: [key], value }))
]

/** Compute's view of the image service. */
const layerNoDeps: Layer.Layer<Images, never, ImageApi> = Layer.effect(
  Images,
  Effect.map(ImageApi, (api) =>
    Images.of({
      get: (caller, id) => Effect.map(api.get(caller, id), summaryOf),
      list: (caller) => Effect.map(api.list(caller, null, "accepted"), (images) => images.map(summaryOf)),
      remove: api.remove,
      setProperties: (caller, id, properties) =>
        Effect.flatMap(api.get(caller, id), (image) =>
          Effect.map(api.patch(caller, id, changesTo(image.properties, properties)), summaryOf)),
      file: api.file
    }))
)

/** The whole service: both views, the bytes in this folder. */
export const layer = (folder: string) =>
  layerNoDeps.pipe(
    Layer.provideMerge(ImageApiService.layerNoDeps),
    Layer.provide(ImageFiles.layer(folder))
  )
