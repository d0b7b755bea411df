import { Schema } from "effect"
import { Nic } from "../network/Nic.ts"
import { ClaimedDevice } from "../placement/devices/Device.ts"
import { Proof } from "../scheduler/proof/Proof.ts"
import { Fence } from "../shared/Promise.ts"
import { Allocations, FlavorSnapshot, Instance } from "./Instance.ts"
import { MigrationType } from "./Migration.ts"
import { NumaFit } from "./numaFit.ts"
import { VmState } from "./states.ts"

/** Who asked for an action, and when; `requestId` makes a repeated request the same request. */
export const Request = Schema.Struct({
  requestId: Schema.String,
  userId: Schema.String,
  projectId: Schema.String,
  isAdmin: Schema.Boolean,
  atMillis: Schema.Number,
  /** The task it starts must end by then. */
  deadlineMillis: Schema.Number
})
export type Request = typeof Request.Type

export const Action = Schema.Literals([
  "start", "stop", "pause", "unpause", "suspend", "resume", "reboot", "rebootHard", "delete",
  "liveMigrate", "migrate", "resize", "confirmResize", "revertResize"
])

/** Where a move is to go, and its names: `number` is the API's own id of it. */
export const MoveRequest = Schema.Struct({
  id: Schema.String,
  number: Schema.Int,
  host: Schema.NullOr(Schema.String),
  isForced: Schema.Boolean,
  copiesDisks: Schema.NullOr(Schema.Boolean),
  /** Absent: a live migration. */
  type: Schema.optionalKey(MigrationType),
  /** What it is to be there, if something else. */
  flavor: Schema.optionalKey(FlavorSnapshot)
})
export type MoveRequest = typeof MoveRequest.Type

/** Fields a client may change at once; an absent one stays. */
export const Patch = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  hostname: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.NullOr(Schema.String)),
  accessIpV4: Schema.optionalKey(Schema.NullOr(Schema.String)),
  accessIpV6: Schema.optionalKey(Schema.NullOr(Schema.String)),
  diskConfig: Schema.optionalKey(Schema.Literals(["AUTO", "MANUAL"])),
  /** The zone the server must stay in whenever it moves; `null`: any. */
  pinnedZone: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** Keys to set; the others stay. */
  metadataSet: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  metadataRemove: Schema.optionalKey(Schema.Array(Schema.String)),
  metadataReplace: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  tagsAdd: Schema.optionalKey(Schema.Array(Schema.String)),
  tagsRemove: Schema.optionalKey(Schema.Array(Schema.String)),
  tagsReplace: Schema.optionalKey(Schema.Array(Schema.String))
})
export type Patch = typeof Patch.Type

/** What a step of the task in flight came to. */
export const Outcome = Schema.Union([
  Schema.TaggedStruct("Placed", {
    host: Schema.String,
    availabilityZone: Schema.String,
    nics: Schema.Array(Nic),
    numa: Schema.optionalKey(Schema.NullOr(NumaFit)),
    devices: Schema.optionalKey(Schema.Array(ClaimedDevice)),
    allocations: Schema.optionalKey(Allocations),
    placement: Schema.optionalKey(Proof)
  }),
  Schema.TaggedStruct("Done", {
    /** Of a destination that is ready. */
    target: Schema.optionalKey(Schema.String),
    /** Of a host whose part in a move was undone: the guest is on it. */
    isHere: Schema.optionalKey(Schema.Boolean)
  }),
  Schema.TaggedStruct("Failed", {
    message: Schema.String,
    details: Schema.NullOr(Schema.String),
    code: Schema.Int,
    /** Another host, or another try, may succeed. */
    isRetryable: Schema.Boolean,
    /** The host itself may be picked again: only the place on it that the pick chose is taken. */
    mayStay: Schema.optionalKey(Schema.Boolean),
    /** Of a build that the scheduler refused. */
    placement: Schema.optionalKey(Proof)
  })
])
export type Outcome = typeof Outcome.Type

/** `promises`: what the command rests on, by those who gave their word; one that was replaced since makes it void. */
const promises = Schema.Array(Fence)

export const Command = Schema.Union([
  Schema.TaggedStruct("Create", { instance: Instance, request: Request, promises }),
  Schema.TaggedStruct("Perform", { action: Action, request: Request, move: Schema.optionalKey(MoveRequest), promises: Schema.optionalKey(promises) }),
  /** Of a move under way, by its number; `mayWait`: also of one that has not begun to run. */
  Schema.TaggedStruct("ControlMove", {
    control: Schema.Literals(["abort", "forceComplete"]), number: Schema.Int, mayWait: Schema.Boolean, request: Request
  }),
  Schema.TaggedStruct("Change", {
    kind: Schema.Literals(["metadata", "metadataDelete", "tags", "rename"]),
    patch: Patch,
    request: Request
  }),
  Schema.TaggedStruct("Lock", { reason: Schema.NullOr(Schema.String), request: Request }),
  Schema.TaggedStruct("Unlock", { mayOverride: Schema.Boolean, request: Request }),
  Schema.TaggedStruct("ResetState", { vmState: VmState, request: Request }),
  Schema.TaggedStruct("Advance", { generation: Schema.Int, outcome: Outcome, atMillis: Schema.Number, promises }),
  /** The task's deadline passed. */
  Schema.TaggedStruct("Expire", { generation: Schema.Int, atMillis: Schema.Number }),
  /** Whoever should do the pending step has not answered: ask again. */
  Schema.TaggedStruct("Resume", { atMillis: Schema.Number }),
  /** The hypervisor saw the guest's power change by itself. */
  Schema.TaggedStruct("ObservePower", { power: Schema.Int, atMillis: Schema.Number })
])
export type Command = typeof Command.Type
