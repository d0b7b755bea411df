import type { Json } from "../shared/json.ts"
import { Ipam } from "./ipam.ts"
import type { IpAllocation, Network, NetworkQuota, Port, SecurityGroup, SecurityGroupRule, Subnet } from "./Network.ts"
import { Shelf } from "./Shelf.ts"

const ofProject = { project: (record: { readonly projectId: string }) => [record.projectId] }

/** Everything the network service knows, in memory, as the journal last had it. */
export class NetworkIndex {
  readonly networks = new Shelf<Network, "project">(ofProject)
  readonly subnets = new Shelf<Subnet, "project" | "network">({
    ...ofProject,
    network: (subnet) => [subnet.networkId]
  })
  readonly ports = new Shelf<Port, "project" | "network" | "device" | "securityGroup">({
    ...ofProject,
    network: (port) => [port.networkId],
    device: (port) => port.deviceId === "" ? [] : [port.deviceId],
    securityGroup: (port) => port.securityGroups
  })
  readonly groups = new Shelf<SecurityGroup, "project">(ofProject)
  readonly rules = new Shelf<SecurityGroupRule, "project" | "group" | "remoteGroup">({
    ...ofProject,
    group: (rule) => [rule.securityGroupId],
    remoteGroup: (rule) => rule.remoteGroupId === null ? [] : [rule.remoteGroupId]
  })
  readonly quotas = new Shelf<NetworkQuota>({})
  readonly allocations = new Shelf<IpAllocation>({})
  readonly ipam = new Ipam()

  private readonly appliers: Readonly<Record<string, (key: string, state: Json) => void>> = {
    "network": (key, state) => void this.networks.set(key, recordOf(state)),
    "subnet": (key, state) => {
      const subnet = recordOf<Subnet>(state)
      const before = this.subnets.set(key, subnet)
      if (subnet === undefined) this.ipam.uncover(key)
      else this.ipam.cover(subnet, before)
    },
    "port": (key, state) => void this.ports.set(key, recordOf(state)),
    "ip-allocation": (key, state) => {
      const allocation = recordOf<IpAllocation>(state)
      const before = this.allocations.set(key, allocation)
      if (allocation !== undefined) this.ipam.mark(allocation)
      else if (before !== undefined) this.ipam.release(before)
    },
    "security-group": (key, state) => void this.groups.set(key, recordOf(state)),
    "security-group-rule": (key, state) => void this.rules.set(key, recordOf(state)),
    "network-quota": (key, state) => void this.quotas.set(key, recordOf(state))
  }

  /** One stream's newest state; streams of other services are passed over. */
  apply(type: string, key: string, state: Json): void {
    this.appliers[type]?.(key, state)
  }

  /** The limit a project has; -1 is none. */
  limit(projectId: string, resource: string): number {
    return this.quotas.get(projectId)?.limits[resource] ?? -1
  }
}

/** The tables are this service's own: what it reads it has written. */
const recordOf = <A extends Json>(state: Json): A | undefined => state === null ? undefined : state as A
