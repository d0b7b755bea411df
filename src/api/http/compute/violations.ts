import type { ErrorObject } from "ajv"
import { Limits } from "../../../runtime/Limits.ts"

/** A value as the reference prints it: the Python way. */
const show = (value: unknown): string => {
  if (value === null || value === undefined) return "None"
  if (typeof value === "boolean") return value ? "True" : "False"
  if (typeof value === "string") return value.includes("'") && !value.includes("\"") ? `"${value}"` : `'${value}'`
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`
  if (typeof value === "object") return `{${Object.entries(value).map(([key, item]) => `${show(key)}: ${show(item)}`).join(", ")}}`
  return String(value)
}
const cut = (text: string) => text.length > Limits.echoCharsMax ? `${text.slice(0, Limits.echoCharsMax)}…` : text
const plain = (value: unknown) => cut(typeof value === "string" ? value : show(value))

const among = (value: unknown, types: unknown) => `${value} is not of type ${[types].flat().map(show).join(", ")}`

type Explain = (value: string, params: Readonly<Record<string, unknown>>, schema: unknown, data: unknown) => string

/** What each keyword says of a value that breaks it, in the words the reference's validator uses. */
const explanations: Readonly<Record<string, Explain>> = {
  type: (value, _params, schema) => among(value, schema),
  required: (_value, params) => `${show(params["missingProperty"])} is a required property`,
  additionalProperties: (_value, params) => `Additional properties are not allowed (${show(params["additionalProperty"])} was unexpected)`,
  minLength: (value) => `${value} is too short`,
  maxLength: (value) => `${value} is too long`,
  minItems: (value) => `${value} is too short`,
  maxItems: (value) => `${value} is too long`,
  uniqueItems: (value) => `${value} has non-unique elements`,
  minProperties: (value) => `${value} does not have enough properties`,
  maxProperties: (value) => `${value} has too many properties`,
  pattern: (value, params) => `${value} does not match ${show(readable(String(params["pattern"])))}`,
  format: (value, params) => `${value} is not a ${show(params["format"])}`,
  enum: (value, params) => `${value} is not one of ${show(params["allowedValues"])}`,
  const: (value, params) => `${show(params["allowedValue"])} was expected, not ${value}`,
  anyOf: (value) => `${value} is not valid under any of the given schemas`,
  oneOf: (value) => `${value} is not valid under exactly one of the given schemas`,
  not: (value) => `${value} should not be valid under the given schema`,
  exclusiveMinimum: (value, params) => `${value} is less than or equal to the minimum of ${String(params["limit"])}`,
  bounds: (value, _params, schema, data) => {
    const { max, min } = schema as { readonly min?: number; readonly max?: number }
    return min !== undefined && Number(data) < min
      ? `${value} is less than the minimum of ${min}`
      : `${value} is greater than the maximum of ${max}`
  },
  nameKind: (value) => `${value} is no valid name: its characters must be printable, and white space may not stand at its ends`
}
const readable = (pattern: string) => pattern.replace("(?=\\n?(?![\\s\\S]))", "$")

/** One sentence that names the field, the value and the rule. */
export const describe = (error: ErrorObject, part: "body" | "query"): string => {
  const { data, instancePath, keyword, params, schema } = error
  const explain = explanations[keyword]
  const rule = explain === undefined
    ? `${cut(show(data))} breaks the rule ${keyword}`
    : explain(cut(show(data)), params as Readonly<Record<string, unknown>>, schema, data)
  const path = instancePath.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
  if (path.length === 0) return rule
  return part === "body"
    ? `Invalid input for field/attribute ${cut(path.at(-1)!)}. Value: ${plain(data)}. ${rule}`
    : `Invalid input for query parameters ${cut(path[0]!)}. Value: ${plain(data)}. ${rule}`
}
