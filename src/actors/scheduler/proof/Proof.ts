/** Why a request was placed where it was, or nowhere: plain JSON of about a kilobyte, kept with the server. */
import { Schema } from "effect"

const Count = Schema.Int

/** What was asked. Sizes as the names say. */
const ProofRequest = Schema.Struct({
  requestId: Schema.String,
  /** Of this build; from 1. */
  attempt: Schema.Int,
  vcpus: Schema.Number,
  ramMb: Schema.Number,
  diskGb: Schema.Number,
  zone: Schema.NullOr(Schema.String),
  /** The host it had to be. */
  host: Schema.NullOr(Schema.String),
  isForced: Schema.Boolean,
  groupPolicy: Schema.NullOr(Schema.String),
  /** `2 NUMA nodes, 4 pinned CPUs, pages of 2048 KiB`; `null`: anywhere on the host. */
  numa: Schema.NullOr(Schema.String),
  /** `gpu: 2, direct port on net1: 1`, of PCI devices; absent: none. */
  devices: Schema.optionalKey(Schema.String),
  excludedHosts: Schema.Array(Schema.String)
})
export type ProofRequest = typeof ProofRequest.Type

/** `value` is brought to 0..1 over the admitted hosts, and weighted with the multiplier. Six decimals. */
const Score = Schema.Struct({
  weigher: Schema.String,
  value: Schema.Number,
  normalised: Schema.Number,
  weighted: Schema.Number
})

/** `scores`: of every weigher that adds something; they sum up to `score`. */
const Placed = Schema.TaggedStruct("Placed", {
  host: Schema.String,
  admitted: Count,
  score: Schema.Number,
  scores: Schema.Array(Score),
  /** The next best, the best first. */
  runnersUp: Schema.Array(Schema.Struct({ host: Schema.String, score: Schema.Number }))
})
export type Placed = typeof Placed.Type

/** The least that would have to be otherwise, and how many `hosts` would admit the request then. */
const Relaxation = Schema.Union([
  /** So much less asked for, or so much more free. */
  Schema.TaggedStruct("Shortage", { resource: Schema.String, short: Schema.Number, zone: Schema.String, hosts: Count }),
  Schema.TaggedStruct("Zone", { zone: Schema.String, hosts: Count }),
  Schema.TaggedStruct("PageSize", { pageSizeKb: Schema.Int, hosts: Count }),
  Schema.TaggedStruct("Unpinned", { hosts: Count }),
  Schema.TaggedStruct("Group", { hosts: Count }),
  Schema.TaggedStruct("Move", { server: Schema.String, host: Schema.String, hosts: Count })
])
export type Relaxation = typeof Relaxation.Type

/** Hosts that one filter refused: for one reason, or for want of one resource (then the reason is that of the nearest). */
const RefusedGroup = Schema.Struct({
  filter: Schema.String,
  reason: Schema.String,
  count: Count,
  /** Some of them. */
  hosts: Schema.Array(Schema.String),
  /** `available` on the nearest of them. */
  short: Schema.optionalKey(Schema.Struct({ resource: Schema.String, needed: Schema.Number, available: Schema.Number }))
})
export type RefusedGroup = typeof RefusedGroup.Type

const Refused = Schema.TaggedStruct("Refused", {
  hosts: Count,
  /** The greatest; `moreHosts` are in no group that is listed. */
  groups: Schema.Array(RefusedGroup),
  moreHosts: Count,
  relaxations: Schema.Array(Relaxation)
})
export type Refused = typeof Refused.Type

export const Proof = Schema.Struct({
  /** ISO 8601, UTC. */
  at: Schema.String,
  request: ProofRequest,
  outcome: Schema.Union([Placed, Refused])
})
export type Proof = typeof Proof.Type
