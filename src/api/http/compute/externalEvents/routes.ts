/** What other services tell of a server's parts. The network service of this cloud is in it, so nothing waits for them. */
import { Effect } from "effect"
import { InstanceIndex } from "../../../../runtime/kernel/InstanceIndex.ts"
import { isLive, type Instance } from "../../../../actors/instance/Instance.ts"
import type { Call } from "../Call.ts"
import { operation } from "../Operations.ts"
import { body, byVersion, object, param } from "../Requests.ts"
import * as types from "../types.ts"

interface Told {
  readonly name: string
  readonly server_uuid: string
  readonly status?: string
  readonly tag?: string
}

const networking = ["network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted"]
const names = byVersion(
  { until: 50, is: types.oneOfTexts(...networking) },
  { until: 75, is: types.oneOfTexts(...networking, "volume-extended") },
  { until: 81, is: types.oneOfTexts(...networking, "volume-extended", "power-update") },
  { until: 92, is: types.oneOfTexts(...networking, "volume-extended", "power-update", "accelerator-request-bound") },
  { is: types.oneOfTexts(...networking, "volume-extended", "power-update", "accelerator-request-bound", "volume-reimaged") }
)
const events = {
  type: "array",
  minItems: 1,
  items: object([
    param("name", names, { required: true }),
    param("server_uuid", types.uuid, { required: true }),
    param("status", types.oneOfTexts("failed", "completed", "in-progress")),
    param("tag", types.text({ max: 255 }))
  ])
}

/** Each event is answered by itself: 200, 404 without such a server, 422 before it is on a host. */
const codeFor = (server: Instance | undefined): number => server === undefined || !isLive(server) ? 404 : server.host === null ? 422 : 200

const create = Effect.fnUntraced(function*(call: Call) {
  const index = yield* InstanceIndex
  const answered = (call.body as { readonly events: ReadonlyArray<Told> }).events.map((event) => {
    const code = codeFor(index.get(event.server_uuid))
    return { ...event, status: code === 200 ? event.status ?? "completed" : "failed", code }
  })
  return { status: answered.every(({ code }) => code === 200) ? 200 : 207, body: { events: answered } }
})

export const routes = [
  operation({
    method: "POST", path: "/os-server-external-events", status: 200, body: body("events", events),
    policy: "os_compute_api:os-server-external-events:create", handle: create
  })
]
