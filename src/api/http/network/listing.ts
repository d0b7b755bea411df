/** Neutron's list queries over wire forms: filters, order, pages, and which fields to show. */
import { Result } from "effect"
import { refuse } from "../../../actors/shared/Refusal.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { byKeys } from "../ordering.ts"
import type { Wire } from "./resources.ts"

const controls = new Set(["fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir", "verbose"])

type Match = (record: Wire, wanted: ReadonlyArray<string>) => boolean

const tagsOf = (record: Wire) => record["tags"] as ReadonlyArray<string>
const tagSets = (wanted: ReadonlyArray<string>) => wanted.flatMap((each) => each.split(","))

const hasAddress = (record: Wire, wanted: string): boolean => {
  const [key, value] = [wanted.slice(0, wanted.indexOf("=")), wanted.slice(wanted.indexOf("=") + 1)]
  const fixedIps = record["fixed_ips"] as ReadonlyArray<{ readonly subnet_id: string; readonly ip_address: string }>
  return fixedIps.some((each) =>
    key === "subnet_id"
      ? each.subnet_id === value
      : key === "ip_address_substr"
      ? each.ip_address.includes(value)
      : key === "ip_address" && each.ip_address === value
  )
}

/** Filters that do not simply compare the attribute they name. */
const special: Readonly<Record<string, Match>> = {
  "tags": (record, wanted) => tagSets(wanted).every((tag) => tagsOf(record).includes(tag)),
  "tags-any": (record, wanted) => tagSets(wanted).some((tag) => tagsOf(record).includes(tag)),
  "not-tags": (record, wanted) => !tagSets(wanted).every((tag) => tagsOf(record).includes(tag)),
  "not-tags-any": (record, wanted) => !tagSets(wanted).some((tag) => tagsOf(record).includes(tag)),
  // Several addresses may all be asked of one port.
  "fixed_ips": (record, wanted) => wanted.every((each) => hasAddress(record, each)),
  "security_groups": (record, wanted) => wanted.some((id) => (record["security_groups"] as ReadonlyArray<string>).includes(id)),
  "changed_since": (record, wanted) => wanted.some((since) => String(record["updated_at"]) >= since)
}

/** Filters on what every tagged resource has; the others need the attribute they are named for. */
const ofAll = ["tags", "tags-any", "not-tags", "not-tags-any", "changed_since"]

const equals = (value: unknown, wanted: string): boolean =>
  typeof value === "boolean"
    ? ["true", "1"].includes(wanted.toLowerCase()) === value
    : value === null
    ? wanted === "None" || wanted === "null"
    : typeof value === "object"
    ? false
    : String(value) === wanted

const bad = (message: string) => Result.fail(refuse("badRequest", message, "HTTPBadRequest"))

const filtersOf = (query: URLSearchParams, known: ReadonlySet<string>): Result.Result<ReadonlyArray<(record: Wire) => boolean>, Refusal> => {
  const keys = new Set([...query.keys()].filter((key) => !controls.has(key)))
  const strangers = [...keys].filter((key) => !known.has(key))
  if (strangers.length > 0) return bad(`['${strangers.join("', '")}'] is invalid attribute for filtering`)
  const filters: Array<(record: Wire) => boolean> = []
  for (const key of keys) {
    const wanted = query.getAll(key).filter((value) => value !== "")
    if (wanted.length === 0) continue
    const match = special[key]
    filters.push(match === undefined
      ? (record) => wanted.some((each) => equals(record[key], each))
      : (record) => match(record, wanted))
  }
  return Result.succeed(filters)
}

const orderOf = (query: URLSearchParams, known: ReadonlySet<string>): Result.Result<((a: Wire, b: Wire) => number) | undefined, Refusal> => {
  const keys = query.getAll("sort_key").filter((key) => key !== "")
  const directions = query.getAll("sort_dir").filter((key) => key !== "")
  if (keys.length === 0) return Result.succeed(undefined)
  if (directions.length > 0 && keys.length !== directions.length) return bad("The number of sort_keys and sort_dirs must be same")
  const strangers = keys.filter((key) => !known.has(key))
  if (strangers.length > 0) return bad(`['${strangers.join("', '")}'] is invalid attribute for sort_keys`)
  const odd = directions.filter((direction) => direction !== "asc" && direction !== "desc")
  if (odd.length > 0) return bad(`['${odd.join("', '")}'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'`)
  return Result.succeed(byKeys(keys.map((key, at) => [key, directions[at] ?? "asc"])))
}

/** Absent fields are passed over; without `fields` all are shown. */
export const shownFields = (query: URLSearchParams): (record: Wire) => Wire => {
  const fields = new Set(query.getAll("fields").flatMap((each) => each.split(",")).filter((each) => each !== ""))
  return fields.size === 0
    ? (record) => record
    : (record) => Object.fromEntries(Object.entries(record).filter(([key]) => fields.has(key)))
}

export interface Page {
  readonly records: ReadonlyArray<Wire>
  readonly links: ReadonlyArray<{ readonly rel: string; readonly href: string }>
}

const linkTo = (url: string, query: URLSearchParams, rel: "next" | "previous", marker: unknown) => {
  const params = new URLSearchParams(query)
  params.set("marker", String(marker))
  if (rel === "previous") params.set("page_reverse", "True")
  else params.delete("page_reverse")
  return { rel, href: `${url}?${params}` }
}

/** `attributes`: every key a record can have. `url`: where the list is, for its links. */
export const listing = (
  records: ReadonlyArray<Wire>,
  query: URLSearchParams,
  attributes: ReadonlySet<string>,
  url: string
): Result.Result<Page, Refusal> =>
  Result.gen(function*() {
    const known = attributes.has("tags") ? new Set([...attributes, ...ofAll]) : attributes
    const filters = yield* filtersOf(query, known)
    const order = yield* orderOf(query, attributes)
    const limitText = query.get("limit") ?? "0"
    if (!/^\d{1,9}$/.test(limitText)) {
      return yield* Result.fail(refuse("badRequest", `Bad limit request: Limit must be an integer 0 or greater and not '${limitText}'.`, "BadRequest"))
    }
    const isLimited = Number(limitText) > 0
    const limit = isLimited ? Math.min(Number(limitText), Limits.pageSizeMax) : records.length
    const isReverse = ["true", "1"].includes((query.get("page_reverse") ?? "").toLowerCase())
    const found = filters.length === 0 ? records : records.filter((record) => filters.every((filter) => filter(record)))
    const sorted = order === undefined ? found : found.toSorted(order)
    const marker = query.get("marker")
    const at = marker === null || marker === "" ? undefined : sorted.findIndex((record) => record["id"] === marker)
    if (at === -1) return yield* Result.fail(refuse("notFound", "The resource could not be found.", "HTTPNotFound"))
    const start = isReverse ? Math.max(0, (at ?? sorted.length) - limit) : at === undefined ? 0 : at + 1
    const end = isReverse ? at ?? sorted.length : start + limit
    const page = sorted.slice(start, end)
    const links = !isLimited || page.length === 0 ? [] : [
      ...(end < sorted.length ? [linkTo(url, query, "next", page.at(-1)!["id"])] : []),
      ...(start > 0 ? [linkTo(url, query, "previous", page[0]!["id"])] : [])
    ]
    return { records: page.map(shownFields(query)), links }
  })
