import { Limits } from "../../../runtime/Limits.ts"
import type { Instance } from "../../instance/Instance.ts"
import type { Steps } from "../../shared/Steps.ts"
import type { HostState } from "../HostState.ts"
import type { Rules } from "../registry.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { loadOf, withoutLoad } from "./hostChange.ts"
import { admission, type Near } from "./near.ts"
import type { Relaxation } from "./Proof.ts"

/** The servers that could make room. */
export interface Movable {
  readonly serversOn: (hostname: string) => Iterable<Instance>
  /** May the server be on any other host than its own? */
  readonly mayLeave: (server: Instance) => boolean
}

const full = new Set(["MEMORY_MB", "VCPU", "DISK_GB", "NUMATopologyFilter", "PciPassthroughFilter", "NumInstancesFilter", "AggregateNumInstancesFilter"])

const bySize = (a: Instance, b: Instance): number =>
  a.flavor.ramMb - b.flavor.ramMb || a.flavor.vcpus - b.flavor.vcpus || (a.id < b.id ? -1 : 1)

/** The smallest server of a host without which the request fits there; of the smallest so many. */
const smallest = (admits: (host: HostState) => boolean, { host }: Near, { serversOn }: Movable): Instance | undefined => {
  const servers: Array<Instance> = []
  for (const server of serversOn(host.hostname)) {
    if (servers.length >= Limits.relaxationServersMax) break
    servers.push(server)
  }
  return servers.sort(bySize).find((server) => admits(withoutLoad(host, loadOf(server))))
}

/** Of the hosts that are full, so many are looked at. `null`: no one server makes room that could go elsewhere. */
export function* moveOf(rules: Rules, near: ReadonlyArray<Near>, spec: RequestSpec, movable: Movable): Steps<Relaxation | null> {
  const admits = admission(rules, spec)
  const found: Array<{ readonly host: string; readonly server: Instance }> = []
  for (const one of near.filter(({ by }) => full.has(by.name)).slice(0, Limits.relaxationHostsMax)) {
    const server = smallest(admits, one, movable)
    if (server !== undefined) found.push({ host: one.host.hostname, server })
    yield
  }
  for (const { host, server } of found.sort((a, b) => bySize(a.server, b.server)).slice(0, Limits.relaxationMovesTriedMax)) {
    if (movable.mayLeave(server)) return { _tag: "Move", server: server.id, host, hosts: 1 }
    yield
  }
  return null
}
