import { Effect } from "effect"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import type { Action } from "../../../../actors/instance/InstanceCommand.ts"
import { Servers } from "../../../../actors/instance/ServersProtocol.ts"
import type { VmState } from "../../../../actors/instance/states.ts"
import type { Call } from "../Call.ts"
import { type Operation, operation } from "../Operations.ts"
import { body, byVersion, type Node, object, param } from "../Requests.ts"
import { anything, integer, nullable, oneOfTexts, text } from "../types.ts"
import { asked, findServer, type Handling, type Needs } from "./asking.ts"
import { behaviours } from "./behaviours.ts"
import { liveMigration, migrating, migratingLive, migration, resize, resizing } from "./moves.ts"

type Handle = (call: Call, server: Instance, argument: never) => Handling

/** One key of `POST /servers/:id/action`. */
const action = (key: string, policy: string, handle: Handle, schema: Node = anything, status = 202): Operation<Needs> =>
  operation<Needs, Instance>({
    method: "POST",
    path: "/servers/:id/action",
    action: key,
    status,
    body: body(key, schema),
    policy: `os_compute_api:${policy}`,
    find: findServer,
    handle: (call, server) => handle(call, server, (call.body as { readonly [action: string]: never })[key]!)
  })

const performing = (name: typeof Action.Type): Handle => (call, server) =>
  Effect.flatMap(Servers, (servers) => Effect.as(servers.perform(asked(call), server.id, name), {}))

const reboot = object([
  param("type", oneOfTexts("HARD", "Hard", "hard", "SOFT", "Soft", "soft"), { required: true })
])
const rebooting = (call: Call, server: Instance, { type }: { readonly type: string }): Handling =>
  performing(type.toUpperCase() === "HARD" ? "rebootHard" : "reboot")(call, server, undefined as never)

const lock = byVersion(
  { until: 72, is: anything },
  { is: object([param("locked_reason", text({ min: 1, max: 255 }))], { keywords: { type: ["object", "null"] } }) }
)


const locking = (call: Call, server: Instance, argument: { readonly locked_reason?: string } | null): Handling => {
  const reason = call.within(behaviours.locksWithReason) ? argument?.locked_reason ?? null : null
  return Effect.flatMap(Servers, (servers) => Effect.as(servers.lock(asked(call), server.id, reason), {}))
}
const unlocking = (call: Call, server: Instance): Handling => {
  const mayOverride = call.allows("os_compute_api:os-lock-server:unlock:unlock_override", server)
  return Effect.flatMap(Servers, (servers) => Effect.as(servers.unlock(asked(call), server.id, mayOverride), {}))
}

const resetState = object([param("state", oneOfTexts("active", "error"), { required: true })])
const resetting = (call: Call, server: Instance, { state }: { readonly state: VmState }): Handling =>
  Effect.flatMap(Servers, (servers) => Effect.as(servers.resetState(asked(call), server.id, state), {}))

const consoleOutput = object([param("length", nullable(integer(-1, Number.MAX_SAFE_INTEGER)))])
/** The control characters below the space, save tab and newline: the reference takes them out. */
const unprintable = /[^\P{Cc}\t\n\u007f-\u009f]/gu
/** The last lines; all of them without a length, or with a negative one. */
const tail = (log: string, length: number | null | undefined): string =>
  length === undefined || length === null || length < 0 ? log : length === 0 ? "" : log.split("\n").slice(-length).join("\n")
const showingConsole = (call: Call, server: Instance, argument: { readonly length?: number | null }): Handling =>
  Effect.flatMap(Servers, (servers) =>
    Effect.map(servers.consoleLog(asked(call), server.id), (log) => ({
      body: { output: tail(log, argument.length).replaceAll(unprintable, "") }
    })))

export const actions: ReadonlyArray<Operation<Needs>> = [
  action("os-start", "servers:start", performing("start")),
  action("os-stop", "servers:stop", performing("stop")),
  action("pause", "os-pause-server:pause", performing("pause")),
  action("unpause", "os-pause-server:unpause", performing("unpause")),
  action("suspend", "os-suspend-server:suspend", performing("suspend")),
  action("resume", "os-suspend-server:resume", performing("resume")),
  action("reboot", "servers:reboot", rebooting, reboot),
  action("lock", "os-lock-server:lock", locking, lock),
  action("unlock", "os-lock-server:unlock", unlocking),
  action("os-migrateLive", "os-migrate-server:migrate_live", migratingLive, liveMigration),
  action("migrate", "os-migrate-server:migrate", migrating, migration),
  action("resize", "servers:resize", resizing, resize),
  action("confirmResize", "servers:confirm_resize", performing("confirmResize"), anything, 204),
  action("revertResize", "servers:revert_resize", performing("revertResize")),
  action("os-resetState", "os-admin-actions:reset_state", resetting, resetState),
  action("forceDelete", "os-deferred-delete:force", performing("delete")),
  action("os-getConsoleOutput", "os-console-output", showingConsole, consoleOutput, 200)
]
