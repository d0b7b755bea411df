import { Clock, Effect, Result } from "effect"
import { overlaps, type Period, type ServerUsage, usageOf } from "../../../../actors/instance/usage.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import { InstanceIndex } from "../../../../runtime/kernel/InstanceIndex.ts"
import type { Call } from "../Call.ts"
import { isTime } from "../formats.ts"
import { nextLinks, pageOf } from "../paging.ts"
import * as behaviours from "./behaviours.ts"
import { tenantOf } from "./fields.ts"

/** The three forms the reference takes, all of them UTC. */
const forms = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?| \d{2}:\d{2}:\d{2}\.\d{1,6})$/

const timeOf = (text: string | null, now: number): Result.Result<number, Refusal> => {
  if (text === null || text === "") return Result.succeed(now)
  return forms.test(text) && isTime(text)
    ? Result.succeed(Date.parse(`${text.replace(" ", "T")}Z`))
    : Result.fail(refuse("badRequest", "Invalid datetime string: Datetime is in invalid format", "InvalidStrTime"))
}

/** What has not happened yet is not counted. Without a start, the period begins a moment before now. */
const periodOf = (call: Call, now: number): Result.Result<Period, Refusal> =>
  Result.gen(function*() {
    const start = yield* timeOf(call.query.get("start"), now - 1)
    const stop = yield* timeOf(call.query.get("end"), now)
    if (start >= stop) return yield* Result.fail(refuse("badRequest", "Invalid start time. The start time cannot occur after the end time."))
    return { start, stop: Math.min(stop, now) }
  })

const usages = Effect.fnUntraced(function*(call: Call, projectId: string | null) {
  const now = yield* Clock.currentTimeMillis
  const period = yield* Effect.fromResult(periodOf(call, now))
  const servers = [...(yield* InstanceIndex).ofProject(projectId)]
    .filter((server) => overlaps(server, period))
    .toSorted((a, b) => a.projectId < b.projectId ? -1 : a.projectId > b.projectId ? 1 : a.id < b.id ? -1 : 1)
  const page = yield* Effect.fromResult(pageOf(call, servers, (server) => server.id))
  return {
    period,
    counted: page.items.map((server) => usageOf(server, period, now)),
    next: call.within(behaviours.comesInPages) ? page.next : null
  }
})

export const index = Effect.fnUntraced(function*(call: Call) {
  const { counted, next, period } = yield* usages(call, null)
  const byProject = Map.groupBy(counted, (usage: ServerUsage) => usage.server.projectId)
  const isDetailed = call.query.get("detailed") === "1"
  return {
    body: {
      tenant_usages: [...byProject].map(([projectId, rows]) => tenantOf(projectId, rows, period, isDetailed)),
      ...nextLinks(call, "tenant_usages_links", next)
    }
  }
})

export const projectInPath = (call: Call) => Effect.succeed({ projectId: call.params["id"]! })

export const show = Effect.fnUntraced(function*(call: Call) {
  const projectId = call.params["id"]!
  const { counted, next, period } = yield* usages(call, projectId)
  return {
    body: {
      tenant_usage: counted.length === 0 ? {} : tenantOf(projectId, counted, period, true),
      ...nextLinks(call, "tenant_usage_links", next)
    }
  }
})
