import { Limits } from "../../runtime/Limits.ts"
import type { Instance } from "./Instance.ts"
import type { InstanceEvent } from "./InstanceEvent.ts"
import type { Migration, MigrationStatus } from "./Migration.ts"
import { withPlace } from "./places.ts"

/** The move under way, changed. */
export const withMigration = ({ migration }: Instance, changes: Partial<Migration>, at: string): Pick<Instance, "migration"> =>
  migration == null ? {} : { migration: { ...migration, ...changes, updatedAt: at } }

/** Nothing undecided is left of an earlier try. */
const fresh = ({ ending: _ending, target: _target, ...migration }: Migration): Migration => migration

export const advanced = (instance: Instance, event: Extract<InstanceEvent, { _tag: "MoveAdvanced" }>): Pick<Instance, "migration"> => {
  const { at, destination, ending, status, target } = event
  if (instance.migration == null) return {}
  return destination === null
    ? { migration: { ...fresh(instance.migration), status, destination, updatedAt: at } }
    : withMigration(instance, { status, ...(target === undefined ? {} : { target }), ...(ending === undefined ? {} : { ending }) }, at)
}

/** Host, zone and all that it has there change in one go. */
export const movedTo = (instance: Instance, at: string): Partial<Instance> => {
  const { migration } = instance
  const to = migration?.destination
  if (migration == null || to == null) return {}
  const { ending: _, ...rest } = migration
  return {
    host: to.host,
    availabilityZone: to.availabilityZone,
    flavor: to.flavor ?? instance.flavor,
    ...withPlace(instance, to),
    migration: { ...rest, status: "post-migrating", updatedAt: at }
  }
}

/** The move is over; what it was is kept. */
export const closed = ({ migration, migrations }: Instance, status: MigrationStatus, at: string): Pick<Instance, "migration" | "migrations"> =>
  migration == null
    ? {}
    : { migration: null, migrations: [...migrations ?? [], { ...fresh(migration), status, updatedAt: at }].slice(-Limits.migrationsKeptMax) }

/** The oldest first; the last may be under way. */
export const migrationsOf = ({ migration, migrations = [] }: Instance): ReadonlyArray<Migration> =>
  migration == null ? migrations : [...migrations, migration]
