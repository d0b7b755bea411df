import { type ErrorObject, type ValidateFunction } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { formats } from "./formats.ts"
import { atVersion, type ByVersion, holds, type Window } from "../Window.ts"
import { isTruth, type JsonSchema, type NameKind, namePatterns, pattern } from "./types.ts"
import { describe } from "./violations.ts"
import { legacy } from "./versions.ts"

/** Part of a request: a JSON Schema, or something that differs between versions. They nest at any depth. */
export type Node = JsonSchema | Shape | Choice

/** One key of an object in a request. */
export interface Param extends Window {
  readonly key: string
  readonly schema: Node
  readonly required?: boolean
}

/** An object of rows: unknown keys are refused (legacy v2 drops them), unless `open`. */
export class Shape {
  readonly params: ReadonlyArray<Param>
  readonly keywords: JsonSchema
  readonly open: Window | boolean
  constructor(params: ReadonlyArray<Param>, open: Window | boolean, keywords: JsonSchema) {
    this.params = params
    this.open = open
    this.keywords = keywords
  }
}

/** Another schema in each window of versions. */
export class Choice {
  readonly rows: ByVersion<Node>
  constructor(rows: ByVersion<Node>) {
    this.rows = rows
  }
}

export const param = (key: string, schema: Node, when: Omit<Param, "key" | "schema"> = {}): Param => ({ key, schema, ...when })
export const object = (
  params: ReadonlyArray<Param>,
  options: { readonly open?: Window | boolean; readonly keywords?: JsonSchema } = {}
): Shape => new Shape(params, options.open ?? false, options.keywords ?? {})
export const byVersion = (...rows: ByVersion<Node>): Choice => new Choice(rows)

/** A body of one required key. */
export const body = (key: string, schema: Node): Shape => object([param(key, schema, { required: true })])

/** A query string: every parameter may repeat unless `once`. Unknown ones are ignored until `strictSince`. */
export const query = (
  params: ReadonlyArray<Param & { readonly once?: boolean }>,
  options: { readonly strictSince: number }
): Shape =>
  object(
    params.map(({ once, schema, ...row }) => ({
      ...row,
      schema: { type: "array", items: schema, ...(once === true ? { maxItems: 1 } : {}) }
    })),
    { open: { until: options.strictSince - 1 } }
  )

/** The plain JSON Schema of one version. */
const fold = (node: unknown, version: number): unknown => {
  if (node instanceof Choice) return fold(atVersion(node.rows, version) ?? false, version)
  if (node instanceof Shape) {
    const rows = node.params.filter((row) => holds(row, version))
    const open = typeof node.open === "boolean" ? node.open : holds(node.open, version)
    return {
      type: "object",
      properties: Object.fromEntries(rows.map((row) => [row.key, fold(row.schema, version)])),
      required: rows.filter((row) => row.required === true).map((row) => row.key),
      additionalProperties: open,
      ...fold(node.keywords, version) as JsonSchema
    }
  }
  if (Array.isArray(node)) return node.map((item) => fold(item, version))
  if (typeof node !== "object" || node === null) return node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fold(value, version)]))
}

const toNumber = (data: unknown): number | null =>
  typeof data === "number" ? data : typeof data === "string" && /^\s*[+-]?\d+\s*$/.test(data) ? Number(data) : null

const names = Object.fromEntries(
  Object.entries(namePatterns).map(([kind, text]) => [kind, new RegExp(pattern(text), "u")])
) as Record<NameKind, RegExp>

const conversions: Readonly<Record<string, (value: unknown) => unknown>> = {
  number: (value) => typeof value === "string" ? Number(value) : value,
  boolean: isTruth,
  trimmed: (value) => typeof value === "string" ? value.trim() : value
}

const makeAjv = (removeAdditional: boolean) => {
  const ajv = new Ajv2020({ strict: false, allErrors: false, unicodeRegExp: true, verbose: true, logger: false, removeAdditional })
  for (const format in formats) ajv.addFormat(format, { type: "string", validate: formats[format]! })
  ajv.addKeyword({ keyword: "nameKind", validate: (kind: NameKind, data: unknown) => typeof data === "string" && names[kind].test(data) })
  ajv.addKeyword({
    keyword: "bounds",
    validate: (bounds: { min?: number; max?: number }, data: unknown) => {
      const value = toNumber(data)
      return value === null || ((bounds.min === undefined || value >= bounds.min) && (bounds.max === undefined || value <= bounds.max))
    }
  })
  ajv.addKeyword({
    keyword: "to",
    modifying: true,
    // After every other keyword has seen the value as it came.
    post: true,
    validate: (to: string, data: unknown, _schema?: unknown, place?: { parentData: Record<string | number, unknown>; parentDataProperty: string | number }) => {
      if (place !== undefined) place.parentData[place.parentDataProperty] = conversions[to]!(data)
      return true
    }
  })
  return ajv
}

/** One compiler for all; what two versions or two routes share is compiled once, when it is first needed. */
const compilers = { strict: makeAjv(false), lenient: makeAjv(true) }
const compiled = new Map<string, ValidateFunction>()
const compileOnce = (schema: JsonSchema, lenient: boolean): ValidateFunction => {
  const key = `${lenient ? "lenient" : "strict"} ${JSON.stringify(schema)}`
  let validate = compiled.get(key)
  if (validate === undefined) compiled.set(key, validate = compilers[lenient ? "lenient" : "strict"].compile(schema))
  return validate
}

export interface Validator {
  /** Converts in place what it accepts. */
  readonly check: (value: unknown) => Refusal | null
  readonly properties: ReadonlySet<string>
  /** The plain JSON Schema of this version. */
  readonly schema: JsonSchema
}

/** The worst error is the one nearest to the root; of two there, the later one sums up the earlier ones. */
const worst = (errors: ReadonlyArray<ErrorObject>): ErrorObject =>
  errors.reduce((best, error) => error.instancePath.split("/").length <= best.instancePath.split("/").length ? error : best)

export const validators = (node: Node, part: "body" | "query"): (version: number) => Validator => {
  const folded: Array<Validator> = []
  return (version) =>
    folded[version] ??= (() => {
      const schema = fold(node, version) as JsonSchema
      const validate = compileOnce(schema, version === legacy)
      return {
        schema,
        check: (value) => validate(value) ? null : refuse("badRequest", describe(worst(validate.errors ?? []), part), "ValidationError"),
        properties: new Set(Object.keys(schema["properties"] ?? {}))
      }
    })()
}
