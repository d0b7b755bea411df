import { byVersion, param, query } from "../Requests.ts"
import * as types from "../types.ts"

const paging = [param("limit", types.limit, { since: 33 }), param("marker", types.anyText, { since: 33 })]
const once = { once: true }
const withServers = { ...param("with_servers", types.boolean), ...once }

export const list = byVersion(
  { until: 52, is: query(paging, { strictSince: 53 }) },
  {
    since: 53,
    is: query([
      ...paging.map((row) => ({ ...row, ...once })),
      { ...param("hypervisor_hostname_pattern", types.hostname), ...once },
      withServers
    ], { strictSince: 53 })
  }
)
export const show = byVersion(
  { until: 52, is: query([], { strictSince: 53 }) },
  { since: 53, is: query([withServers], { strictSince: 53 }) }
)
