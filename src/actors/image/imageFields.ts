/** Glance's own attributes as rows; any other name is a custom property, whose value is text. */
import { Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { containerFormats, diskFormats, visibilities } from "./Image.ts"
import type { Image } from "./Image.ts"

/** Why the value does not fit, or nothing. */
type Check = (value: unknown) => string | undefined

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 255) ?? "nothing"
const text = (max: number): Check => (value) =>
  typeof value !== "string" ? `${shown(value)} is not of type 'string'` : value.length > max ? `${shown(value)} is longer than ${max} characters` : undefined
const nullOr = (check: Check): Check => (value) => value === null ? undefined : check(value)
const oneOf = (values: ReadonlyArray<string>): Check => (value) =>
  typeof value === "string" && values.includes(value) ? undefined : `${shown(value)} is not one of ${JSON.stringify(values)}`
const boolean: Check = (value) => typeof value === "boolean" ? undefined : `${shown(value)} is not of type 'boolean'`
const count: Check = (value) =>
  typeof value !== "number" || !Number.isInteger(value)
    ? `${shown(value)} is not of type 'integer'`
    : value < 0 || value > 0x7fff_ffff
    ? `${shown(value)} is not between 0 and 2147483647`
    : undefined
const tags: Check = (value) => Array.isArray(value) ? value.map(text(255)).find((why) => why !== undefined) : `${shown(value)} is not of type 'array'`

interface Field {
  readonly field: keyof Image
  readonly check: Check
  /** What an image has when nobody says. */
  readonly fallback: Image[keyof Image]
  /** Can be changed as long as there are no bytes that it describes. */
  readonly isFrozen?: boolean
}

export const fields: Readonly<Record<string, Field>> = {
  name: { field: "name", check: nullOr(text(255)), fallback: null },
  visibility: { field: "visibility", check: oneOf(visibilities), fallback: "shared" },
  protected: { field: "isProtected", check: boolean, fallback: false },
  os_hidden: { field: "isHidden", check: boolean, fallback: false },
  owner: { field: "owner", check: nullOr(text(255)), fallback: null },
  container_format: { field: "containerFormat", check: nullOr(oneOf(containerFormats)), fallback: null, isFrozen: true },
  disk_format: { field: "diskFormat", check: nullOr(oneOf(diskFormats)), fallback: null, isFrozen: true },
  min_disk: { field: "minDisk", check: count, fallback: 0 },
  min_ram: { field: "minRam", check: count, fallback: 0 },
  tags: { field: "tags", check: tags, fallback: [] }
}

const readOnly = new Set([
  "created_at", "updated_at", "status", "checksum", "size", "virtual_size", "direct_url", "self", "file", "schema",
  "stores", "os_hash_algo", "os_hash_value"
])
const reserved = new Set(["location", "locations", "deleted", "deleted_at"])

export const isBase = (wire: string): boolean => Object.hasOwn(fields, wire)

const forbidden = (message: string): Refusal => refuse("forbidden", message, "Forbidden")

/** May requests set this attribute at all? */
export const nameRefusal = (wire: string): Refusal | undefined => {
  if (readOnly.has(wire)) return forbidden(`Attribute '${wire}' is read-only.`)
  if (reserved.has(wire) || wire.startsWith("os_glance_")) return forbidden(`Attribute '${wire}' is reserved.`)
  if (wire.length > 255) return refuse("badRequest", "Custom property should not be greater than 255 characters.")
  return wire === "" ? refuse("badRequest", "The name of a property must not be empty.") : undefined
}

const customValue = text(65_535)

export const valueRefusal = (wire: string, value: unknown): Refusal | undefined => {
  const why = (isBase(wire) ? fields[wire]!.check : customValue)(value)
  return why === undefined
    ? undefined
    : refuse("badRequest", `Provided object does not match schema 'image': ${why}. Failed validating '${wire}'.`, "InvalidObject")
}

/** Tags are a set, kept in the order they came. */
export const canonical = (wire: string, value: unknown): unknown => wire === "tags" ? [...new Set(value as ReadonlyArray<string>)] : value

export const sizesRefusal = (image: Pick<Image, "properties" | "tags">): Refusal | undefined => {
  const over = (what: string, attempted: number, max: number): Refusal =>
    refuse("tooLarge", `The limit has been exceeded on the number of allowed image ${what}. Attempted: ${attempted}, Maximum: ${max}`, "LimitExceeded")
  const properties = Object.keys(image.properties).length
  if (properties > Limits.imagePropertiesMax) return over("properties", properties, Limits.imagePropertiesMax)
  return image.tags.length > Limits.imageTagsMax ? over("tags", image.tags.length, Limits.imageTagsMax) : undefined
}

export type Described = Pick<
  Image,
  "name" | "visibility" | "isProtected" | "isHidden" | "owner" | "containerFormat" | "diskFormat" | "minDisk" | "minRam" | "tags" | "properties"
>

/** What a create request's attributes describe; `id` is read by whoever draws ids. */
export const describe = (body: Readonly<Record<string, unknown>>, owner: string | null): Result.Result<Described, Refusal> => {
  const described: Record<string, unknown> = {}
  const properties: Array<readonly [string, string]> = []
  for (const { fallback, field } of Object.values(fields)) described[field] = fallback
  described["owner"] = owner
  for (const [wire, value] of Object.entries(body)) {
    if (wire === "id") continue
    const refusal = nameRefusal(wire) ?? valueRefusal(wire, value)
    if (refusal !== undefined) return Result.fail(refusal)
    if (isBase(wire)) described[fields[wire]!.field] = canonical(wire, value)
    else properties.push([wire, value as string])
  }
  const result = { ...described, properties: Object.fromEntries(properties) } as Described
  const refusal = sizesRefusal(result)
  return refusal === undefined ? Result.succeed(result) : Result.fail(refusal)
}
