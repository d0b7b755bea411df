import { body, byVersion, object, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const orNull = (schema: types.JsonSchema): types.JsonSchema => ({ oneOf: [schema, types.nothing] })
const legacyZone: types.JsonSchema = {
  type: "string", minLength: 1, maxLength: 255, nameKind: "az_name_with_leading_trailing_spaces", to: "trimmed"
}
const zone = byVersion({ until: 0, is: orNull(legacyZone) }, { is: orNull(types.azName) })

export const create = body("aggregate", object([
  param("name", byVersion({ until: 0, is: types.legacyName }, { is: types.name }), { required: true }),
  param("availability_zone", zone)
]))
export const update = body("aggregate", object([
  param("name", types.legacyName),
  param("availability_zone", zone)
], { keywords: { anyOf: [{ required: ["name"] }, { required: ["availability_zone"] }] } }))

const host = object([param("host", types.hostname, { required: true })])
export const addHost = body("add_host", host)
export const removeHost = body("remove_host", host)
export const setMetadata = body("set_metadata", object([
  param("metadata", {
    type: "object",
    patternProperties: { [types.pattern(types.metadataKey)]: { type: ["string", "null"], maxLength: 255 } },
    additionalProperties: false
  }, { required: true })
]))
export const noQuery = query([], { strictSince: 102 })
