/**
 * What a runner and the agent of a hypervisor say to each other, over Effect RPC on a websocket that the agent dials.
 *
 * The agent asks for a nonce, and attaches its host with a proof that it holds the host's credential; the credential
 * itself never crosses the wire. From then on the runner speaks in the stream that answers `Attach`. One connection
 * is one host.
 */
import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { Limits } from "../../runtime/Limits.ts"
import { Abilities, Count, Domain, Event, Hardware, Name, Spec } from "./shapes.ts"

/** Of this protocol. Both sides accept a neighbour one older or newer, so that they can be upgraded one at a time. */
export const protocolVersion = 1

/** 32 random bytes, or a proof made with them. */
const Bytes32 = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{43}$/))
const CallId = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(64))

/** Where a guest is sent, in its destination's words. */
const Target = Schema.String.check(Schema.isMaxLength(4096))

/** A call of the driver port. */
export const DriverCall = Schema.TaggedUnion({
  inventory: {},
  list: {},
  consoleLog: { id: Name },
  spawn: { spec: Spec },
  powerOn: { spec: Spec },
  powerOff: { id: Name, graceMillis: Count },
  reboot: { spec: Spec, kind: Schema.Literals(["soft", "hard"]) },
  pause: { id: Name },
  unpause: { id: Name },
  suspend: { id: Name },
  resume: { spec: Spec },
  destroy: { id: Name },
  // Only agents that say they can are asked these.
  prepareMigration: { spec: Spec, copiesDisks: Schema.NullOr(Schema.Boolean) },
  performMigration: { spec: Spec, target: Target, copiesDisks: Schema.NullOr(Schema.Boolean) },
  finishMigration: { spec: Spec, power: Schema.Literals(["running", "paused"]) },
  confirmMigration: { id: Name, target: Target },
  abortMigration: { id: Name },
  forceMigration: { id: Name }
})
export type DriverCall = typeof DriverCall.Type

/** How a call ended. */
export const Answer = Schema.TaggedUnion({
  Done: {},
  Hardware: { inventory: Hardware },
  Domains: { domains: Schema.Array(Domain) },
  Text: { text: Schema.String },
  Ready: { target: Target },
  Aborted: { isHere: Schema.Boolean },
  Failed: { operation: Schema.String, message: Schema.String, isRetryable: Schema.Boolean }
})
export type Answer = typeof Answer.Type

/**
 * Why an attachment was refused, or is over. `credential`: wrong, revoked, or never made. `version`: the protocols are too
 * far apart. `busy`: another agent holds the host. `elsewhere`: another runner owns the host. `unowned`: nobody does yet.
 * `silent`: the agent did not answer. `handshake`: calls out of order.
 */
export const EndReason = Schema.Literals([
  "credential", "version", "busy", "elsewhere", "unowned", "silent", "handshake", "stopping"
])
export type EndReason = typeof EndReason.Type

const HighWater = Schema.Struct({ cloudId: Schema.String, timeline: Count, position: Count })

export const FromRunner = Schema.TaggedUnion({
  /** The host is driven by this runner, under this epoch. */
  Adopted: {
    epoch: Schema.Int,
    /** That the runner knows the host's credential too: an agent obeys nobody else. */
    proof: Bytes32,
    controlUrls: Schema.Array(Schema.String),
    pingMillis: Count,
    deadMillis: Count,
    highWater: Schema.NullOr(HighWater),
    /** Calls that somebody still waits for; all others are over. */
    calls: Schema.Array(CallId)
  },
  /** `epoch` is `null` for a question, which any runner that drives the host may ask. */
  Call: { id: CallId, epoch: Schema.NullOr(Schema.Int), call: DriverCall },
  /** Nobody waits for the call any more. */
  Cancel: { id: CallId },
  Ping: { number: Schema.Int },
  /** The last item. `controlUrl`: where to dial instead. */
  Ended: { reason: EndReason, message: Schema.String, controlUrl: Schema.NullOr(Schema.String) }
})
export type FromRunner = typeof FromRunner.Type
export type Call = Extract<FromRunner, { readonly _tag: "Call" }>
export type Ended = Extract<FromRunner, { readonly _tag: "Ended" }>

export const Claim = Schema.Struct({
  host: Name,
  /** Drawn by each agent process at its start. */
  agentId: Name,
  /** Of this protocol, and of the program. */
  protocol: Schema.Int,
  version: Schema.String.check(Schema.isMaxLength(64)),
  /** Drawn by the agent for this attachment: the runner's own proof is made over it. */
  challenge: Bytes32,
  proof: Bytes32,
  capabilities: Abilities
})
export type Claim = typeof Claim.Type

/** A call out of order, or for something that is not this host's to ask for. */
export class AgentRefusal extends Schema.TaggedError<AgentRefusal>()("AgentRefusal", { message: Schema.String }) {}

/** A piece of an image, or, after the last one, the SHA-256 of them all, in hexadecimal. */
export const ImagePart = Schema.TaggedUnion({ Bytes: { bytes: Schema.Uint8Array }, Whole: { sha256: Schema.String } })

export class AgentRpcs extends RpcGroup.make(
  /** A nonce for one `Attach` on this connection. */
  Rpc.make("Hello", { success: Schema.Struct({ nonce: Bytes32, protocol: Schema.Int }), error: AgentRefusal }),
  Rpc.make("Attach", { payload: Claim, success: FromRunner, stream: true }),
  Rpc.make("Answer", { payload: { id: CallId, answer: Answer }, error: AgentRefusal }),
  Rpc.make("Saw", {
    payload: { events: Schema.Array(Event).check(Schema.isMaxLength(Limits.agentEventsMax)) },
    error: AgentRefusal
  }),
  Rpc.make("Pong", { payload: { number: Schema.Int }, error: AgentRefusal }),
  /** The bytes of an image that a call in flight to this host names. */
  Rpc.make("ImageBytes", { payload: { imageId: Name }, success: ImagePart, error: AgentRefusal, stream: true })
) {}
