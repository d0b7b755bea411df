/** The query strings that Placement reads: strict, an unknown parameter is refused. */
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { isUuid } from "../compute/formats.ts"
import { holds, type Window } from "../Window.ts"
import { behaviours } from "./behaviours.ts"

export interface QueryRow extends Window {
  readonly key: string
  /** The parameter may repeat under the names of groups: `resources_disk`, say. */
  readonly suffix?: RegExp
  readonly isRequired?: boolean
  readonly pattern?: RegExp
  readonly format?: "uuid"
  readonly charsMax?: number
}

const row = (key: string, rest: Omit<QueryRow, "key"> = {}): QueryRow => ({ key, ...rest })

export const providersQuery: ReadonlyArray<QueryRow> = [
  row("name"),
  row("uuid", { format: "uuid" }),
  row("member_of", { since: 3 }),
  row("resources", { since: 4 }),
  row("in_tree", { since: 14, format: "uuid" }),
  row("required", { since: 18 })
]

const id = { pattern: /./s, charsMax: 255 }
export const usagesQuery: ReadonlyArray<QueryRow> = [
  row("project_id", { isRequired: true, ...id }),
  row("user_id", id),
  row("consumer_type", { since: 38, ...id, pattern: /^[A-Z0-9_]+$|^all|^unknown$/ })
]

export const traitsQuery: ReadonlyArray<QueryRow> = [row("name"), row("associated")]

const numbered = /^[1-9][0-9]*$/
const named = /^[a-zA-Z0-9_-]{1,64}$/
export const suffixAt = (version: number): RegExp => holds(behaviours.namedGroups, version) ? named : numbered

/** A parameter of the request's only group, and of every group since there are several. */
const ofGroups = (key: string, since: number, isRequired = false): ReadonlyArray<QueryRow> => [
  row(key, { since, ...(isRequired ? { isRequired, until: 24 } : {}) }),
  ...(isRequired ? [row(key, { since: 25 })] : []),
  row(key, { since: Math.max(since, 25), until: 32, suffix: numbered }),
  row(key, { since: 33, suffix: named })
]
export const candidatesQuery: ReadonlyArray<QueryRow> = [
  ...ofGroups("resources", 10, true),
  ...ofGroups("required", 17),
  ...ofGroups("member_of", 21),
  ...ofGroups("in_tree", 31),
  row("limit", { since: 16, pattern: numbered }),
  row("group_policy", { since: 25, pattern: /^(none|isolate)$/ }),
  row("root_required", { since: 35 }),
  row("same_subtree", { since: 36 })
]

const wrong = (rule: string) => refuse("badRequest", `Invalid query string parameters: ${rule}`)

/** A parameter's full name comes first: `required` is not `requi` of group `red`. */
const rowFor = (rows: ReadonlyArray<QueryRow>, name: string): QueryRow | undefined =>
  rows.find((each) => each.suffix === undefined && each.key === name) ??
    rows.find((each) => each.suffix !== undefined && name.startsWith(each.key) && each.suffix.test(name.slice(each.key.length)))

const isGood = ({ charsMax, format, pattern }: QueryRow, value: string): boolean =>
  (pattern === undefined || pattern.test(value)) && (charsMax === undefined || [...value].length <= charsMax) &&
  (format === undefined || isUuid(value))

/** Of a repeated parameter, the last one counts. */
export const lastOf = (query: URLSearchParams, name: string): string | null => query.getAll(name).at(-1) ?? null

export const checkQuery = (table: ReadonlyArray<QueryRow>, version: number, query: URLSearchParams): Refusal | null => {
  const rows = table.filter((each) => holds(each, version))
  for (const name of query.keys()) {
    const quoted = name.slice(0, Limits.echoCharsMax)
    const found = rowFor(rows, name)
    if (found === undefined) return wrong(`Additional properties are not allowed ('${quoted}' was unexpected)`)
    const value = lastOf(query, name)!
    if (!isGood(found, value)) return wrong(`'${value.slice(0, Limits.echoCharsMax)}' is not valid for ${quoted}`)
  }
  const missing = rows.find(({ isRequired, key }) => isRequired === true && !query.has(key))
  return missing === undefined ? null : wrong(`'${missing.key}' is a required property`)
}
