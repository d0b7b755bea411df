import { byVersion, object, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const reason = types.text({ min: 1, max: 255 })

export const update = byVersion(
  {
    until: 52,
    is: object([
      param("host", types.hostname, { required: true }),
      param("binary", types.text({ min: 1, max: 255 }), { required: true }),
      param("disabled_reason", reason),
      param("forced_down", types.boolean, { since: 11 })
    ])
  },
  {
    since: 53,
    is: object([
      param("status", types.oneOfTexts("enabled", "disabled")),
      param("disabled_reason", reason),
      param("forced_down", types.boolean)
    ])
  }
)

export const list = query([param("host", types.anyText), param("binary", types.anyText)], { strictSince: 75 })
