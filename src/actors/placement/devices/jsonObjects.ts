/** Operators' settings that are JSON objects, checked by a table of keys. Pure. */
import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import { standardResourceClasses } from "../resourceClasses.ts"
import { standardTraits } from "../traits.ts"

type JsonObject = { readonly [key: string]: unknown }

/** What is wrong with a value: `must be …`; `null`: nothing. */
export type Rule = (value: unknown) => string | null
export type Rules = { readonly [key: string]: Rule }

export const text: Rule = (value) => typeof value === "string" && value.trim() !== "" ? null : "must be a text that is not empty"
export const oneOf = (values: ReadonlyArray<string>): Rule => (value) =>
  values.some((one) => one === value) ? null : `must be one of ${values.join(", ")}`
/** As in `8086`; `*` where any will do. */
export const pciId = (mayBeAny: boolean): Rule => (value) =>
  typeof value === "string" && (/^\s*[\da-fA-F]{4}\s*$/.test(value) || (mayBeAny && value.trim() === "*"))
    ? null : `must be four hex digits${mayBeAny ? ", or *" : ""}`
const words: { readonly [word: string]: boolean } = { true: true, yes: true, on: true, 1: true, false: false, no: false, off: false, 0: false }
export const truthOf = (value: unknown): boolean | undefined => words[String(value).trim().toLowerCase()]
export const truth: Rule = (value) => truthOf(value) === undefined ? "must be true or false" : null

const quoted = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, Limits.echoCharsMax)

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value)

const problemOf = (object: JsonObject, rules: Rules, required: ReadonlyArray<string>): string | null => {
  for (const [key, value] of Object.entries(object)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
    if (rule === undefined) return `${key} is not known there: there are ${Object.keys(rules).join(", ")}`
    const problem = rule(value)
    if (problem !== null) return `${key} ${problem}, not ${quoted(value)}`
  }
  const missing = required.find((key) => !Object.hasOwn(object, key))
  return missing === undefined ? null : `${missing} must be there`
}

const parse = (given: string): unknown => {
  try {
    return JSON.parse(given)
  } catch {
    return undefined
  }
}

/** One object or a list of them, or what is wrong: "must …", naming the entry, its key and the rule. */
export const jsonObjects = (given: string, rules: Rules, required: ReadonlyArray<string>): Result.Result<ReadonlyArray<JsonObject>, string> => {
  const value = parse(given)
  const all: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
  if (!all.every(isObject)) return Result.fail("must be a JSON object, or a JSON list of them")
  for (const [at, object] of all.entries()) {
    const problem = problemOf(object, rules, required)
    if (problem !== null) return Result.fail(`must keep the rules of its keys: ${all.length > 1 ? `[${at}].` : ""}${problem}`)
  }
  return Result.succeed(all)
}

/** `A, B` as a list. */
export const wordsIn = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string" ? value.split(",").map((word) => word.trim()).filter((word) => word !== "") : []

/** As Nova and Placement spell names: upper case, and custom unless everybody knows them. */
const named = (standard: ReadonlyArray<string>) => {
  const known = new Set(standard)
  return (name: string): string => {
    const upper = name.trim().toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_")
    return known.has(upper) || upper.startsWith("CUSTOM_") ? upper : `CUSTOM_${upper}`
  }
}
export const resourceClassOf = named(standardResourceClasses)
export const traitOf = named(standardTraits)
