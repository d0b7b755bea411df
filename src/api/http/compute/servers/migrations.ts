import { Effect } from "effect"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import { Servers } from "../../../../actors/instance/ServersProtocol.ts"
import { type Refusal, refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { behaviours } from "../migrations/behaviours.ts"
import { isInProgress, renderOfServer } from "../migrations/fields.ts"
import { shownOf } from "../migrations/handlers.ts"
import { type Operation, operation } from "../Operations.ts"
import { body } from "../Requests.ts"
import { nothing } from "../types.ts"
import { asked, findServer, type Handling, type Needs } from "./asking.ts"
import { none } from "./queries.ts"

const rule = (name: string) => `os_compute_api:servers:migrations:${name}`
const hosts = rule("index:host")

const index = (call: Call, server: Instance): Handling =>
  Effect.map(shownOf([server], call.allows(hosts, server)), (all) => ({
    body: { migrations: all.filter(({ migration }) => isInProgress(migration)).map((one) => renderOfServer(call, "show", one)) }
  }))

const wanted = (call: Call) => call.params["migrationId"]!
/** What is no number is nobody's. */
const numberOf = (call: Call): number => /^[0-9]{1,15}$/.test(wanted(call)) ? Number(wanted(call)) : -1
const absent = (message: string): Refusal => refuse("notFound", message, "MigrationNotFoundForInstance")

const show = Effect.fnUntraced(function*(call: Call, server: Instance) {
  const number = wanted(call)
  const found = (yield* shownOf([server], true)).find(({ migration }) => migration.number === numberOf(call))
  if (found === undefined) return yield* absent(`In-progress live migration ${number} is not found for server ${server.id}.`)
  if (found.migration.type !== "live-migration") return yield* absent(`Migration ${number} for server ${server.id} is not live-migration.`)
  if (!isInProgress(found.migration)) return yield* absent(`Live migration ${number} for server ${server.id} is not in progress.`)
  return { body: { migration: renderOfServer(call, "show", found) } }
})

const abort = (call: Call, server: Instance): Handling =>
  Effect.flatMap(Servers, (servers) =>
    Effect.as(servers.abortMigration(asked(call), server.id, numberOf(call), call.within(behaviours.abortsWaiting)), {}))

/** Here, a migration that is not there is a fault of the request. */
const asFault = (refusal: Refusal): Refusal =>
  refusal.code === "MigrationNotFoundForInstance" ? refuse("badRequest", refusal.message, refusal.code) : refusal
const force = (call: Call, server: Instance): Handling =>
  Effect.flatMap(Servers, (servers) =>
    Effect.as(Effect.mapError(servers.forceCompleteMigration(asked(call), server.id, numberOf(call)), asFault), {}))

const row = operation<Needs, Instance>
const all = { path: "/servers/:id/migrations", since: 23, find: findServer } as const
const one = { path: "/servers/:id/migrations/:migrationId", find: findServer } as const

export const migrationRoutes: ReadonlyArray<Operation<Needs>> = [
  row({ ...all, method: "GET", status: 200, query: none, policy: rule("index"), handle: index }),
  row({ ...one, since: 23, method: "GET", status: 200, query: none, policy: rule("show"), handle: show }),
  row({ ...one, since: 24, method: "DELETE", status: 202, policy: rule("delete"), handle: abort }),
  row({
    method: "POST", path: "/servers/:id/migrations/:migrationId/action", action: "force_complete", since: 22, status: 202,
    body: body("force_complete", nothing), policy: rule("force_complete"), find: findServer, handle: force
  })
]
