/** The JSON Schemas that request rows share. Patterns are meant as Python means them: see `pattern`. */

export type JsonSchema = { readonly [keyword: string]: unknown }

/** Python's `$` also stands before one newline at the end, so the reference lets that pass. */
export const pattern = (python: string): string =>
  python.endsWith("$") ? `${python.slice(0, -1)}(?=\\n?(?![\\s\\S]))` : python

/** Printable characters of the basic plane; the white space among them. */
const printable = "[^\\p{C}\\p{Zl}\\p{Zp}\\u{10000}-\\u{10FFFF}]"
const noSpace = "[^\\p{C}\\p{Z}\\u{10000}-\\u{10FFFF}]"
const trimmed = (character: string, ink: string) => `^(?:${ink}(?:${character}*${ink})?)?$`
const untrimmed = (character: string, ink: string) => `^(?=[\\s\\S]*${ink})${character}*$`
const noColon = (character: string) => character.replace("[^", "[^:")

export const namePatterns = {
  name: trimmed(printable, noSpace),
  name_with_leading_trailing_spaces: untrimmed(printable, noSpace),
  az_name: trimmed(noColon(printable), noColon(noSpace)),
  az_name_with_leading_trailing_spaces: untrimmed(noColon(printable), noColon(noSpace))
}
export type NameKind = keyof typeof namePatterns

const sized = (minLength: number, maxLength: number) => ({ type: "string", minLength, maxLength })

/** A name by Nova's rules; `nameKind` gets its own message. */
export const name: JsonSchema = { ...sized(1, 255), nameKind: "name" }
/** Names as legacy v2 takes them: white space around them is cut off. */
export const legacyName: JsonSchema = { ...sized(1, 255), nameKind: "name_with_leading_trailing_spaces", to: "trimmed" }
export const azName: JsonSchema = { ...sized(1, 255), nameKind: "az_name" }
export const description: JsonSchema = {
  type: ["string", "null"], minLength: 0, maxLength: 65535, pattern: pattern(`^${printable}*$`)
}

export const text = (options: { readonly min?: number; readonly max?: number; readonly pattern?: string } = {}): JsonSchema => ({
  type: "string",
  ...(options.min === undefined ? {} : { minLength: options.min }),
  ...(options.max === undefined ? {} : { maxLength: options.max }),
  ...(options.pattern === undefined ? {} : { pattern: pattern(options.pattern) })
})
export const anyText: JsonSchema = { type: "string" }
export const uuid: JsonSchema = { type: "string", format: "uuid" }
export const oneOfTexts = (...values: ReadonlyArray<string>): JsonSchema => ({ type: "string", enum: values })
export const nullable = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [schema["type"], "null"].flat() })

export const intMax = 0x7fff_ffff

/** A whole number, or its digits in a string; handlers get the number. */
export const integer = (min: number, max = intMax): JsonSchema => ({
  type: ["integer", "string"],
  pattern: pattern(min < 0 ? "^-?[0-9]+$" : "^[0-9]+$"),
  bounds: { min, max },
  to: "number"
})

const truths = [true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"]
const untruths = [false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"]
export const isTruth = (value: unknown): boolean => truths.includes(value as string)
export const isUntruth = (value: unknown): boolean => untruths.includes(value as string)

/** A boolean, or one of the words for it; handlers get the boolean. */
export const boolean: JsonSchema = { type: ["boolean", "string"], enum: [...truths, ...untruths], to: "boolean" }

/** Query parameters: always text. */
export const limit: JsonSchema = { type: "string", pattern: pattern("^[0-9]*$"), bounds: { min: 0 }, minLength: 1 }
export const hostname: JsonSchema = text({ min: 1, max: 255, pattern: "^[a-zA-Z0-9\\-._]*$" })
export const metadataKey = "^[a-zA-Z0-9\\-_:. ]{1,255}$"
/** Names and values of metadata and extra specs. */
export const metadata: JsonSchema = {
  type: "object",
  patternProperties: { [pattern(metadataKey)]: { type: "string", maxLength: 255 } },
  additionalProperties: false
}
export const nothing: JsonSchema = { type: "null" }
export const anything: JsonSchema = {}
