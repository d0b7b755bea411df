import { attributeOf } from "../attributes.ts"
import type { ClassFilter } from "../Filter.ts"
import type { HostState } from "../HostState.ts"

type Value = string | number | boolean | null | undefined | object

const ordered = (holds: (a: number | string, b: number | string) => boolean) => (first: Value, other: Value): boolean =>
  (typeof first === "number" && typeof other === "number") || (typeof first === "string" && typeof other === "string")
    ? holds(first, other) : false

const comparing = (holds: (first: Value, other: Value) => boolean) => ([first, ...others]: ReadonlyArray<Value>): Value =>
  others.length > 0 && others.every((other) => holds(first, other))

/** Each is given all of its arguments. */
const operators: Readonly<Record<string, (args: ReadonlyArray<Value>) => Value>> = {
  "=": comparing((first, other) => first === other),
  "<": comparing(ordered((a, b) => a < b)),
  ">": comparing(ordered((a, b) => a > b)),
  "<=": comparing(ordered((a, b) => a <= b)),
  ">=": comparing(ordered((a, b) => a >= b)),
  in: ([first, ...others]) => others.includes(first),
  not: (args) => args.map((arg) => !isTrue(arg)),
  or: (args) => args.some(isTrue),
  and: (args) => args.every(isTrue)
}

/** Of a list, whether any is: what `not` answers of several. */
const isTrue = (value: Value): boolean => Array.isArray(value) ? value.some(Boolean) : Boolean(value)

const evaluated = (query: unknown, host: HostState): Value => {
  if (!Array.isArray(query)) return typeof query === "object" && query !== null ? undefined : query as Value
  if (query.length === 0) return true
  const [name, ...args] = query as ReadonlyArray<unknown>
  const operator = typeof name === "string" && Object.hasOwn(operators, name) ? operators[name] : undefined
  if (operator === undefined) return false
  const values = args
    .map((arg): Value => typeof arg === "string" && arg.startsWith("$") ? attributeOf(host, arg.slice(1).split(".")) : evaluated(arg, host))
    .filter((value) => value !== undefined && value !== null)
  return operator(values)
}

const parsed = new Map<string, unknown>()
const queriesKeptMax = 64

/** `undefined`: the text is no JSON. */
const queryOf = (text: string): unknown => {
  if (!parsed.has(text)) {
    if (parsed.size >= queriesKeptMax) parsed.clear()
    try {
      parsed.set(text, JSON.parse(text))
    } catch {
      parsed.set(text, undefined)
    }
  }
  return parsed.get(text)
}

/** Hosts of which hint `query`, an expression like `["and", [">=", "$free_ram_mb", 1024]]`, is true (Nova: JsonFilter). */
export const json: ClassFilter = {
  name: "JsonFilter",
  isResource: false,
  key: (spec) => spec.query ?? "",
  admits: (host, spec) => isTrue(evaluated(queryOf(spec.query ?? ""), host)),
  why: (_, spec) => ({ reason: queryOf(spec.query ?? "") === undefined ? "hint query is no JSON" : "hint query is not true of it" })
}
