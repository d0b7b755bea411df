/** The schema documents that clients read to learn which attributes an image has. */
import { containerFormats, diskFormats, memberStatuses, visibilities } from "../../../actors/image/Image.ts"

const text = (description: string, max: number | null = null) => ({
  type: "string",
  description,
  ...(max === null ? {} : { maxLength: max })
})
const maybeText = (description: string, max: number) => ({ ...text(description, max), type: ["null", "string"] })
const readOnly = <A extends object>(property: A) => ({ ...property, readOnly: true })
const integer = (description: string) => ({ type: "integer", description })
const maybeInteger = (description: string) => ({ type: ["null", "integer"], description })
const boolean = (description: string) => ({ type: "boolean", description })

const properties = {
  id: {
    ...text("The image's identifier"),
    pattern: "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
  },
  name: maybeText("A name for people", 255),
  status: readOnly({ ...text("Where the image is in its life"), enum: ["queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated"] }),
  visibility: { ...text("Who may use the image"), enum: visibilities },
  protected: boolean("A protected image cannot be deleted"),
  os_hidden: boolean("A hidden image is left out of lists unless asked for"),
  checksum: readOnly(maybeText("MD5 of the bytes", 32)),
  os_hash_algo: readOnly(maybeText("The algorithm of os_hash_value", 64)),
  os_hash_value: readOnly(maybeText("Hash of the bytes, hexadecimal", 128)),
  owner: maybeText("The project the image belongs to", 255),
  size: readOnly(maybeInteger("Size of the file in bytes")),
  virtual_size: readOnly(maybeInteger("Size of the disk inside in bytes")),
  container_format: { type: ["null", "string"], description: "Format of the container", enum: [null, ...containerFormats] },
  disk_format: { type: ["null", "string"], description: "Format of the disk", enum: [null, ...diskFormats] },
  created_at: readOnly(text("When the image was made")),
  updated_at: readOnly(text("When the image last changed")),
  tags: { type: "array", description: "Words to find the image by", items: { type: "string", maxLength: 255 } },
  direct_url: readOnly(text("Where the file is in an external store")),
  min_ram: integer("MiB of memory a server needs to boot the image"),
  min_disk: integer("GiB of disk a server needs to boot the image"),
  self: readOnly(text("This image's path")),
  file: readOnly(text("The path of the image's bytes")),
  schema: readOnly(text("The path of this schema")),
  kernel_id: { ...maybeText("The image to boot as kernel", 255), is_base: false },
  ramdisk_id: { ...maybeText("The image to boot as initial memory disk", 255), is_base: false },
  architecture: { ...text("The processor architecture the image is for"), is_base: false },
  os_distro: { ...text("The operating system's distribution, in lower case"), is_base: false },
  os_version: { ...text("The operating system's version"), is_base: false },
  instance_uuid: { ...text("The server this image was made from"), is_base: false }
}

const image = {
  name: "image",
  properties,
  additionalProperties: { type: "string" },
  links: [
    { rel: "self", href: "{self}" },
    { rel: "enclosure", href: "{file}" },
    { rel: "describedby", href: "{schema}" }
  ]
}

const member = {
  name: "member",
  properties: {
    created_at: text("When the member was added"),
    updated_at: text("When the membership last changed"),
    image_id: { ...text("The image"), pattern: properties.id.pattern },
    member_id: text("The project the image is shared with"),
    status: { ...text("What the member said"), enum: memberStatuses },
    schema: readOnly({ type: "string" })
  }
}

const listOf = (name: string, item: object) => ({
  name,
  properties: {
    [name]: { type: "array", items: item },
    first: { type: "string" },
    next: { type: "string" },
    schema: { type: "string" }
  },
  links: [
    { rel: "first", href: "{first}" },
    { rel: "next", href: "{next}" },
    { rel: "describedby", href: "{schema}" }
  ]
})

export const schemas: Readonly<Record<string, object>> = {
  image,
  images: listOf("images", image),
  member,
  members: {
    name: "members",
    properties: { members: { type: "array", items: member }, schema: { type: "string" } },
    links: [{ rel: "describedby", href: "{schema}" }]
  }
}
