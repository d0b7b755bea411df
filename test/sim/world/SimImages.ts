import { Effect, Layer } from "effect"
import { Images } from "../../../src/actors/image/ImageProtocol.ts"
import { refuse } from "../../../src/actors/shared/Refusal.ts"

const none = Effect.fail(refuse("notFound", "There are no images in the simulation.", "ImageNotFound"))

/** Simulated servers boot from nothing: image files are no part of what is simulated. */
export const layer = Layer.succeed(Images, {
  get: () => none, list: () => Effect.succeed([]), remove: () => none, setProperties: () => none, file: () => none
})
