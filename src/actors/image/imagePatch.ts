/** Glance's kind of JSON patch: one attribute a step, `/tags/N` the only deeper path. */
import { Result } from "effect"
import type { Caller } from "../shared/Caller.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Image } from "./Image.ts"
import { canonical, fields, isBase, nameRefusal, sizesRefusal, valueRefusal } from "./imageFields.ts"
import { publicityRefusal } from "./imagePolicy.ts"

export interface ImageChange {
  readonly op: "add" | "remove" | "replace"
  /** The pointer's parts, unescaped. */
  readonly path: ReadonlyArray<string>
  readonly value: unknown
}

const pointerRefusal = (path: ReadonlyArray<string>): Refusal =>
  refuse("badRequest", `Invalid JSON pointer for this resource: '/${path.join("/")}'`)

const withTag = (image: Image, { op, path, value }: ImageChange): Result.Result<Image, Refusal> => {
  const at = path[1] === "-" ? image.tags.length : Number(path[1])
  const isPlace = path.length === 2 && (path[1] === "-" || /^\d{1,4}$/.test(path[1]!)) && at <= image.tags.length - (op === "add" ? 0 : 1)
  if (!isPlace) return Result.fail(pointerRefusal(path))
  const tags = image.tags.toSpliced(at, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value as string]))
  const refusal = valueRefusal("tags", tags)
  return refusal === undefined ? Result.succeed({ ...image, tags: canonical("tags", tags) as ReadonlyArray<string> }) : Result.fail(refusal)
}

const withBase = (image: Image, { op, path, value }: ImageChange, caller: Caller): Result.Result<Image, Refusal> => {
  const wire = path[0]!
  const { field, isFrozen } = fields[wire]!
  if (op === "remove") return Result.fail(refuse("forbidden", `Property ${wire} may not be removed.`, "Forbidden"))
  const refusal = valueRefusal(wire, value) ??
    (isFrozen === true && image.status !== "queued" && image[field] !== value
      ? refuse("forbidden", `Attribute ${wire} can be only replaced for a queued image.`, "Forbidden")
      : undefined) ??
    (wire === "owner" && value !== image.owner && !caller.isAdmin
      ? refuse("forbidden", "You are not permitted to modify 'owner' on this image.", "Forbidden")
      : undefined) ??
    (wire === "visibility" && value !== image.visibility ? publicityRefusal(caller, String(value)) : undefined)
  return refusal === undefined ? Result.succeed({ ...image, [field]: canonical(wire, value) }) : Result.fail(refusal)
}

const withProperty = (image: Image, { op, path, value }: ImageChange): Result.Result<Image, Refusal> => {
  const wire = path[0]!
  const isThere = Object.hasOwn(image.properties, wire)
  if (op !== "add" && !isThere) return Result.fail(refuse("conflict", `Property ${wire} does not exist.`, "Conflict"))
  if (op === "remove") {
    const { [wire]: _, ...properties } = image.properties
    return Result.succeed({ ...image, properties })
  }
  const refusal = valueRefusal(wire, value)
  return refusal === undefined
    ? Result.succeed({ ...image, properties: { ...image.properties, [wire]: value as string } })
    : Result.fail(refusal)
}

/** All changes, in order, or none. */
export const patch = (image: Image, changes: ReadonlyArray<ImageChange>, caller: Caller): Result.Result<Image, Refusal> => {
  let next = image
  for (const change of changes) {
    const wire = change.path[0] ?? ""
    const refusal = wire === "id" ? refuse("forbidden", "Attribute 'id' is read-only.", "Forbidden") : nameRefusal(wire)
    if (refusal !== undefined) return Result.fail(refusal)
    if (change.path.length > 1 && wire !== "tags") return Result.fail(pointerRefusal(change.path))
    const changed = change.path.length > 1
      ? withTag(next, change)
      : isBase(wire)
      ? withBase(next, change, caller)
      : withProperty(next, change)
    if (Result.isFailure(changed)) return changed
    next = changed.success
  }
  const refusal = sizesRefusal(next)
  return refusal === undefined ? Result.succeed(next) : Result.fail(refusal)
}
