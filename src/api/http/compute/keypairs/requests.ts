import { body, byVersion, object, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const safe = types.pattern("^[_\\- a-zA-Z0-9]+$")

export const create = body("keypair", object([
  param("name", byVersion(
    { until: 0, is: { ...types.legacyName, pattern: safe } },
    { since: 1, until: 91, is: { ...types.name, pattern: safe } },
    { since: 92, is: { ...types.name, pattern: types.pattern("^[_\\-@\\. a-zA-Z0-9]+$") } }
  ), { required: true }),
  param("type", types.oneOfTexts("ssh", "x509"), { since: 2 }),
  param("public_key", types.anyText, { until: 91 }),
  param("public_key", types.anyText, { since: 92, required: true }),
  param("user_id", types.anyText, { since: 10 })
]))

const owner = param("user_id", types.anyText, { since: 10 })
export const one = query([owner], { strictSince: 75 })
export const list = query([
  owner,
  param("limit", types.limit, { since: 35 }),
  param("marker", types.anyText, { since: 35 })
], { strictSince: 75 })
