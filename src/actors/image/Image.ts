/** An image as Glance knows it. Times ISO 8601; `minDisk` GiB, `minRam` MiB. */
export const visibilities = ["community", "public", "private", "shared"] as const
const statuses = ["queued", "saving", "active", "deactivated"] as const
export type Visibility = (typeof visibilities)[number]
export type ImageStatus = (typeof statuses)[number]

export const memberStatuses = ["pending", "accepted", "rejected"] as const
export type MemberStatus = (typeof memberStatuses)[number]

/** A project a shared image is shown to; it decides itself whether its lists show it. */
export type ImageMember = {
  readonly memberId: string
  readonly status: MemberStatus
  readonly createdAt: string
  readonly updatedAt: string
}

export type Image = {
  readonly id: string
  readonly name: string | null
  readonly status: ImageStatus
  readonly visibility: Visibility
  readonly owner: string | null
  readonly isProtected: boolean
  readonly isHidden: boolean
  readonly containerFormat: string | null
  readonly diskFormat: string | null
  readonly minDisk: number
  readonly minRam: number
  readonly tags: ReadonlyArray<string>
  /** Everything Glance itself gives no meaning to, kernel_id and hw_disk_bus among it. */
  readonly properties: { readonly [key: string]: string }
  readonly members: ReadonlyArray<ImageMember>
  /** What the bytes were found to be; `null` until there are some. */
  readonly sizeBytes: number | null
  readonly checksum: string | null
  readonly hashAlgorithm: string | null
  readonly hashValue: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

export const imageTable = { type: "image", key: (image: Image): string => image.id }

export const diskFormats = ["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"]
export const containerFormats = ["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]
