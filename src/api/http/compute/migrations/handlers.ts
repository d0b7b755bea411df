import { Effect, Result } from "effect"
import { hosts } from "../../../../actors/host/Host.ts"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import { migrationsOf } from "../../../../actors/instance/moveStates.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import { InstanceIndex } from "../../../../runtime/kernel/InstanceIndex.ts"
import { Records } from "../../../../runtime/kernel/Records.ts"
import type { Call } from "../Call.ts"
import { nextLinks, pageOf } from "../paging.ts"
import { notAllowed } from "../Policy.ts"
import { parseTime } from "../servers/time.ts"
import { behaviours } from "./behaviours.ts"
import { render, type ShownMigration } from "./fields.ts"

const everybody = "os_compute_api:os-migrations:index:all_projects"

/** All moves of these servers, as the caller may see them. */
export const shownOf = (servers: Iterable<Instance>, showsHosts: boolean): Effect.Effect<Array<ShownMigration>, never, Records> =>
  Effect.map(Records, (records) => {
    const shown: Array<ShownMigration> = []
    for (const server of servers) {
      for (const migration of migrationsOf(server)) {
        const to = migration.destination
        shown.push({ server, migration, showsHosts, address: to === null ? null : records.get(hosts, to.host)?.hostIp ?? null })
      }
    }
    return shown
  })

type Test = (wanted: string) => (shown: ShownMigration) => boolean
const tests: { readonly [filter: string]: Test } = {
  status: (wanted) => ({ migration }) => migration.status === wanted,
  migration_type: (wanted) => ({ migration }) => migration.type === wanted,
  instance_uuid: (wanted) => ({ server }) => server.id === wanted,
  source_compute: (wanted) => ({ migration }) => migration.source.host === wanted,
  host: (wanted) => ({ migration }) => migration.source.host === wanted || migration.destination?.host === wanted,
  user_id: (wanted) => ({ migration }) => migration.userId === wanted,
  project_id: (wanted) => ({ migration }) => migration.projectId === wanted,
  // Nothing here is ever hidden.
  hidden: (wanted) => () => !/^(1|t|true|y|yes|on)$/i.test(wanted),
  "changes-since": (wanted) => ({ migration }) => migration.updatedAt !== null && migration.updatedAt >= parseTime(wanted)!,
  "changes-before": (wanted) => ({ migration }) => migration.updatedAt !== null && migration.updatedAt <= parseTime(wanted)!
}

/** Of a filter that is given twice the last one counts. */
const wantedOf = (call: Call) => Object.entries(tests).flatMap(([filter, test]) => {
  const wanted = call.query.getAll(filter).at(-1)
  return wanted === undefined ? [] : [test(wanted)]
})

/** Who does not name the own project asks for everybody's. */
export const index = Effect.fnUntraced(function*(call: Call) {
  const isOwn = call.query.get("project_id") === call.caller.projectId
  if (!isOwn && !call.allows(everybody)) return yield* notAllowed(everybody)
  const [since, before] = ["changes-since", "changes-before"].map((key) => parseTime(call.query.get(key) ?? ""))
  if (since && before && before < since) {
    return yield* refuse("badRequest", "The value of changes-since must be less than or equal to changes-before.")
  }
  const servers = yield* InstanceIndex
  const isPaged = call.within(behaviours.pages)
  const wanted = wantedOf(call)
  const found = (yield* shownOf(servers.ofProject(null), call.allows("os_compute_api:os-migrations:index:host")))
    .filter((shown) => wanted.every((test) => test(shown)))
    .sort((a, b) => isPaged ? b.migration.number - a.migration.number : a.migration.number - b.migration.number)
  if (!isPaged) return { body: { migrations: found.map((shown) => render(call, "index", shown)) } }
  const { items, next } = yield* Effect.fromResult(Result.mapError(
    pageOf(call, found, ({ migration }) => migration.id),
    () => refuse("badRequest", `Marker ${call.query.get("marker")} could not be found.`, "MarkerNotFound")
  ))
  return { body: { migrations: items.map((shown) => render(call, "index", shown)), ...nextLinks(call, "migrations_links", next) } }
})
