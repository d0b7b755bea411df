import { Effect } from "effect"
import type { Instance } from "../../../../actors/instance/Instance.ts"
import { type ColdMove, Servers } from "../../../../actors/instance/ServersProtocol.ts"
import { refuse } from "../../../../actors/shared/Refusal.ts"
import type { Call } from "../Call.ts"
import { behaviours } from "../migrations/behaviours.ts"
import { byVersion, object, param } from "../Requests.ts"
import { anything, boolean, hostname, nullable, oneOfTexts } from "../types.ts"
import { asked, type Handling, permit } from "./asking.ts"

const auto = { ...boolean, enum: [...boolean["enum"] as ReadonlyArray<unknown>, "auto"] }

export const liveMigration = object([
  param("host", nullable(hostname), { required: true }),
  param("block_migration", byVersion({ until: 24, is: boolean }, { is: auto }), { required: true }),
  param("disk_over_commit", boolean, { until: 24, required: true }),
  param("force", boolean, { since: 30, until: 67 })
])

interface Body {
  readonly host: string | null
  readonly block_migration: boolean | "auto"
  readonly force?: boolean
}

export const migratingLive = (call: Call, server: Instance, { block_migration, force = false, host }: Body): Handling =>
  Effect.gen(function*() {
    yield* permit(call, "os_compute_api:os-migrate-server:migrate_live:host", host !== null)
    if (force && host === null) return yield* refuse("badRequest", "Can't force to a non-provided destination")
    const servers = yield* Servers
    yield* servers.liveMigrate(asked(call), server.id, {
      host,
      isForced: host !== null && (force || !call.within(behaviours.checksHost)),
      copiesDisks: block_migration === "auto" ? null : block_migration,
      isChecked: !call.within(behaviours.answersAtOnce)
    })
    return {}
  })

/** Before, whatever the body holds means nothing. */
export const migration = byVersion(
  { until: 55, is: anything },
  { is: object([param("host", nullable(hostname))], { keywords: { type: ["object", "null"] } }) }
)

const moveCold = (call: Call, server: Instance, move: ColdMove): Handling =>
  Effect.flatMap(Servers, (servers) => Effect.as(servers.coldMigrate(asked(call), server.id, move), {}))

export const migrating = (call: Call, server: Instance, argument: { readonly host?: string | null } | null): Handling => {
  const host = call.within(behaviours.namesHost) ? argument?.host ?? null : null
  return Effect.andThen(permit(call, "os_compute_api:os-migrate-server:migrate:host", host !== null), moveCold(call, server, { host, flavorId: null }))
}

export const resize = object([
  param("flavorRef", { type: ["string", "integer"], minLength: 1 }, { required: true }),
  param("OS-DCF:diskConfig", oneOfTexts("AUTO", "MANUAL"))
])

export const resizing = (call: Call, server: Instance, { flavorRef }: { readonly flavorRef: string | number }): Handling =>
  moveCold(call, server, { host: null, flavorId: String(flavorRef) })
