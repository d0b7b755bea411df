/** Request bodies: one JSON Schema for each window of versions, as Placement publishes them. */
import { type ErrorObject, type ValidateFunction } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect } from "effect"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { isUuid } from "../compute/formats.ts"
import { atVersion, type ByVersion } from "../Window.ts"
import type { Call } from "./Operations.ts"

export type JsonSchema = { readonly [keyword: string]: unknown }
export type Bodies = ByVersion<JsonSchema>

const ajv = new Ajv2020({ strict: false, allErrors: false, verbose: true, logger: false })
ajv.addFormat("uuid", { type: "string", validate: isUuid })

const compiled = new WeakMap<JsonSchema, ValidateFunction>()
/** When it is first needed. */
const validatorOf = (schema: JsonSchema): ValidateFunction => {
  let validate = compiled.get(schema)
  if (validate === undefined) compiled.set(schema, validate = ajv.compile(schema))
  return validate
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > Limits.echoCharsMax ? `${text.slice(0, Limits.echoCharsMax)}…` : text
}

/** The property, its value and the rule it breaks. */
const sentence = ({ data, instancePath, keyword, message = "is not valid", params }: ErrorObject): string => {
  const path = instancePath.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")).join(".")
  const extra: unknown = params["additionalProperty"]
  const rule = keyword === "additionalProperties" ? `has no property ${shown(extra)}: additional properties are not allowed` : message
  return `JSON does not validate: ${(path === "" ? "the body" : path).slice(0, Limits.echoCharsMax)}: ${shown(data)} ${rule}`
}

/** `A` says what the schema of this version has checked: the two stand side by side in `bodies.ts`. */
export const checkBody = <A>(bodies: Bodies, { body, version }: Pick<Call, "body" | "version">): Effect.Effect<A, Refusal> =>
  Effect.suspend(() => {
    const validate = validatorOf(atVersion(bodies, version) ?? {})
    return validate(body) ? Effect.succeed(body as A) : Effect.fail(refuse("badRequest", sentence(validate.errors![0]!)))
  })
