import { diskConfigOf } from "../../../../actors/instance/resolve.ts"
import type { ImageSummary } from "../../../../actors/image/ImageProtocol.ts"
import { isoSeconds } from "../../../../actors/shared/time.ts"
import { type Call, linksOf } from "../Call.ts"
import { field, renderer } from "../Fields.ts"

/** Compute's words for the image service's. */
const statuses: Readonly<Record<string, string>> = { active: "ACTIVE", queued: "SAVING", saving: "SAVING" }
const progresses: Readonly<Record<string, number>> = { active: 100, queued: 25, saving: 50 }
export const statusOf = (image: ImageSummary): string => statuses[image.status] ?? "UNKNOWN"

const imageLinks = (call: Call, id: string) => [
  ...linksOf(call, "images", id),
  { rel: "alternate", type: "application/vnd.openstack.image", href: `${new URL(call.bookmark).origin}/image/v2/images/${id}` }
]
const detailed = { views: ["detail"] }

export const fields = [
  field<ImageSummary>("id", (image) => image.id),
  field<ImageSummary>("name", (image) => image.name),
  field<ImageSummary>("minRam", (image) => image.minRam, detailed),
  field<ImageSummary>("minDisk", (image) => image.minDisk, detailed),
  field<ImageSummary>("metadata", (image) => image.properties, detailed),
  field<ImageSummary>("created", (image) => isoSeconds(image.createdAt), detailed),
  field<ImageSummary>("updated", (image) => isoSeconds(image.updatedAt), detailed),
  field<ImageSummary>("status", statusOf, detailed),
  field<ImageSummary>("progress", (image) => progresses[image.status] ?? 0, detailed),
  field<ImageSummary>("OS-EXT-IMG-SIZE:size", (image) => image.sizeBytes, detailed),
  field<ImageSummary>("server", ({ properties: { instance_uuid: id } }, call) =>
    id === undefined ? undefined : { id, links: linksOf(call, "servers", id) }, detailed),
  field<ImageSummary>("links", (image, call) => imageLinks(call, image.id)),
  field<ImageSummary>("OS-DCF:diskConfig", ({ properties }) =>
    properties["auto_disk_config"] === undefined ? undefined : diskConfigOf(properties), detailed)
]
export const render = renderer(fields)
