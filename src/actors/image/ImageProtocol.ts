import { Context } from "effect"
import type { Effect } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"

/** An image as compute sees it. Sizes: bytes, `minDisk` GiB, `minRam` MiB. Times ISO 8601. */
export interface ImageSummary {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly sizeBytes: number
  readonly minDisk: number
  readonly minRam: number
  readonly diskFormat: string
  readonly checksum: string | null
  readonly properties: { readonly [key: string]: string }
  readonly createdAt: string
  readonly updatedAt: string
}

/** What compute needs of Glance; the built-in service and a real Glance by URL both provide it. */
export class Images extends Context.Service<Images, {
  /** `notFound` also for images the caller may not see. */
  readonly get: (caller: Caller, imageId: string) => Effect.Effect<ImageSummary, Refusal>
  readonly list: (caller: Caller) => Effect.Effect<ReadonlyArray<ImageSummary>, Refusal>
  readonly remove: (caller: Caller, imageId: string) => Effect.Effect<void, Refusal>
  /** The image with these properties and no others. */
  readonly setProperties: (
    caller: Caller, imageId: string, properties: ImageSummary["properties"]
  ) => Effect.Effect<ImageSummary, Refusal>
  /** A local file with the image's bytes, for a hypervisor on this machine. */
  readonly file: (imageId: string) => Effect.Effect<string, Refusal>
}>()("kilonova/actors/image/Images") {}
