import { Context } from "effect"
import type { Effect } from "effect"
import type { NetworkRequest } from "../network/Nic.ts"
import type { Caller } from "../shared/Caller.ts"
import type { Json } from "../shared/json.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { Instance } from "./Instance.ts"
import type { Action, Patch } from "./InstanceCommand.ts"
import type { ChangeKind } from "./lifecycle.ts"
import type { VmState } from "./states.ts"

/** A create request in its newest shape, whatever microversion or face it came by. */
export interface CreateServer {
  readonly name: string
  readonly flavorId: string
  readonly imageId: string | null
  readonly networks: ReadonlyArray<NetworkRequest> | "auto" | "none"
  readonly securityGroups: ReadonlyArray<string>
  readonly minCount: number
  readonly maxCount: number
  readonly description: string | null
  /** Absent: made from the name. */
  readonly hostname: string | null
  readonly keyName: string | null
  readonly metadata: { readonly [key: string]: string }
  readonly tags: ReadonlyArray<string>
  readonly userData: string | null
  readonly configDrive: boolean
  /** `null`: what the image says. */
  readonly diskConfig: "AUTO" | "MANUAL" | null
  /** Kept and shown. Nothing verifies signatures, as with Nova's own default. */
  readonly trustedCertificates?: ReadonlyArray<string> | null
  readonly accessIpV4: string | null
  readonly accessIpV6: string | null
  readonly availabilityZone: string | null
  /** A host by name: `isForced` for the `zone:host` form, which skips the filters. */
  readonly host: string | null
  readonly isForced: boolean
  readonly hints: { readonly [hint: string]: Json }
}

/** Where a server is to move, and how. */
export interface LiveMigrate {
  /** `null`: the scheduler picks it. */
  readonly host: string | null
  /** The host is taken without asking the filters. */
  readonly isForced: boolean
  /** `null`: where the hosts share none. */
  readonly copiesDisks: boolean | null
  /** Answers once it is known whether the move can begin, and refuses where it cannot. */
  readonly isChecked: boolean
}

/** To another host while it is off, or to another flavor, which takes it to another host; it is confirmed or reverted there. */
export interface ColdMove {
  readonly host: string | null
  /** `null`: it keeps its own. */
  readonly flavorId: string | null
}

/** The way of a request to the actors: identity, lookups and quota are checked here, the server's own rules by the server. */
export interface Asked {
  readonly caller: Caller
  readonly requestId: string
}

/**
 * What the faces may ask of servers. Every write is durable when it returns; the work it starts goes on after that.
 * A server of another project is `notFound`, unless an administrator asks.
 */
export class Servers extends Context.Service<Servers, {
  /** The new servers, still building, in launch order. */
  readonly create: (asked: Asked, request: CreateServer) => Effect.Effect<ReadonlyArray<Instance>, Refusal>
  readonly get: (asked: Asked, id: string) => Effect.Effect<Instance, Refusal>
  readonly perform: (asked: Asked, id: string, action: typeof Action.Type) => Effect.Effect<Instance, Refusal>
  /** The server while it is on its way; it says by itself when it is there. */
  readonly liveMigrate: (asked: Asked, id: string, move: LiveMigrate) => Effect.Effect<Instance, Refusal>
  readonly coldMigrate: (asked: Asked, id: string, move: ColdMove) => Effect.Effect<Instance, Refusal>
  /** Of the move under way with this number; `mayWait`: also of one that has not begun to run. */
  readonly abortMigration: (asked: Asked, id: string, number: number, mayWait: boolean) => Effect.Effect<Instance, Refusal>
  readonly forceCompleteMigration: (asked: Asked, id: string, number: number) => Effect.Effect<Instance, Refusal>
  readonly change: (asked: Asked, id: string, kind: ChangeKind, patch: Patch) => Effect.Effect<Instance, Refusal>
  readonly lock: (asked: Asked, id: string, reason: string | null) => Effect.Effect<Instance, Refusal>
  /** `mayOverride`: the caller may undo an administrator's lock. */
  readonly unlock: (asked: Asked, id: string, mayOverride: boolean) => Effect.Effect<Instance, Refusal>
  readonly resetState: (asked: Asked, id: string, vmState: VmState) => Effect.Effect<Instance, Refusal>
  readonly consoleLog: (asked: Asked, id: string) => Effect.Effect<string, Refusal>
}>()("kilonova/actors/instance/Servers") {}
