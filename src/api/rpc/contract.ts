/** The typed face of Kilonova: what programs ask of it over Effect RPC, and what they learn. Newest shapes only. */
import { Context, Schema } from "effect"
import { Rpc, RpcGroup, RpcMiddleware } from "effect/rpc"
import { FlavorSnapshot, InstanceFault } from "../../actors/instance/Instance.ts"
import { TaskState, VmState } from "../../actors/instance/states.ts"
import { NetworkRequest } from "../../actors/network/Nic.ts"
import { Proof } from "../../actors/scheduler/proof/Proof.ts"
import { Drain, DrainStep, Premise } from "../../actors/scheduler/whatIf/DrainPlan.ts"
import { WhatIfAnswer } from "../../actors/scheduler/whatIf/WhatIf.ts"
import type { Caller } from "../../actors/shared/Caller.ts"
import { Refusal } from "../../actors/shared/Refusal.ts"
import { Limits } from "../../runtime/Limits.ts"

/** Who made the call; given by `Authenticated`. */
export class CurrentCaller extends Context.Service<CurrentCaller, Caller>()("kilonova/api/rpc/CurrentCaller") {}

/** Every call carries a token of the identity service, in the header `x-auth-token`. */
export class Authenticated extends RpcMiddleware.Service<Authenticated, { provides: CurrentCaller }>()(
  "kilonova/api/rpc/Authenticated",
  { error: Refusal, requiredForClient: true }
) {}

const Strings = Schema.Record(Schema.String, Schema.String)

/** A server as programs see it. Times ISO 8601 in UTC. */
export const Server = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  projectId: Schema.String,
  userId: Schema.String,
  /** The API's derived word: `ACTIVE`, `BUILD`, `ERROR`… */
  status: Schema.String,
  vmState: VmState,
  taskState: Schema.NullOr(TaskState),
  powerState: Schema.Int,
  fault: Schema.NullOr(InstanceFault),
  /** For administrators; `null` for others and before there is one. */
  host: Schema.NullOr(Schema.String),
  availabilityZone: Schema.NullOr(Schema.String),
  flavor: FlavorSnapshot,
  imageId: Schema.NullOr(Schema.String),
  addresses: Schema.Array(Schema.Struct({ network: Schema.String, address: Schema.String, macAddress: Schema.String })),
  metadata: Strings,
  tags: Schema.Array(Schema.String),
  createdAt: Schema.String,
  updatedAt: Schema.String
})
export type Server = typeof Server.Type

/** What to make; everything but a name and a flavor has a default. */
export const NewServer = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(255)),
  flavorId: Schema.String,
  imageId: Schema.optionalKey(Schema.NullOr(Schema.String)),
  networks: Schema.optionalKey(Schema.Union([Schema.Literals(["auto", "none"]), Schema.Array(NetworkRequest)])),
  securityGroups: Schema.optionalKey(Schema.Array(Schema.String)),
  keyName: Schema.optionalKey(Schema.NullOr(Schema.String)),
  metadata: Schema.optionalKey(Strings),
  tags: Schema.optionalKey(Schema.Array(Schema.String)),
  availabilityZone: Schema.optionalKey(Schema.NullOr(Schema.String)),
  description: Schema.optionalKey(Schema.NullOr(Schema.String)),
  userData: Schema.optionalKey(Schema.NullOr(Schema.String))
})
export type NewServer = typeof NewServer.Type

export const ServerAction = Schema.Literals([
  "start", "stop", "pause", "unpause", "suspend", "resume", "reboot", "rebootHard", "delete"
])

/** Something happened to a server. Ask again with `after: position` to go on where a stream ended; none is left out. */
export const ServerEvent = Schema.Struct({
  position: Schema.Int,
  serverId: Schema.String,
  projectId: Schema.String,
  /** Past-tense facts: `Created`, `ActionAccepted`, `Placed`, `TaskCompleted`… */
  facts: Schema.Array(Schema.String),
  status: Schema.String,
  taskState: Schema.NullOr(TaskState)
})
export type ServerEvent = typeof ServerEvent.Type

/** Why the scheduler put a server where it is, or nowhere. */
export const Explanation = Schema.Struct({ serverId: Schema.String, projectId: Schema.String, proof: Proof, text: Schema.String })
export type Explanation = typeof Explanation.Type

const imagined = { flavorId: Schema.String, imageId: Schema.NullOr(Schema.String), zone: Schema.NullOr(Schema.String) }

/** A dry run: servers more, a server on another host or with another flavor, or a host without its servers. */
export const WhatIf = Schema.Union([
  Schema.TaggedStruct("Boot", imagined),
  Schema.TaggedStruct("BootSeveral", {
    ...imagined,
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Limits.serversPerRequestMax })),
    groupPolicy: Schema.NullOr(Schema.Literals(["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]))
  }),
  Schema.TaggedStruct("Migrate", { server: Schema.String, host: Schema.NullOr(Schema.String) }),
  Schema.TaggedStruct("Resize", { server: Schema.String, flavorId: Schema.String, mayStay: Schema.optionalKey(Schema.Boolean) }),
  /** A decision once more: the server's last, or its last for this request. */
  Schema.TaggedStruct("Replay", { server: Schema.String, request: Schema.NullOr(Schema.String) }),
  /** `premises`: of an earlier plan; those that hold no more are told. */
  Schema.TaggedStruct("Drain", { host: Schema.String, premises: Schema.Array(Premise) })
])
export type WhatIf = typeof WhatIf.Type

const id = { id: Schema.String }

export class KilonovaRpcs extends RpcGroup.make(
  Rpc.make("CreateServer", { payload: NewServer, success: Server, error: Refusal }),
  Rpc.make("GetServer", { payload: id, success: Server, error: Refusal }),
  Rpc.make("ListServers", {
    payload: {
      /** At most this many, newest first; the server's own limit when absent. */
      limit: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
      /** The last id of the page before. */
      marker: Schema.optionalKey(Schema.String),
      allProjects: Schema.optionalKey(Schema.Boolean)
    },
    success: Schema.Array(Server),
    error: Refusal
  }),
  Rpc.make("ActOnServer", { payload: { ...id, action: ServerAction }, success: Server, error: Refusal }),
  /** To another host while it runs; without a host the scheduler picks one. For administrators. */
  Rpc.make("LiveMigrateServer", { payload: { ...id, host: Schema.optionalKey(Schema.NullOr(Schema.String)) }, success: Server, error: Refusal }),
  Rpc.make("ConsoleLog", { payload: id, success: Schema.String, error: Refusal }),
  /** `id`: of a server, or of the request that made servers. For administrators. */
  Rpc.make("ExplainPlacement", { payload: id, success: Schema.Array(Explanation), error: Refusal }),
  /** Nothing is held or written for it. For administrators. */
  Rpc.make("WhatIf", { payload: { question: WhatIf }, success: WhatIfAnswer, error: Refusal }),
  /** Begins the moves of a plan that are next, or says what is not as it took it to be; the host is disabled. For administrators. */
  Rpc.make("AdvanceDrain", { payload: { drain: Drain }, success: DrainStep, error: Refusal }),
  Rpc.make("Events", {
    /** `null`: from now on. */
    payload: { after: Schema.NullOr(Schema.Int) },
    success: ServerEvent,
    error: Refusal,
    stream: true
  })
).middleware(Authenticated) {}
