import { Schema } from "effect"
import { ClaimedDevice } from "../placement/devices/Device.ts"
import { Allocations } from "./Allocations.ts"
import { NumaFit } from "./numaFit.ts"
import { FlavorSnapshot } from "./FlavorSnapshot.ts"

/** Where a server was, or is to be, and what it holds there. */
export const Place = Schema.Struct({
  host: Schema.String,
  availabilityZone: Schema.NullOr(Schema.String),
  numa: Schema.optionalKey(Schema.NullOr(NumaFit)),
  devices: Schema.optionalKey(Schema.NullOr(Schema.Array(ClaimedDevice))),
  /** Of providers beside the host's own. */
  allocations: Schema.optionalKey(Allocations),
  /** What it is there; absent: what it is anyway. */
  flavor: Schema.optionalKey(FlavorSnapshot)
})
export type Place = typeof Place.Type

export const MigrationType = Schema.Literals(["live-migration", "migration", "resize"])

export const MigrationStatus = Schema.Literals([
  "accepted", "preparing", "running", "post-migrating", "pre-migrating", "migrating", "finished", "confirming", "reverting",
  "completed", "confirmed", "reverted", "cancelled", "failed", "error"
])
export type MigrationStatus = typeof MigrationStatus.Type

/** A move of a server from one host to another, as the API shows it and as its steps need it. Times ISO 8601 in UTC. */
export const Migration = Schema.Struct({
  id: Schema.String,
  /** The API's own id: unique in the cloud. */
  number: Schema.Int,
  type: MigrationType,
  status: MigrationStatus,
  source: Place,
  /** `null`: the scheduler has not picked it yet. */
  destination: Schema.NullOr(Place),
  wish: Schema.Struct({
    host: Schema.NullOr(Schema.String),
    /** The filters are skipped. */
    isForced: Schema.Boolean,
    /** The disks are copied; `null`: where the hosts share none. */
    copiesDisks: Schema.NullOr(Schema.Boolean),
    /** Of a resize. */
    flavor: Schema.optionalKey(FlavorSnapshot)
  }),
  /** Where the source sends it, in the destination's own words. */
  target: Schema.optionalKey(Schema.String),
  /** It will not come to a good end: how it ends once what it took is given back. */
  ending: Schema.optionalKey(Schema.Struct({
    status: MigrationStatus,
    message: Schema.String,
    details: Schema.NullOr(Schema.String),
    code: Schema.Int,
    /** The source has it for certain. */
    isAtSource: Schema.Boolean,
    /** A destination is looked for again: any, or another one. */
    retries: Schema.optionalKey(Schema.Literals(["anywhere", "elsewhere"]))
  })),
  requestId: Schema.String,
  userId: Schema.String,
  projectId: Schema.String,
  createdAt: Schema.String,
  updatedAt: Schema.NullOr(Schema.String)
})
export type Migration = typeof Migration.Type
