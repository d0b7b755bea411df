import { Effect } from "effect"
import { type ImageSummary, Images } from "../../../../actors/image/ImageProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { checkMetadata } from "../servers/writes.ts"
import { nextLinks, pageOf } from "../paging.ts"
import { render, statusOf } from "./fields.ts"

type Found = Effect.Effect<ImageSummary, Refusal, Images>
const idOf = (call: Call) => call.params["image"] ?? call.params["id"]!

const worded = (message: string) => (refusal: Refusal) =>
  refusal.kind === "notFound" ? refuse("notFound", message, "ImageNotFound") : refusal

const get = (call: Call, message = "Image not found."): Found =>
  Effect.flatMap(Images, (images) => Effect.mapError(images.get(call.caller, idOf(call)), worded(message)))

type Test = (image: ImageSummary, wanted: string) => boolean
/** What a list can be narrowed by. A server may be named by its URL. */
const filters: Readonly<Record<string, Test>> = {
  name: (image, wanted) => image.name === wanted,
  status: (image, wanted) => statusOf(image) === wanted.toUpperCase(),
  "changes-since": (image, wanted) => !(Date.parse(image.updatedAt) < Date.parse(wanted)),
  server: (image, wanted) => image.properties["instance_uuid"] === wanted.split("/").at(-1),
  type: (image, wanted) => image.properties["image_type"] === wanted,
  minRam: (image, wanted) => image.minRam >= Number(wanted),
  minDisk: (image, wanted) => image.minDisk >= Number(wanted)
}

export const list = (view: "index" | "detail") =>
  Effect.fnUntraced(function*(call: Call) {
    const all = yield* (yield* Images).list(call.caller)
    const wanted = [...call.query].flatMap(([key, value]) => filters[key] === undefined ? [] : [[filters[key], value] as const])
    const page = pageOf(call, all.filter((image) => wanted.every(([test, value]) => test(image, value))), ({ id }) => id)
    const { items, next } = yield* Effect.fromResult(page)
    const isAsked = call.query.has("limit")
    return { body: { images: items.map((image) => render(call, view, image)), ...nextLinks(call, "images_links", isAsked ? next : null) } }
  })

export const show = (call: Call) => Effect.map(get(call), (image) => ({ body: { image: render(call, "detail", image) } }))
export const remove = (call: Call) =>
  Effect.flatMap(Images, (images) => Effect.as(Effect.mapError(images.remove(call.caller, idOf(call)), worded("Image not found.")), {}))

type Metadata = ImageSummary["properties"]
const setTo = Effect.fnUntraced(function*(call: Call, next: (before: Metadata) => Metadata) {
  const image = yield* get(call)
  const metadata = next(image.properties)
  yield* checkMetadata(call, Object.keys(metadata).length)
  const changed = yield* (yield* Images).setProperties(call.caller, image.id, metadata)
  return changed.properties
})
const given = (call: Call) => (call.body as { readonly metadata: Metadata }).metadata
const keyOf = (call: Call) => call.params["key"]!
const noKey = refuse("notFound", "Invalid metadata key")

export const metadata = (call: Call) => Effect.map(get(call), ({ properties }) => ({ body: { metadata: properties } }))
export const addMetadata = (call: Call) =>
  Effect.map(setTo(call, (before) => ({ ...before, ...given(call) })), (metadata) => ({ body: { metadata } }))
export const replaceMetadata = (call: Call) => Effect.map(setTo(call, () => given(call)), (metadata) => ({ body: { metadata } }))

export const showItem = Effect.fnUntraced(function*(call: Call) {
  const { properties } = yield* get(call)
  const value = Object.hasOwn(properties, keyOf(call)) ? properties[keyOf(call)] : undefined
  return value === undefined ? yield* noKey : { body: { meta: { [keyOf(call)]: value } } }
})
export const putItem = Effect.fnUntraced(function*(call: Call) {
  const { meta } = call.body as { readonly meta: Metadata }
  if (!Object.hasOwn(meta, keyOf(call))) return yield* refuse("badRequest", "Request body and URI mismatch")
  yield* setTo(call, (before) => ({ ...before, ...meta }))
  return { body: { meta } }
})
export const removeItem = Effect.fnUntraced(function*(call: Call) {
  const { properties } = yield* get(call)
  if (!Object.hasOwn(properties, keyOf(call))) return yield* noKey
  yield* setTo(call, ({ [keyOf(call)]: _, ...rest }) => rest)
  return {}
})
