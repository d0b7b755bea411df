/** Glance's list queries: filters, order and pages over wire forms. */
import { Result } from "effect"
import { memberStatuses, visibilities } from "../../../actors/image/Image.ts"
import type { MemberStatus } from "../../../actors/image/Image.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { byKeys } from "../ordering.ts"
import type { Wire } from "./imageWire.ts"

const bad = (message: string): Result.Result<never, Refusal> => Result.fail(refuse("badRequest", message))

const controls = new Set(["limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "visibility", "tag", "os_hidden", "changes-since"])
const sortKeys = ["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"]

/** Which images to look at, before any filter. */
export const scopeOf = (query: URLSearchParams): Result.Result<{ readonly visibility: string | null; readonly memberStatus: MemberStatus | "all" }, Refusal> => {
  const visibility = query.get("visibility") || null
  const memberStatus = query.get("member_status") ?? "accepted"
  if (visibility !== null && ![...visibilities, "all"].includes(visibility)) return bad(`Invalid visibility value: ${visibility}`)
  if (![...memberStatuses, "all"].includes(memberStatus)) return bad(`Invalid status: ${memberStatus}`)
  if (query.has("changes-since")) return bad("The \"changes-since\" filter is no longer available on v2.")
  return Result.succeed({ visibility, memberStatus: memberStatus as MemberStatus | "all" })
}

/** `in:"a,b",c`: quotes keep commas together. */
const members = (list: string): ReadonlyArray<string> =>
  [...list.matchAll(/"([^"]*)"|([^,]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "")

const times: Readonly<Record<string, (value: string, bound: string) => boolean>> = {
  gt: (value, bound) => value > bound,
  gte: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  lte: (value, bound) => value <= bound,
  eq: (value, bound) => value === bound,
  neq: (value, bound) => value !== bound
}

type Filter = (image: Wire) => boolean

const timeFilter = (key: string, wanted: string): Result.Result<Filter, Refusal> => {
  const colon = wanted.search(/^[a-z]+:/) === 0 ? wanted.indexOf(":") : -1
  const operator = colon < 0 ? "eq" : wanted.slice(0, colon)
  const bound = wanted.slice(colon + 1)
  const compare = times[operator]
  if (compare === undefined) return bad(`Unable to filter by unknown operator '${operator}'.`)
  return /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(Z|\+00:00)?)?$/.test(bound)
    ? Result.succeed((image) => compare(String(image[key]).slice(0, bound.length), bound.replace("+00:00", "Z")))
    : bad(`Bad value for ${key} filter: ${bound} is not a time.`)
}

const sizeFilter = (key: string, wanted: string): Result.Result<Filter, Refusal> => {
  if (!/^\d{1,15}$/.test(wanted)) return bad(`Bad value for ${key} filter: ${wanted} is not an integer.`)
  const isMin = key === "size_min"
  return Result.succeed((image) => {
    const size = image["size"]
    return typeof size === "number" && (isMin ? size >= Number(wanted) : size <= Number(wanted))
  })
}

const isTrue = (text: string): boolean | undefined =>
  ["true", "1", "yes", "t", "y", "on"].includes(text.toLowerCase())
    ? true
    : ["false", "0", "no", "f", "n", "off"].includes(text.toLowerCase())
    ? false
    : undefined

const filterOf = (key: string, wanted: string): Result.Result<Filter, Refusal> => {
  if (key === "created_at" || key === "updated_at") return timeFilter(key, wanted)
  if (key === "size_min" || key === "size_max") return sizeFilter(key, wanted)
  if (key === "protected") {
    const value = isTrue(wanted)
    return value === undefined ? bad(`Invalid value '${wanted}' for 'protected' filter.`) : Result.succeed((image) => image[key] === value)
  }
  const values = wanted.startsWith("in:") ? members(wanted.slice(3)) : [wanted]
  return Result.succeed((image) => values.includes(String(image[key] ?? "")))
}

const filtersOf = (query: URLSearchParams): Result.Result<ReadonlyArray<Filter>, Refusal> =>
  Result.gen(function*() {
    const tags = query.getAll("tag")
    const isHidden = isTrue(query.get("os_hidden") ?? "false")
    if (isHidden === undefined) return yield* bad(`Invalid value '${query.get("os_hidden")}' for 'os_hidden' filter.`)
    const filters: Array<Filter> = [
      (image) => image["os_hidden"] === isHidden,
      (image) => tags.every((tag) => (image["tags"] as ReadonlyArray<string>).includes(tag))
    ]
    for (const [key, wanted] of query) {
      if (!controls.has(key)) filters.push(yield* filterOf(key, wanted))
    }
    return filters
  })

const orderOf = (query: URLSearchParams): Result.Result<ReadonlyArray<readonly [key: string, direction: string]>, Refusal> => {
  const sort = query.get("sort")
  const classic = { keys: query.getAll("sort_key"), directions: query.getAll("sort_dir") }
  if (sort !== null && classic.keys.length + classic.directions.length > 0) return bad("Old and new sorting syntax cannot be combined")
  const parts = sort?.split(",").map((part) => part.split(":").map((each) => each.trim()))
  const keys = parts === undefined ? classic.keys : parts.map(([key]) => key!)
  const directions = parts === undefined ? classic.directions : parts.map(([, direction]) => direction || "desc")
  const stranger = keys.find((key) => !sortKeys.includes(key))
  if (stranger !== undefined) return bad(`Invalid sort key: ${stranger}. It must be one of the following: ${sortKeys.join(", ")}.`)
  const odd = directions.find((direction) => direction !== "asc" && direction !== "desc")
  if (odd !== undefined) return bad(`Invalid sort direction: ${odd}`)
  if (directions.length > 1 && directions.length !== keys.length) return bad("Number of sort dirs does not match the number of sort keys")
  const wanted = keys.length === 0 ? ["created_at"] : keys
  const usual = directions.length === 1 ? directions[0]! : "desc"
  return Result.succeed(wanted.map((key, at) => [key, directions.length > 1 ? directions[at]! : usual]))
}

const linkOf = (query: URLSearchParams, marker?: string): string => {
  const params = new URLSearchParams(query)
  params.delete("marker")
  if (marker !== undefined) params.set("marker", marker)
  return params.size === 0 ? "/v2/images" : `/v2/images?${params}`
}

/** `images` newest last, as they were made. */
export const listing = (images: ReadonlyArray<Wire>, query: URLSearchParams): Result.Result<Wire, Refusal> =>
  Result.gen(function*() {
    const filters = yield* filtersOf(query)
    const order = yield* orderOf(query)
    const limitText = query.get("limit")
    if (limitText !== null && !/^-?\d{1,9}$/.test(limitText)) return yield* bad("limit param must be an integer")
    if (Number(limitText ?? 0) < 0) return yield* bad("limit param must be positive")
    const limit = Math.min(limitText === null ? Limits.imagePageSize : Number(limitText), Limits.pageSizeMax)
    const found = images.filter((image) => filters.every((filter) => filter(image)))
    const newestFirst = found.toReversed()
    const sorted = newestFirst.toSorted(byKeys(order))
    const marker = query.get("marker")
    const at = marker === null ? -1 : sorted.findIndex((image) => image["id"] === marker)
    if (marker !== null && at < 0) return yield* bad(`Invalid marker. Image could not be found: ${marker}`)
    const page = sorted.slice(at + 1, at + 1 + limit)
    const isMore = page.length > 0 && at + 1 + limit < sorted.length
    return {
      images: page,
      first: linkOf(query),
      ...(isMore ? { next: linkOf(query, String(page.at(-1)!["id"])) } : {}),
      schema: "/v2/schemas/images"
    }
  })
