/** By which moves a host is emptied, what that rests on, and how far it is. Plain JSON. */
import { Schema } from "effect"
import { Limits } from "../../../runtime/Limits.ts"

/** What a plan took for granted of a host. Sizes as the names say. */
export const Premise = Schema.Struct({
  host: Schema.String,
  isUp: Schema.Boolean,
  isDisabled: Schema.Boolean,
  instances: Schema.Int,
  vcpusUsed: Schema.Number,
  ramUsedMb: Schema.Number,
  diskUsedGb: Schema.Number
})
export type Premise = typeof Premise.Type

const DrainMove = Schema.Struct({ server: Schema.String, to: Schema.String })
export type DrainMove = typeof DrainMove.Type

/** `moves` in the order in which they fit. `changed`: sentences, of the premises that hold no more. */
export const DrainPlan = Schema.Struct({
  /** Of which moment it is: ISO 8601, UTC; absent: an older scheduler said so. */
  at: Schema.optionalKey(Schema.String),
  host: Schema.String,
  moves: Schema.Array(DrainMove),
  stuck: Schema.Array(Schema.Struct({ server: Schema.String, why: Schema.String })),
  premises: Schema.Array(Premise),
  changed: Schema.Array(Schema.String)
})
export type DrainPlan = typeof DrainPlan.Type

/** As it was planned; `at`: when, which tells its moves from earlier ones. */
export const Drain = Schema.Struct({
  at: Schema.String,
  host: Schema.String,
  moves: Schema.Array(DrainMove),
  premises: Schema.Array(Premise),
  /** Moves at a time. */
  atOnce: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Limits.drainMovesMax }))
})
export type Drain = typeof Drain.Type

/** How far it is. `begin`: of those that wait, to be begun now. `against`: sentences, of what is not as the plan took it to be; then none begins. */
export const DrainStep = Schema.Struct({
  done: Schema.Array(Schema.String),
  underWay: Schema.Array(DrainMove),
  waiting: Schema.Array(DrainMove),
  begin: Schema.Array(DrainMove),
  /** Servers under way that are there and wait for the word that they stay; absent: none. */
  confirm: Schema.optionalKey(Schema.Array(Schema.String)),
  against: Schema.Array(Schema.String)
})
export type DrainStep = typeof DrainStep.Type
