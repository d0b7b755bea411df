import { Limits } from "../../runtime/Limits.ts"
import type { ActionRecord, Instance } from "./Instance.ts"

/** A new line in the action log, its one event (`null`: none, it is done at once) running; the oldest lines go when there are too many. */
export const begin = (
  instance: Pick<Instance, "actions" | "host">,
  line: Pick<ActionRecord, "action" | "requestId" | "userId" | "projectId"> & { readonly event: string | null; readonly at: string }
): ReadonlyArray<ActionRecord> => [
  ...instance.actions.slice(-(Limits.actionLogMax - 1)),
  {
    action: line.action,
    requestId: line.requestId,
    userId: line.userId,
    projectId: line.projectId,
    startedAt: line.at,
    updatedAt: line.at,
    message: null,
    events: line.event === null
      ? []
      : [{ event: line.event, startedAt: line.at, finishedAt: null, result: null, host: instance.host, details: null }]
  }
]

/** Ends the running event of the request's line. */
export const finish = (
  instance: Pick<Instance, "actions" | "host">,
  requestId: string,
  at: string,
  failure: { readonly message: string; readonly details: string | null } | null
): ReadonlyArray<ActionRecord> =>
  instance.actions.map((line) =>
    line.requestId !== requestId ? line : {
      ...line,
      updatedAt: at,
      message: failure === null ? line.message : failure.message,
      events: line.events.map((event) =>
        event.finishedAt !== null ? event : {
          ...event,
          finishedAt: at,
          result: failure === null ? "Success" as const : "Error" as const,
          host: instance.host ?? event.host,
          details: failure?.details ?? null
        }
      )
    }
  )
