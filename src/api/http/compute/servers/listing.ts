import type { Filter, Order, Query, TagRule } from "../../../../actors/instance/query.ts"
import { isColumn, statusFilter } from "../../../../actors/instance/query.ts"
import type { Caller } from "../../../../actors/shared/Caller.ts"
import { Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { Limits } from "../../../../runtime/Limits.ts"
import type { Call } from "../Call.ts"
import { behaviours, openFilters } from "./behaviours.ts"
import { ignoredSortKeys, joinedTables } from "./queries.ts"
import { parseTime } from "./time.ts"

const pagingParams = new Set(["sort_key", "sort_dir", "limit", "marker"])
const joined = new Set(joinedTables)
const ignored = new Set(ignoredSortKeys)
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

/** Reads the query of `GET /servers` and `/servers/detail`, after its schema accepted it. */
export const readListing = (call: Call): Listing | Refusal => {
  try {
    return listingOf(call)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const listingOf = (call: Call): Listing => {
  const wanted = allowedOptions(call)
  for (const name of wanted.keys()) {
    if (joined.has(name) || name.startsWith("_")) throw invalidFilter(name)
  }
  const statuses = call.query.getAll("status")
  wanted.delete("status")
  const status = statuses.length === 0 ? [] : statusFilter(statuses)
  if (status === null && call.within(behaviours.refusesUnknownStatus)) {
    throw refuse("badRequest", "Invalid status value")
  }
  for (const filter of status ?? []) if (filter.kind === "equals") wanted.delete(filter.column)
  const changed = takeChanged(wanted)
  const life = takeLife(wanted, changed, isDeletedOnly(wanted, status), call.caller)
  const isOfAllProjects = takeAllTenants(wanted)
  const locked = takeLocked(wanted)
  const scope = scopeOf(wanted, isOfAllProjects, call.caller)
  const filters = [...(status ?? []), ...changed, ...life, ...locked, ...scope.filters, ...columnFilters(wanted, call)]
  return {
    isOfAllProjects,
    projectId: scope.projectId,
    isEmpty: status === null,
    query: { filters, orders: ordersOf(call), ...pageOf(call) }
  }
}

type Options = Map<string, string>

const allowedOptions = (call: Call): Options => {
  const mayUseAll = call.allows("os_compute_api:servers:allow_all_filters")
  const open = new Set(openFilters.flatMap((row) => call.within(row) ? row.names : []))
  // Of a repeated key the last one counts.
  return new Map([...call.query].filter(([name]) => mayUseAll ? !pagingParams.has(name) : open.has(name)))
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

const columnFilters = (options: Options, call: Call): ReadonlyArray<Filter> => {
  const filters: Array<Filter> = []
  const addresses = [addressPattern(options, "ip", 4), addressPattern(options, "ip6", 6)].flat()
  if (addresses.length > 0) filters.push({ kind: "address", patterns: addresses })
  for (const [name, value] of options) {
    const column = aliases[name] ?? name
    const rule = tagRules[name]
    if (rule !== undefined) {
      if (call.within(behaviours.splitsTags)) filters.push({ kind: "tags", rule, tags: value.split(",") })
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

/** Python's regular expressions in JavaScript's spelling. */
const patternOf = (name: string, text: string): RegExp => {
  if (text.length > Limits.filterPatternCharsMax) {
    throw refuse("badRequest", `Invalid input for query parameters ${name}. The regular expression is too long.`)
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

const ordersOf = (call: Call): ReadonlyArray<Order> => {
  const keys = call.query.getAll("sort_key").map((key) => key.trim())
  const directions = call.query.getAll("sort_dir").map((direction) => direction.trim())
  if (keys.length === 0) keys.push("created_at")
  if (directions.length === 0) directions.push("desc")
  for (const key of [...keys]) {
    const at = keys.indexOf(key)
    if (ignored.has(key) || (key === "locked" && !call.within(behaviours.sortsByLocked))) {
      keys.splice(at, 1)
      if (directions.length > at) directions.splice(at, 1)
    } else if (adminSortKeys.has(key) && !call.caller.isAdmin) {
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
const pageOf = ({ query }: Call) => {
  const limit = query.getAll("limit").at(-1)
  return {
    limit: limit === undefined ? Limits.pageSizeMax : Math.min(Number(limit), Limits.pageSizeMax),
    marker: query.getAll("marker").at(-1) ?? null
  }
}
