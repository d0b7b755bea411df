import { Context } from "effect"
import type { Effect } from "effect"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type {
  NetworkDraft,
  NetworkPatch,
  PortDraft,
  PortPatch,
  SecurityGroupDraft,
  SecurityGroupPatch,
  SecurityGroupRuleDraft,
  SubnetDraft,
  SubnetPatch
} from "./drafts.ts"
import type { Network, Port, SecurityGroup, SecurityGroupRule, Subnet } from "./Network.ts"

export type NetworkView = Network & { readonly subnets: ReadonlyArray<string> }
export type SecurityGroupView = SecurityGroup & { readonly rules: ReadonlyArray<SecurityGroupRule> }

/** Narrows a list by an index before it is filtered; what it leaves may still hold others. */
export interface Narrowing {
  readonly id?: string | undefined
  readonly deviceId?: string | undefined
  readonly networkId?: string | undefined
  readonly projectId?: string | undefined
  readonly securityGroupId?: string | undefined
}

/** One kind of resource. `list` and `get` show only what the caller may see; of the rest they say `notFound`. */
export interface Collection<A, Draft, Patch> {
  readonly list: (caller: Caller, narrowing: Narrowing) => Effect.Effect<ReadonlyArray<A>, Refusal>
  readonly get: (caller: Caller, id: string) => Effect.Effect<A, Refusal>
  readonly create: (caller: Caller, draft: Draft) => Effect.Effect<A, Refusal>
  readonly update: (caller: Caller, id: string, patch: Patch) => Effect.Effect<A, Refusal>
  readonly remove: (caller: Caller, id: string) => Effect.Effect<void, Refusal>
  /** Replaces the tags by what the function makes of them. */
  readonly retag: (
    caller: Caller,
    id: string,
    change: (tags: ReadonlyArray<string>) => ReadonlyArray<string> | Refusal
  ) => Effect.Effect<ReadonlyArray<string>, Refusal>
}

/** Neutron's own API, for its face. */
export class NetworkApi extends Context.Service<NetworkApi, {
  readonly networks: Collection<NetworkView, NetworkDraft, NetworkPatch>
  readonly subnets: Collection<Subnet, SubnetDraft, SubnetPatch>
  readonly ports: Collection<Port, PortDraft, PortPatch>
  readonly securityGroups: Collection<SecurityGroupView, SecurityGroupDraft, SecurityGroupPatch>
  readonly securityGroupRules: Collection<SecurityGroupRule, SecurityGroupRuleDraft, never>
  readonly quotas: {
    /** Every limited resource with its limit and how much is used. */
    readonly show: (caller: Caller, projectId: string) => Effect.Effect<Readonly<Record<string, { readonly limit: number; readonly used: number }>>, Refusal>
    /** `null`: back to the defaults. */
    readonly set: (caller: Caller, projectId: string, limits: Readonly<Record<string, number>> | null) => Effect.Effect<void, Refusal>
    /** Projects with limits of their own. */
    readonly projects: (caller: Caller) => Effect.Effect<ReadonlyArray<string>, Refusal>
  }
}>()("kilonova/actors/network/NetworkApi") {}
