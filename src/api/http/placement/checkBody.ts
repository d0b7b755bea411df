/** Request bodies: one JSON Schema for each window of versions, as Placement publishes them. */
import type { ValidateFunction } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect } from "effect"
import { type Refusal, refuse } from "../../../actors/shared/Refusal.ts"
import { isUuid } from "../compute/formats.ts"
import { atVersion, type ByVersion } from "../Window.ts"
import type { Call } from "./Operations.ts"
import { brokenIn } from "./sentences.ts"

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

const malformed = refuse("badRequest", "Malformed JSON: the body is no JSON document in UTF-8, or it is nested too deeply.")

/** `A` says what the schema of this version has checked: the two stand side by side in `bodies.ts`. */
export const checkBody = <A>(bodies: Bodies, { json, version }: Pick<Call, "json" | "version">): Effect.Effect<A, Refusal> =>
  json.pipe(
    Effect.mapError((refusal) => refusal.code === "MalformedRequestBody" ? malformed : refusal),
    Effect.flatMap((body) => {
      const validate = validatorOf(atVersion(bodies, version) ?? {})
      return validate(body)
        ? Effect.succeed(body as A)
        : Effect.fail(refuse("badRequest", `JSON does not validate: ${brokenIn(validate.errors![0]!)}`))
    })
  )
