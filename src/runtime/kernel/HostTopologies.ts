import { Context } from "effect"
import type { DeviceState } from "../../actors/placement/devices/DeviceState.ts"
import type { HostTopology } from "../../actors/placement/numa/HostTopology.ts"

/**
 * Every host's NUMA cells, and its devices, with what its live servers claimed of them: a fold of hosts' records and of `InstanceIndex`.
 * All calls are synchronous; the objects are shared and never changed. `undefined`: there is no such host.
 */
export class HostTopologies extends Context.Service<HostTopologies, {
  readonly topologyOf: (hostname: string) => HostTopology | undefined
  /** As it would be without this server. */
  readonly othersOn: (hostname: string, instanceId: string) => HostTopology | undefined
  /** The host's PCI devices with what its live servers have of them; none of a host that is not there. */
  readonly devicesOf: (hostname: string) => DeviceState
  readonly otherDevicesOn: (hostname: string, instanceId: string) => DeviceState
}>()("kilonova/runtime/kernel/HostTopologies") {}
