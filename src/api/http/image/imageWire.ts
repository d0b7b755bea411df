/** How images look on Glance's wire. Links are paths: clients put the endpoint in front. */
import type { Image, ImageMember } from "../../../actors/image/Image.ts"
import { isoSeconds } from "../../../actors/shared/time.ts"

export type Wire = Readonly<Record<string, unknown>>

export const imageWire = (image: Image): Wire => ({
  ...image.properties,
  name: image.name,
  disk_format: image.diskFormat,
  container_format: image.containerFormat,
  visibility: image.visibility,
  size: image.sizeBytes,
  virtual_size: null,
  status: image.status,
  checksum: image.checksum,
  protected: image.isProtected,
  min_ram: image.minRam,
  min_disk: image.minDisk,
  owner: image.owner,
  os_hidden: image.isHidden,
  os_hash_algo: image.hashAlgorithm,
  os_hash_value: image.hashValue,
  id: image.id,
  created_at: isoSeconds(image.createdAt),
  updated_at: isoSeconds(image.updatedAt),
  tags: image.tags,
  self: `/v2/images/${image.id}`,
  file: `/v2/images/${image.id}/file`,
  schema: "/v2/schemas/image"
})

export const memberWire = (imageId: string, member: ImageMember): Wire => ({
  created_at: isoSeconds(member.createdAt),
  image_id: imageId,
  member_id: member.memberId,
  schema: "/v2/schemas/member",
  status: member.status,
  updated_at: isoSeconds(member.updatedAt)
})
