/** What is said of a value that breaks a rule of a schema: the sentences of Python's jsonschema, which clients know. */
import type { ErrorObject } from "ajv"
import { Limits } from "../../../runtime/Limits.ts"

const cut = (text: string): string => text.length > Limits.echoCharsMax ? `${text.slice(0, Limits.echoCharsMax)}…` : text

const quoted = (text: string): string => {
  const mark = text.includes("'") && !text.includes("\"") ? "\"" : "'"
  const inside = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t")
  return `${mark}${mark === "'" ? inside.replaceAll("'", "\\'") : inside}${mark}`
}

const written = (value: unknown, isSorted = false): string => {
  if (typeof value === "string") return quoted(value)
  if (value === null || value === undefined) return "None"
  if (typeof value === "boolean") return value ? "True" : "False"
  if (Array.isArray(value)) return `[${value.map((each) => written(each, isSorted)).join(", ")}]`
  if (typeof value !== "object") return String(value)
  const keys = isSorted ? Object.keys(value).toSorted() : Object.keys(value)
  return `{${keys.map((key) => `${quoted(key)}: ${written((value as Record<string, unknown>)[key], isSorted)}`).join(", ")}}`
}
/** As Python writes it, and no longer than an answer may repeat. */
export const repr = (value: unknown): string => cut(written(value))
const printed = (value: unknown): string => cut(written(value, true))

const listed = (values: unknown): string => [values].flat().map(repr).join(", ")

/** By the schema's keyword; `rule` is what the keyword demands. */
const sentences: Readonly<Record<string, (value: unknown, rule: unknown) => string>> = {
  type: (value, rule) => `${repr(value)} is not of type ${listed(rule)}`,
  required: (_value, rule) => `${repr(rule)} is a required property`,
  pattern: (value, rule) => `${repr(value)} does not match ${repr(rule)}`,
  format: (value, rule) => `${repr(value)} is not a ${repr(rule)}`,
  enum: (value, rule) => `${repr(value)} is not one of ${repr(rule)}`,
  minimum: (value, rule) => `${repr(value)} is less than the minimum of ${repr(rule)}`,
  maximum: (value, rule) => `${repr(value)} is greater than the maximum of ${repr(rule)}`,
  minLength: (value) => `${repr(value)} is too short`,
  maxLength: (value) => `${repr(value)} is too long`,
  minItems: (value) => `${repr(value)} is too short`,
  minProperties: (value) => `${repr(value)} does not have enough properties`,
  uniqueItems: (value) => `${repr(value)} has non-unique elements`
}

/** A property that no schema knows; `patterns`: of those that have names by rule. */
export const unexpected = (name: string, patterns: ReadonlyArray<string>): string =>
  patterns.length === 0
    ? `Additional properties are not allowed (${repr(name)} was unexpected)`
    : `${repr(name)} does not match any of the regexes: ${patterns.map(repr).join(", ")}`

/** `['allocations'][0]` */
const at = (steps: ReadonlyArray<string | number>): string => cut(steps.map((step) => `[${repr(step)}]`).join(""))

interface Broken {
  readonly keyword: string
  readonly rule: unknown
  /** What the rule stands in, and where that is. */
  readonly schema: object
  readonly schemaPath: ReadonlyArray<string>
  readonly path: ReadonlyArray<string | number>
  readonly value: unknown
}
const where = ({ keyword, path, schema, schemaPath, value }: Broken): string =>
  `Failed validating ${repr(keyword)} in schema${at(schemaPath)}:     ${printed(schema)}  On instance${at(path)}:     ${printed(value)}`

/** What is wrong, the rule, and where. */
export const broken = (problem: Broken): string =>
  `${sentences[problem.keyword]?.(problem.value, problem.rule) ?? `${repr(problem.value)} is not valid`}  ${where(problem)}`

const stepsOf = (pointer: string): ReadonlyArray<string> =>
  pointer.split("/").slice(1).map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))

const ruleIn = ({ keyword, params, schema }: ErrorObject): unknown => keyword === "required" ? params["missingProperty"] : schema

/** Of a validator that keeps schema and data with its errors. */
export const brokenIn = (error: ErrorObject): string => {
  const { data, instancePath, keyword, params, parentSchema, schemaPath } = error
  const path = instancePath.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step) => /^\d+$/.test(step) ? Number(step) : step)
  const schema = parentSchema ?? {}
  const problem = { keyword, rule: ruleIn(error), schema, schemaPath: stepsOf(schemaPath).slice(0, -1), path, value: data }
  return keyword === "additionalProperties"
    ? `${unexpected(String(params["additionalProperty"]), Object.keys((schema["patternProperties"] as object | undefined) ?? {}))}  ${where(problem)}`
    : broken(problem)
}
