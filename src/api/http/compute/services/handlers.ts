import { Effect, Result } from "effect"
import { computeBinary, notCompute, serviceNotFound } from "../../../../actors/host/computeServices.ts"
import { HostAdmin, type HostChange } from "../../../../actors/host/HostAdminProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { isUuid } from "../formats.ts"
import * as behaviours from "./behaviours.ts"
import { render } from "./fields.ts"

const id = (call: Call) => call.params["id"]!

export const index = Effect.fnUntraced(function*(call: Call) {
  const { services } = yield* HostAdmin
  const wanted = (key: "host" | "binary", value: string) => !call.query.get(key) || call.query.get(key) === value
  const shown = services().filter((service) => wanted("host", service.host) && wanted("binary", service.binary))
  return { body: { services: shown.map((service) => render(call, "show", service)) } }
})

interface ActionBody {
  readonly host: string
  readonly binary: string
  readonly disabled_reason?: string
  readonly forced_down?: boolean
}
interface Act {
  readonly change: HostChange
  /** What the answer says besides host and binary. */
  readonly told: Readonly<Record<string, unknown>>
}
const status = (isDisabled: boolean, reason: string | null = null): Result.Result<Act, Refusal> =>
  Result.succeed({
    change: { status: { isDisabled, reason } },
    told: { status: isDisabled ? "disabled" : "enabled", ...(reason === null ? {} : { disabled_reason: reason }) }
  })
const missing = (message: string) => Result.fail(refuse("badRequest", message))

/** What stood in the path where now the id of the service stands. */
const actions: Readonly<Record<string, (body: ActionBody) => Result.Result<Act, Refusal>>> = {
  enable: () => status(false),
  disable: () => status(true),
  "disable-log-reason": (body) =>
    body.disabled_reason === undefined ? missing("Missing disabled reason field") : status(true, body.disabled_reason),
  "force-down": ({ forced_down: isForcedDown }) =>
    isForcedDown === undefined
      ? missing("Missing forced_down field")
      : Result.succeed({ change: { isForcedDown }, told: { forced_down: isForcedDown } })
}

/** By action and host. */
export const act = Effect.fnUntraced(function*(call: Call) {
  const isKnown = Object.hasOwn(actions, id(call)) && (id(call) !== "force-down" || call.within(behaviours.hasForceDown))
  if (!isKnown) return yield* refuse("notFound", "Unknown action")
  const body = call.body as ActionBody
  const { change, told } = yield* Effect.fromResult(actions[id(call)]!(body))
  if (body.binary !== computeBinary) return yield* notCompute(body.binary)
  yield* (yield* HostAdmin).change(body.host, change)
  return { body: { service: { host: body.host, binary: body.binary, ...told } } }
})

interface UpdateBody {
  readonly status?: "enabled" | "disabled"
  readonly disabled_reason?: string
  readonly forced_down?: boolean
}

const changeOf = (body: UpdateBody): Result.Result<HostChange, Refusal> => {
  if (body.status === undefined && body.forced_down === undefined) {
    return missing("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
  }
  if (body.status === "enabled" && body.disabled_reason !== undefined) {
    return missing("Specifying 'disabled_reason' with status 'enabled' is invalid.")
  }
  return Result.succeed({
    ...(body.status === undefined ? {} : { status: { isDisabled: body.status === "disabled", reason: body.disabled_reason ?? null } }),
    ...(body.forced_down === undefined ? {} : { isForcedDown: body.forced_down })
  })
}

/** The service a path names: by number, later by UUID. */
const named = Effect.fnUntraced(function*(call: Call) {
  const isWellFormed = call.within(behaviours.isKnownByUuid) ? isUuid(id(call)) : /^\d+$/.test(id(call))
  if (!isWellFormed) return yield* refuse("badRequest", `Invalid ${call.within(behaviours.isKnownByUuid) ? "uuid" : "id"} ${id(call)}`)
  const service = (yield* HostAdmin).service(id(call))
  return service === undefined ? yield* serviceNotFound(id(call)) : service
})

export const update = Effect.fnUntraced(function*(call: Call) {
  const service = yield* named(call)
  if (service.binary !== computeBinary) return yield* notCompute(service.binary)
  const change = yield* Effect.fromResult(changeOf(call.body as UpdateBody))
  const changed = yield* (yield* HostAdmin).change(service.host, change)
  return { body: { service: render(call, "show", changed) } }
})

export const remove = Effect.fnUntraced(function*(call: Call) {
  const service = yield* named(call)
  // The internal services would be back with the next report.
  if (service.binary === computeBinary) yield* (yield* HostAdmin).remove(service.host)
  return {}
})
