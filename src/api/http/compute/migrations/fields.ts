import type { Instance } from "../../../../actors/instance/Instance.ts"
import type { Migration } from "../../../../actors/instance/Migration.ts"
import { isoMicros } from "../../../../actors/shared/time.ts"
import { type Call, linksOf } from "../Call.ts"
import { field, renderer } from "../Fields.ts"

export interface ShownMigration {
  readonly server: Instance
  readonly migration: Migration
  /** The destination's address. */
  readonly address: string | null
  /** The caller may know of hosts. */
  readonly showsHosts: boolean
}

/** Live ones that are under way can be asked for by themselves. */
const inProgress: ReadonlySet<string> = new Set(["preparing", "running", "post-migrating"])
export const isInProgress = ({ status, type }: Migration): boolean => type === "live-migration" && inProgress.has(status)

const source = ({ migration, showsHosts }: ShownMigration) => showsHosts ? migration.source.host : null
const destination = ({ migration, showsHosts }: ShownMigration) => showsHosts ? migration.destination?.host ?? null : null

/** The reference counts flavors; here they have names, some of which are numbers. */
const flavorNumber = (id: string): number | null => /^[0-9]{1,9}$/.test(id) ? Number(id) : null
const oldFlavor = ({ migration, server }: ShownMigration) => flavorNumber((migration.source.flavor ?? server.flavor).id)
const newFlavor = ({ migration, server }: ShownMigration) => flavorNumber((migration.destination?.flavor ?? server.flavor).id)

const hosts = [
  field<ShownMigration>("source_compute", source),
  field<ShownMigration>("source_node", source),
  field<ShownMigration>("dest_compute", destination),
  field<ShownMigration>("dest_node", destination),
  field<ShownMigration>("dest_host", ({ address, showsHosts }) => showsHosts ? address : null)
]
const common = [
  field<ShownMigration>("id", ({ migration }) => migration.number),
  field<ShownMigration>("status", ({ migration }) => migration.status),
  field<ShownMigration>("created_at", ({ migration }) => isoMicros(migration.createdAt)),
  field<ShownMigration>("uuid", ({ migration }) => migration.id, { since: 59 }),
  field<ShownMigration>("user_id", ({ migration }) => migration.userId, { since: 80 }),
  field<ShownMigration>("project_id", ({ migration }) => migration.projectId, { since: 80 })
]

/** Of the list of all. */
export const fields = [
  ...common,
  ...hosts,
  field<ShownMigration>("instance_uuid", ({ server }) => server.id),
  field<ShownMigration>("old_instance_type_id", oldFlavor),
  field<ShownMigration>("new_instance_type_id", newFlavor),
  field<ShownMigration>("updated_at", ({ migration }) => migration.updatedAt && isoMicros(migration.updatedAt)),
  field<ShownMigration>("migration_type", ({ migration }) => migration.type, { since: 23 }),
  field<ShownMigration>("links", ({ migration, server }, call: Call) =>
    isInProgress(migration) ? linksOf(call, `servers/${server.id}/migrations`, String(migration.number)) : undefined, { since: 23 })
]
export const render = renderer(fields)

const uncounted = ["memory", "disk"].flatMap((what) => ["total", "processed", "remaining"].map((part) => `${what}_${part}_bytes`))

/** Of one server's; how far they are, no driver says yet. */
const serverFields = [
  ...common,
  ...hosts,
  field<ShownMigration>("server_uuid", ({ server }) => server.id),
  field<ShownMigration>("updated_at", ({ migration }) => isoMicros(migration.updatedAt ?? migration.createdAt)),
  ...uncounted.map((key) => field<ShownMigration>(key, () => null))
]
export const renderOfServer = renderer(serverFields)
