import type { Filter, Order, Query, TagRule } from "../../../../actors/instance/query.ts"
import { isColumn, statusFilter } from "../../../../actors/instance/query.ts"
import type { Caller } from "../../../../actors/shared/Caller.ts"
import { Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { Limits } from "../../../../runtime/Limits.ts"
import { parseTime } from "./time.ts"

/** What Nova lets anybody filter by, and since when; other filters are for administrators and dropped for the rest. */
const openFilters: ReadonlyArray<{ readonly since: number; readonly names: ReadonlyArray<string> }> = [
  { since: 1, names: ["reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants"] },
  { since: 5, names: ["ip6"] },
  { since: 26, names: ["tags", "tags-any", "not-tags", "not-tags-any"] },
  { since: 66, names: ["changes-before"] },
  { since: 73, names: ["locked"] },
  {
    since: 83,
    names: [
      "availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state",
      "task_state", "vm_state", "progress", "user_id"
    ]
  },
  { since: 90, names: ["hostname"] }
]

/** The other changes of list semantics, as named windows. */
const windows = {
  /** A status nobody knows is 400; before, it found nothing. */
  refusesUnknownStatus: { since: 38 },
  splitsTags: { since: 26 },
  sortsByLocked: { since: 73 }
} as const

const pagingParams = new Set(["sort_key", "sort_dir", "limit", "marker"])
/** Columns of other tables: Nova names them and refuses them. */
const joinedTables = new Set([
  "block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices"
])
/** Columns Nova once sorted by and now ignores. */
const ignoredSortKeys = new Set([
  "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted", "deleted_at",
  "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on", "memory_mb", "os_type",
  "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus", "vm_mode"
])
const adminSortKeys = new Set(["host", "node"])

/** Query keys that say the same as a column. */
const aliases: { readonly [key: string]: string } = {
  image: "image_ref", name: "display_name", tenant_id: "project_id", flavor: "instance_type_id"
}
/** Columns compared as they are; all others are searched with a regular expression. */
const exactColumns = new Set([
  "project_id", "user_id", "image_ref", "vm_state", "instance_type_id", "uuid", "host", "task_state"
])
const tagRules: { readonly [key: string]: TagRule } = {
  tags: "all", "tags-any": "any", "not-tags": "notAll", "not-tags-any": "notAny"
}

const truths = new Set(["1", "t", "true", "on", "y", "yes"])
const lies = new Set(["0", "f", "false", "off", "n", "no"])
const looseBoolean = (text: string): boolean => truths.has(text.trim().toLowerCase())
const strictBoolean = (text: string): boolean => {
  const word = text.trim().toLowerCase()
  if (truths.has(word)) return true
  if (lies.has(word)) return false
  const known = [...truths, ...lies].sort().map((value) => `'${value}'`).join(", ")
  throw refuse("badRequest", `Unrecognized value '${text}', acceptable values are: ${known}`)
}

const invalidFilter = (name: string) => refuse("badRequest", `Invalid filter field: ${name}.`)

/** What a list request means. `isOfAllProjects` must be asked of the policy before the list is made. */
export interface Listing {
  readonly isOfAllProjects: boolean
  /** Whose servers to read; `null`: everybody's. */
  readonly projectId: string | null
  readonly query: Query
  /** The request cannot find anything, yet is no mistake. */
  readonly isEmpty: boolean
}

interface Asking {
  readonly minor: number
  readonly caller: Caller
  readonly mayUseAllFilters: boolean
}

/** Reads the query of `GET /servers` and `/servers/detail`, after its schema accepted it. */
export const readListing = (params: URLSearchParams, asking: Asking): Listing | Refusal => {
  try {
    return listingOf(params, asking)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const listingOf = (params: URLSearchParams, asking: Asking): Listing => {
  const wanted = allowedOptions(params, asking)
  for (const name of wanted.keys()) {
    if (joinedTables.has(name) || name.startsWith("_")) throw invalidFilter(name)
  }
  const statuses = params.getAll("status")
  wanted.delete("status")
  const status = statuses.length === 0 ? [] : statusFilter(statuses)
  if (status === null && asking.minor >= windows.refusesUnknownStatus.since) {
    throw refuse("badRequest", "Invalid status value")
  }
  for (const filter of status ?? []) if (filter.kind === "equals") wanted.delete(filter.column)
  const changed = takeChanged(wanted)
  const life = takeLife(wanted, changed, isDeletedOnly(wanted, status), asking.caller)
  const isOfAllProjects = takeAllTenants(wanted)
  const locked = takeLocked(wanted)
  const scope = scopeOf(wanted, isOfAllProjects, asking.caller)
  const filters = [...(status ?? []), ...changed, ...life, ...locked, ...scope.filters, ...columnFilters(wanted, asking)]
  return {
    isOfAllProjects,
    projectId: scope.projectId,
    isEmpty: status === null,
    query: { filters, orders: ordersOf(params, asking), ...pageOf(params) }
  }
}

type Options = Map<string, string>

const allowedOptions = (params: URLSearchParams, { mayUseAllFilters, minor }: Asking): Options => {
  const open = new Set(openFilters.flatMap(({ names, since }) => minor >= since ? names : []))
  // Of a repeated key the last one counts.
  return new Map([...params].filter(([name]) => mayUseAllFilters ? !pagingParams.has(name) : open.has(name)))
}

const take = (options: Options, name: string): string | undefined => {
  const value = options.get(name)
  options.delete(name)
  return value
}

const takeTime = (options: Options, name: string): string | undefined => {
  const text = take(options, name)
  if (text === undefined) return undefined
  const time = parseTime(text)
  if (time === null) throw invalidFilter(name)
  return time
}

const takeChanged = (options: Options): ReadonlyArray<Filter> => {
  const since = takeTime(options, "changes-since")
  const before = takeTime(options, "changes-before")
  if (since !== undefined && before !== undefined && before < since) {
    throw refuse("badRequest", "The value of changes-since must be less than or equal to changes-before.")
  }
  if (since === undefined && before === undefined) return []
  return [{ kind: "changed", ...(since === undefined ? {} : { since }), ...(before === undefined ? {} : { before }) }]
}

const isDeletedOnly = (options: Options, status: ReadonlyArray<Filter> | null): boolean => {
  const states = status?.find((filter) => filter.kind === "equals" && filter.column === "vm_state")
  return states?.kind === "equals" && states.oneOf.length === 1 && states.oneOf[0] === "deleted"
}

/** Deleted servers are shown when asked for by an administrator, or to anybody who asks what has changed. */
const takeLife = (
  options: Options,
  changed: ReadonlyArray<Filter>,
  wantsDeleted: boolean,
  caller: Caller
): ReadonlyArray<Filter> => {
  if (wantsDeleted && !caller.isAdmin) throw refuse("forbidden", "Only administrators may list deleted instances")
  const deleted = take(options, "deleted")
  const softDeleted = take(options, "soft_deleted")
  if (deleted === undefined && changed.length > 0 && !wantsDeleted) return []
  const show = wantsDeleted || (deleted !== undefined && looseBoolean(deleted)) ? "deleted" : "live"
  return [{ kind: "life", show, withSoftDeleted: softDeleted === undefined ? show === "deleted" : softDeleted !== "" }]
}

const takeAllTenants = (options: Options): boolean => {
  const text = take(options, "all_tenants")
  return text === undefined ? false : text === "" ? true : strictBoolean(text)
}

const takeLocked = (options: Options): ReadonlyArray<Filter> => {
  const text = take(options, "locked")
  return text === undefined ? [] : [{ kind: "equals", column: "locked", oneOf: [strictBoolean(text)] }]
}

/** A project sees its own servers; `project_id` only means something together with `all_tenants`. */
const scopeOf = (options: Options, isOfAllProjects: boolean, caller: Caller) => {
  if (isOfAllProjects) {
    const projectId = options.get("tenant_id") ?? options.get("project_id") ?? null
    return { projectId, filters: [] }
  }
  options.delete("tenant_id")
  options.delete("project_id")
  if (caller.projectId !== null) return { projectId: caller.projectId, filters: [] }
  const own: Filter = { kind: "equals", column: "user_id", oneOf: [caller.userId] }
  return { projectId: null, filters: [own] }
}

const columnFilters = (options: Options, { minor }: Asking): ReadonlyArray<Filter> => {
  const filters: Array<Filter> = []
  const addresses = [addressPattern(options, "ip", 4), addressPattern(options, "ip6", 6)].flat()
  if (addresses.length > 0) filters.push({ kind: "address", patterns: addresses })
  for (const [name, value] of options) {
    const column = aliases[name] ?? name
    const rule = tagRules[name]
    if (rule !== undefined) {
      if (minor >= windows.splitsTags.since) filters.push({ kind: "tags", rule, tags: value.split(",") })
    } else if (isColumn(column)) {
      filters.push(exactColumns.has(column)
        ? { kind: "equals", column, oneOf: [value] }
        : { kind: "matches", column, pattern: patternOf(name, value) })
    }
  }
  return filters
}

const addressPattern = (options: Options, name: string, version: 4 | 6) => {
  const text = take(options, name)
  return text === undefined ? [] : [{ version, pattern: patternOf(name, text) }]
}

/** A repetition inside a repetition takes exponential time on the right name: refused, so that no list can stall us. */
const nested = /\([^()]*[*+}][^()]*\)[*+{]/

/** Python's regular expressions in JavaScript's spelling. */
const patternOf = (name: string, text: string): RegExp => {
  if (text.length > Limits.filterPatternCharsMax || nested.test(text)) {
    throw refuse("badRequest", `Invalid input for query parameters ${name}. The regular expression is too complex.`)
  }
  try {
    return new RegExp(text.replaceAll("(?P<", "(?<"), "u")
  } catch {
    return legacyPattern(name, text)
  }
}
const legacyPattern = (name: string, text: string): RegExp => {
  try {
    return new RegExp(text)
  } catch {
    throw refuse("badRequest", `Invalid input for query parameters ${name}. Value: ${text}. It is not a regular expression.`)
  }
}

const ordersOf = (params: URLSearchParams, { caller, minor }: Asking): ReadonlyArray<Order> => {
  const keys = params.getAll("sort_key").map((key) => key.trim())
  const directions = params.getAll("sort_dir").map((direction) => direction.trim())
  if (keys.length === 0) keys.push("created_at")
  if (directions.length === 0) directions.push("desc")
  for (const key of [...keys]) {
    const at = keys.indexOf(key)
    if (ignoredSortKeys.has(key) || (key === "locked" && minor < windows.sortsByLocked.since)) {
      keys.splice(at, 1)
      if (directions.length > at) directions.splice(at, 1)
    } else if (adminSortKeys.has(key) && !caller.isAdmin) {
      throw refuse("forbidden", `Only administrators can sort servers by ${key}`)
    }
  }
  return pairUp(keys, directions)
}

const pairUp = (keys: ReadonlyArray<string>, directions: ReadonlyArray<string>): ReadonlyArray<Order> => {
  if (directions.some((direction) => direction !== "asc" && direction !== "desc")) {
    throw refuse("badRequest", "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'")
  }
  if (directions.length > keys.length) {
    throw refuse("badRequest", "Invalid input received: Sort direction size exceeds sort key size")
  }
  return keys.flatMap((column, at) =>
    isColumn(column) ? [{ column, direction: (directions[at] ?? directions[0] ?? "desc") as Order["direction"] }] : []
  )
}

/** Of a repeated `limit` or `marker` the last one counts. */
const pageOf = (params: URLSearchParams) => {
  const limit = params.getAll("limit").at(-1)
  return {
    limit: limit === undefined ? Limits.pageSizeMax : Math.min(Number(limit), Limits.pageSizeMax),
    marker: params.getAll("marker").at(-1) ?? null
  }
}
