/** What would come of a request, asked without making it. Plain JSON. */
import { Schema } from "effect"
import { FlavorSnapshot } from "../../instance/Instance.ts"
import { Proof } from "../proof/Proof.ts"
import { Drain, DrainPlan, DrainStep, Premise } from "./DrainPlan.ts"

/** A server that is not there; `imageProperties` as a server keeps them. */
const imagined = {
  requestId: Schema.String,
  projectId: Schema.String,
  flavor: FlavorSnapshot,
  imageId: Schema.NullOr(Schema.String),
  imageProperties: Schema.Record(Schema.String, Schema.String),
  zone: Schema.NullOr(Schema.String)
}

export const WhatIfQuestion = Schema.Union([
  /** A server more of this flavor and image. */
  Schema.TaggedStruct("Boot", imagined),
  /** So many of them at once: all or none. `groupPolicy`: of a new group of theirs. */
  Schema.TaggedStruct("BootSeveral", { ...imagined, count: Schema.Int, groupPolicy: Schema.NullOr(Schema.String) }),
  /** The server on another host: on this one, or wherever the scheduler would pick. */
  Schema.TaggedStruct("Migrate", { requestId: Schema.String, server: Schema.String, host: Schema.NullOr(Schema.String) }),
  /** The server with another flavor, on another host than its own, or where `mayStay` also on its own. */
  Schema.TaggedStruct("Resize", {
    requestId: Schema.String, server: Schema.String, flavor: FlavorSnapshot, mayStay: Schema.optionalKey(Schema.Boolean)
  }),
  /** A decision on the server once more, as if it had no place: its last, or its last for this request. */
  Schema.TaggedStruct("Replay", { requestId: Schema.String, server: Schema.String, request: Schema.NullOr(Schema.String) }),
  /** All of the host's servers elsewhere. `premises`: of an earlier plan. */
  Schema.TaggedStruct("Drain", { host: Schema.String, premises: Schema.Array(Premise) }),
  /** How far a drain is that is being carried out. */
  Schema.TaggedStruct("DrainStep", { drain: Drain })
])
export type WhatIfQuestion = typeof WhatIfQuestion.Type

/** How many servers more fit in a zone, and on how many hosts of it. */
export const Capacity = Schema.Struct({ zone: Schema.String, hosts: Schema.Int, servers: Schema.Int })
export type Capacity = typeof Capacity.Type

export const WhatIfAnswer = Schema.Union([
  /** `isCounted`: all of it; else there is at least as much. */
  Schema.TaggedStruct("Boot", { proof: Proof, capacity: Schema.Array(Capacity), isCounted: Schema.Boolean }),
  /** `proof`: of the first of them, or why the one after `placed` of them found no place. `hosts`: of all, where all fit. */
  Schema.TaggedStruct("BootSeveral", {
    proof: Proof, count: Schema.Int, placed: Schema.Int,
    hosts: Schema.Array(Schema.Struct({ host: Schema.String, servers: Schema.Int }))
  }),
  Schema.TaggedStruct("Migrate", { proof: Proof }),
  Schema.TaggedStruct("Resize", { proof: Proof }),
  /** `changed`: sentences, of what the earlier proof tells and is otherwise now. */
  Schema.TaggedStruct("Replay", { server: Schema.String, before: Proof, proof: Proof, isSame: Schema.Boolean, changed: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("Drain", { plan: DrainPlan }),
  Schema.TaggedStruct("DrainStep", { step: DrainStep })
])
export type WhatIfAnswer = typeof WhatIfAnswer.Type
