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

/** Host, zone, flavor and all that it has there change in one go. */
export const movedTo = (instance: Instance, { at, ending, isBack, status }: Extract<InstanceEvent, { _tag: "Moved" }>): Partial<Instance> => {
  const { migration } = instance
  const to = isBack === true ? migration?.source : migration?.destination
  if (migration == null || to == null) return {}
  const { ending: _, ...rest } = migration
  return {
    host: to.host,
    availabilityZone: to.availabilityZone,
    flavor: to.flavor ?? instance.flavor,
    ...withPlace(instance, to),
    migration: { ...rest, status, ...(ending === undefined ? {} : { ending }), updatedAt: at }
  }
}

/** How a move ends with the task that ends it; `null`: it goes on being there, to be confirmed or reverted. */
const endings: { readonly [action: string]: MigrationStatus | null } = {
  liveMigrate: "completed", migrate: null, resize: null, confirmResize: "confirmed", revertResize: "reverted"
}

/** A task has ended well. A deletion ends a move that was waiting for a word as that word, any other as an error. */
export const closedBy = (instance: Instance, action: string, at: string): Pick<Instance, "migration" | "migrations"> => {
  const status = action in endings ? endings[action]! : instance.migration?.status === "finished" ? "confirmed" : "error"
  return status === null ? {} : closed(instance, status, at)
}

/** The move is over; what it was is kept. */
export const closed = ({ migration, migrations }: Instance, status: MigrationStatus, at: string): Pick<Instance, "migration" | "migrations"> =>
  migration == null
    ? {}
    : { migration: null, migrations: [...migrations ?? [], { ...fresh(migration), status, updatedAt: at }].slice(-Limits.migrationsKeptMax) }

/** The oldest first; the last may be under way. */
export const migrationsOf = ({ migration, migrations = [] }: Instance): ReadonlyArray<Migration> =>
  migration == null ? migrations : [...migrations, migration]

/** Nothing came of the word on it: it is to be said again. */
export const reopened = (instance: Instance, at: string): Pick<Instance, "migration"> => {
  const status = instance.migration?.status
  return status === "confirming" || status === "reverting" ? withMigration(instance, { status: "finished" }, at) : {}
}
