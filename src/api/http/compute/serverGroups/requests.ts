import { body, byVersion, object, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const hard = ["anti-affinity", "affinity"]
const all = [...hard, "soft-anti-affinity", "soft-affinity"]
const oneOf = (policies: ReadonlyArray<string>) => ({
  type: "array", prefixItems: [types.oneOfTexts(...policies)], uniqueItems: true, minItems: 1, maxItems: 1
})
const rules = object([
  param("max_server_per_host", {
    type: ["integer", "string"], pattern: types.pattern("^[0-9]*$"), bounds: { min: 1 }, minLength: 1, to: "number"
  })
])

export const create = body("server_group", object([
  param("name", types.name, { required: true }),
  param("policies", byVersion({ until: 14, is: oneOf(hard) }, { since: 15, is: oneOf(all) }), { until: 63, required: true }),
  param("policy", types.oneOfTexts(...all), { since: 64, required: true }),
  param("rules", rules, { since: 64 })
]))

export const list = query([
  param("all_projects", types.anyText),
  param("limit", types.limit),
  param("offset", types.limit)
], { strictSince: 75 })
export const noQuery = query([], { strictSince: 102 })
