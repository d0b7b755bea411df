import { body, byVersion, object, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const size = (min: number) => types.integer(min)
const factor = {
  type: ["number", "string"], pattern: types.pattern("^[0-9]+(\\.[0-9]+)?$"), exclusiveMinimum: 0,
  bounds: { max: 3.40282e+38 }, to: "number"
}

export const create = body("flavor", object([
  param("name", byVersion({ until: 0, is: types.legacyName }, { since: 1, is: types.name }), { required: true }),
  param("id", {
    type: ["string", "number", "null"], minLength: 1, maxLength: 255,
    pattern: types.pattern("^(?! )[a-zA-Z0-9. _-]+(?<! )$")
  }),
  param("ram", size(1), { required: true }),
  param("vcpus", size(1), { required: true }),
  param("disk", size(0), { required: true }),
  param("OS-FLV-EXT-DATA:ephemeral", size(0)),
  param("swap", size(0)),
  param("rxtx_factor", factor, { until: 101 }),
  param("os-flavor-access:is_public", types.boolean),
  param("description", types.description, { since: 55 })
]))

export const update = body("flavor", object([param("description", types.description, { required: true })]))

const sortKeys = [
  "created_at", "description", "disabled", "ephemeral_gb", "flavorid", "id", "is_public", "memory_mb", "name", "root_gb",
  "swap", "updated_at", "vcpu_weight", "vcpus"
]

export const list = query([
  param("limit", types.limit),
  param("marker", types.anyText),
  param("is_public", types.anyText),
  param("minRam", types.anyText),
  param("minDisk", types.anyText),
  param("sort_key", byVersion(
    { until: 101, is: types.oneOfTexts(...sortKeys, "rxtx_factor") },
    { since: 102, is: types.oneOfTexts(...sortKeys) }
  )),
  param("sort_dir", types.oneOfTexts("asc", "desc")),
  param("name", types.anyText, { since: 102 })
], { strictSince: 75 })

export const noQuery = query([], { strictSince: 102 })

const specs = {
  type: "object",
  patternProperties: { [types.pattern(types.metadataKey)]: { type: ["string", "number"], maxLength: 255 } },
  additionalProperties: false
}
export const createExtraSpecs = body("extra_specs", specs)
export const updateExtraSpec = { ...specs, minProperties: 1, maxProperties: 1 }

const tenant = object([param("tenant", types.text({ min: 1, max: 255 }), { required: true })])
export const addAccess = body("addTenantAccess", tenant)
export const removeAccess = body("removeTenantAccess", tenant)
