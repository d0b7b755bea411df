import { Context } from "effect"
import type { Effect } from "effect"
import type { ClaimedDevice } from "../placement/devices/Device.ts"
import type { DevicePort } from "../placement/devices/portDevices.ts"
import type { Caller } from "../shared/Caller.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { NetworkRequest, Nic } from "./Nic.ts"

export { NetworkRequest, Nic } from "./Nic.ts"

export interface AllocateRequest {
  readonly instanceId: string
  readonly projectId: string
  /** `"auto"`: the project's one network, or none when it has none; `"none"`: no card at all. */
  readonly networks: ReadonlyArray<NetworkRequest> | "auto" | "none"
  readonly securityGroups: ReadonlyArray<string>
  readonly hostname: string
  readonly availabilityZone: string
  readonly host: string
  /** Devices of the host for its ports, among others. */
  readonly devices?: ReadonlyArray<ClaimedDevice>
}

/** What compute needs of Neutron; the built-in service and a real Neutron by URL both provide it. */
export class Networks extends Context.Service<Networks, {
  /**
   * Checks a create request before it is accepted, and says which of its ports need a device of the host. Refusals as Nova words them: unknown
   * network or port, a port in use, several networks and none given (conflict), an address outside its subnet.
   */
  readonly validate: (
    caller: Caller,
    request: { readonly networks: AllocateRequest["networks"]; readonly securityGroups: ReadonlyArray<string>; readonly count: number }
  ) => Effect.Effect<{ readonly devicePorts: ReadonlyArray<DevicePort> }, Refusal>
  /** Creates and binds the ports, once per instance: repeated, it answers what it made the first time. */
  readonly allocate: (request: AllocateRequest) => Effect.Effect<ReadonlyArray<Nic>, Refusal>
  /** Deletes the instance's own ports, unbinds the given ones; of an unknown instance it does nothing. */
  readonly release: (instanceId: string) => Effect.Effect<void, Refusal>
  /** The instance's ports are bound to this host from now on; addresses stay. */
  readonly rebind: (
    instanceId: string,
    to: { readonly host: string; readonly availabilityZone: string; readonly devices: ReadonlyArray<ClaimedDevice> }
  ) => Effect.Effect<void, Refusal>
  /** Ids of the instances that hold ports now: what a crash between two steps may have left is found by them. */
  readonly holders: Effect.Effect<ReadonlyArray<string>, Refusal>
  /** The networks a project sees, for Nova's own read-only views and for name look-ups. */
  readonly list: (caller: Caller) => Effect.Effect<ReadonlyArray<{ readonly id: string; readonly name: string }>, Refusal>
}>()("kilonova/actors/network/Networks") {}
