/** The query strings that Placement reads: strict, an unknown parameter is refused. */
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { holds, type Window } from "../Window.ts"
import { behaviours } from "./behaviours.ts"
import { broken, unexpected } from "./sentences.ts"

export interface QueryRow extends Window {
  readonly key: string
  /** The parameter may repeat under the names of groups: `resources_disk`, say. */
  readonly suffix?: RegExp
  readonly isRequired?: boolean
  /** Keywords of JSON Schema, that its value must satisfy. */
  readonly rules?: Rules
}
type Rules = { readonly [keyword in keyof typeof tests]?: string | number | ReadonlyArray<string> }

/** Stricter than in bodies: the dashes must be there. */
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const tests = {
  minLength: (value: string, rule: unknown) => [...value].length >= (rule as number),
  maxLength: (value: string, rule: unknown) => [...value].length <= (rule as number),
  pattern: (value: string, rule: unknown) => new RegExp(rule as string).test(value),
  enum: (value: string, rule: unknown) => (rule as ReadonlyArray<string>).includes(value),
  format: (value: string) => uuidForm.test(value)
}

const row = (key: string, rest: Omit<QueryRow, "key"> = {}): QueryRow => ({ key, ...rest })

export const providersQuery: ReadonlyArray<QueryRow> = [
  row("name"),
  row("uuid", { rules: { format: "uuid" } }),
  row("member_of", { since: 3 }),
  row("resources", { since: 4 }),
  row("in_tree", { since: 14, rules: { format: "uuid" } }),
  row("required", { since: 18 })
]

const id = { minLength: 1, maxLength: 255 }
export const usagesQuery: ReadonlyArray<QueryRow> = [
  row("project_id", { isRequired: true, rules: id }),
  row("user_id", { rules: id }),
  row("consumer_type", { since: 38, rules: { pattern: "^[A-Z0-9_]+$|^all|^unknown$", ...id } })
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
  row("limit", { since: 16, rules: { pattern: numbered.source } }),
  row("group_policy", { since: 25, rules: { enum: ["none", "isolate"] } }),
  row("root_required", { since: 35 }),
  row("same_subtree", { since: 36 })
]

const wrong = (rule: string) => refuse("badRequest", `Invalid query string parameters: ${rule}`)

/** A parameter's full name comes first: `required` is not `requi` of group `red`. */
const rowFor = (rows: ReadonlyArray<QueryRow>, name: string): QueryRow | undefined =>
  rows.find((each) => each.suffix === undefined && each.key === name) ??
    rows.find((each) => each.suffix !== undefined && name.startsWith(each.key) && each.suffix.test(name.slice(each.key.length)))

const brokenIn = ({ rules = {} }: QueryRow, name: string, value: string): string | undefined => {
  const found = Object.entries(rules).find(([keyword, rule]) => !tests[keyword as keyof typeof tests](value, rule))
  return found && broken({ keyword: found[0], rule: found[1], schema: { type: "string", ...rules }, schemaPath: ["properties", name], path: [name], value })
}

/** The names that rows of groups go by. */
const patternsOf = (rows: ReadonlyArray<QueryRow>): ReadonlyArray<string> =>
  rows.flatMap(({ key, suffix }) => suffix === undefined ? [] : [`^${key}(${suffix.source.slice(1, -1)})?$`]).toSorted()

/** Of a repeated parameter, the last one counts. */
export const lastOf = (query: URLSearchParams, name: string): string | null => query.getAll(name).at(-1) ?? null

/** What is no UTF-8 was read as this. */
const isUnreadable = (text: string): boolean => text.includes("\ufffd")

export const checkQuery = (table: ReadonlyArray<QueryRow>, version: number, query: URLSearchParams): Refusal | null => {
  const rows = table.filter((each) => holds(each, version))
  for (const [name, value] of query) if (isUnreadable(name + value)) return wrong("they are not percent-encoded UTF-8")
  const missing = rows.find(({ isRequired, key }) => isRequired === true && !query.has(key))
  if (missing !== undefined) {
    const { key } = missing
    return wrong(broken({ keyword: "required", rule: key, schema: { required: [key] }, schemaPath: [], path: [], value: Object.fromEntries(query) }))
  }
  for (const name of query.keys()) {
    const found = rowFor(rows, name)
    if (found === undefined) return wrong(unexpected(name, patternsOf(rows)))
    const problem = brokenIn(found, name, lastOf(query, name)!)
    if (problem !== undefined) return wrong(problem)
  }
  return null
}
