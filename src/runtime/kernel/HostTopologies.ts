import { Context } from "effect"
import type { HostTopology } from "../../actors/placement/numa/HostTopology.ts"

/**
 * Every host's NUMA cells with what its live servers claimed of them: a fold of hosts' records and of `InstanceIndex`.
 * All calls are synchronous; the objects are shared and never changed. `undefined`: there is no such host.
 */
export class HostTopologies extends Context.Service<HostTopologies, {
  readonly topologyOf: (hostname: string) => HostTopology | undefined
  /** As it would be without this server. */
  readonly othersOn: (hostname: string, instanceId: string) => HostTopology | undefined
  /** CPUs of the host's servers that are pinned to host CPUs of their own. */
  readonly pinnedCpusOn: (hostname: string) => number
}>()("kilonova/runtime/kernel/HostTopologies") {}
