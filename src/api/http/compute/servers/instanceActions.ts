import { Effect } from "effect"
import type { ActionRecord, Instance } from "../../../../actors/instance/Instance.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import { isoMicros } from "../../../../actors/shared/time.ts"
import type { Call } from "../Call.ts"
import { type Field, field, renderer } from "../Fields.ts"
import { type Operation, operation } from "../Operations.ts"
import { limitOf, nextLinks } from "../paging.ts"
import { findDeletedToo, findServer, type Handling, type Needs } from "./asking.ts"
import { behaviours } from "./behaviours.ts"
import { instanceActions, none } from "./queries.ts"
import { parseTime } from "./time.ts"
import { hostIdOf } from "./values.ts"

type Line = ActionRecord & { readonly serverId: string }
type Event = ActionRecord["events"][number] & { readonly projectId: string }
type EventField = Field<Event>

const rule = (name: string) => `os_compute_api:os-instance-actions:${name}`

export const actionFields: ReadonlyArray<Field<Line>> = [
  field("action", (line) => line.action),
  field("instance_uuid", (line) => line.serverId),
  field("request_id", (line) => line.requestId),
  field("user_id", (line) => line.userId),
  field("project_id", (line) => line.projectId),
  field("start_time", (line) => isoMicros(line.startedAt)),
  field("message", (line) => line.message),
  field("updated_at", (line) => isoMicros(line.updatedAt), { since: 58 })
]
/** The hypervisor's own words are for those who may see all of an event. */
export const eventFields: ReadonlyArray<EventField> = [
  field("event", (event) => event.event),
  field("start_time", (event) => isoMicros(event.startedAt)),
  field("finish_time", (event) => event.finishedAt && isoMicros(event.finishedAt)),
  field("result", (event) => event.result),
  field("traceback", (event) => event.result === "Error" ? event.details : null, { policy: rule("events") }),
  field("host", (event) => event.host, { since: 62, policy: rule("events") }),
  field("hostId", (event) => hostIdOf(event.projectId, event.host), { since: 62 }),
  field("details", (event) => event.details, { since: 84, policy: rule("events:details") })
]
const renderLine = renderer(actionFields)
const renderEvent = renderer(eventFields)

const lineOf = (server: Instance) => (line: ActionRecord): Line => ({ ...line, serverId: server.id })

/** The schema let the time pass, so it is one. */
const timeOf = (call: Call, key: string): string | null => {
  const text = call.query.get(key)
  return text === null ? null : parseTime(text)
}

const list = (call: Call, server: Instance): Handling => {
  const newestFirst = server.actions.toReversed().map(lineOf(server))
  const shown = (lines: ReadonlyArray<Line>) => lines.map((line) => renderLine(call, "list", line))
  if (!call.within(behaviours.pagesActions)) return Effect.succeed({ body: { instanceActions: shown(newestFirst) } })
  const since = timeOf(call, "changes-since")
  const before = timeOf(call, "changes-before")
  if (since !== null && before !== null && before < since) {
    return Effect.fail(refuse("badRequest", "The value of changes-since must be less than or equal to changes-before."))
  }
  const marker = call.query.get("marker")
  const start = marker === null ? 0 : newestFirst.findIndex((line) => line.requestId === marker) + 1
  if (marker !== null && start === 0) return Effect.fail(refuse("badRequest", `Marker ${marker} could not be found.`))
  const limit = limitOf(call, "none")
  const lines = newestFirst.slice(start)
    .filter((line) => (since === null || line.updatedAt >= since) && (before === null || line.updatedAt <= before))
    .slice(0, limit)
  const next = lines.length === limit ? lines.at(-1)?.requestId ?? null : null
  return Effect.succeed({ body: { instanceActions: shown(lines), ...nextLinks(call, "links", next) } })
}

const show = (call: Call, server: Instance): Handling => {
  const requestId = call.params["requestId"]!
  const found = server.actions.findLast((line) => line.requestId === requestId)
  if (found === undefined) return Effect.fail(refuse("notFound", `Action ${requestId} not found`))
  const showsEvents = call.within(behaviours.showsOwnEvents) || call.allows(rule("events"), server)
  const events = found.events.toReversed().map((event) => renderEvent(call, "show", { ...event, projectId: found.projectId }))
  return Effect.succeed({
    body: { instanceAction: { ...renderLine(call, "show", lineOf(server)(found)), ...(showsEvents ? { events } : {}) } }
  })
}

const row = operation<Needs, Instance>
const all = { method: "GET", path: "/servers/:id/os-instance-actions", status: 200, policy: rule("list"), query: instanceActions, handle: list } as const
const one = { method: "GET", path: "/servers/:id/os-instance-actions/:requestId", status: 200, policy: rule("show"), query: none, handle: show } as const
const before = { until: behaviours.keepsDeletedActions.since - 1, find: findServer }
const since = { since: behaviours.keepsDeletedActions.since, find: findDeletedToo }

export const instanceActionRoutes: ReadonlyArray<Operation<Needs>> = [
  row({ ...all, ...before }),
  row({ ...all, ...since }),
  row({ ...one, ...before }),
  row({ ...one, ...since })
]
