import type { Json } from "../shared/json.ts"
import { Ipam } from "./ipam.ts"
import type { IpAllocation, Network, NetworkQuota, Port, SecurityGroup, SecurityGroupRule, Subnet } from "./Network.ts"
import { Shelf } from "./Shelf.ts"

const ofProject = { project: (record: { readonly projectId: string }) => [record.projectId] }

/** Everything the network service knows, in memory, as the journal last had it. */
export class NetworkIndex {
  readonly networks = new Shelf<Network, "project" | "shared">({
    ...ofProject,
    shared: (network) => network.isShared ? ["yes"] : []
  })
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

  /** Networks and subnets whose deletion is being written: nothing new may start on them. */
  readonly closing = new Set<string>()
  private readonly arriving = new Map<string, number>()

  private readonly appliers: Readonly<Record<string, (key: string, record: Json | undefined) => void>> = {
    "network": (key, record) => void this.networks.set(key, recordOf(record)),
    "subnet": (key, record) => {
      const subnet = recordOf<Subnet>(record)
      const before = this.subnets.set(key, subnet)
      if (subnet === undefined) this.ipam.uncover(key)
      else this.ipam.cover(subnet, before)
    },
    "port": (key, record) => void this.ports.set(key, recordOf(record)),
    "ip-allocation": (key, record) => {
      const allocation = recordOf<IpAllocation>(record)
      const before = this.allocations.set(key, allocation)
      if (allocation !== undefined) this.ipam.mark(allocation)
      else if (before !== undefined) this.ipam.release(before)
    },
    "security-group": (key, record) => void this.groups.set(key, recordOf(record)),
    "security-group-rule": (key, record) => void this.rules.set(key, recordOf(record)),
    "network-quota": (key, record) => void this.quotas.set(key, recordOf(record))
  }

  /** One record as it is now; `undefined`: it is gone. */
  apply(type: string, key: string, record: Json | undefined): void {
    this.appliers[type]?.(key, record)
  }

  /** Ports on their way to the journal count as ports of their network. */
  arrive(networkId: string, count: 1 | -1): void {
    const left = (this.arriving.get(networkId) ?? 0) + count
    if (left === 0) this.arriving.delete(networkId)
    else this.arriving.set(networkId, left)
  }

  isArriving(networkId: string): boolean {
    return this.arriving.has(networkId)
  }

  sharedNetworks(): ReadonlyArray<Network> {
    return this.networks.in("shared", "yes")
  }

  /** The subnets ports can get addresses from. */
  openSubnets(networkId: string): ReadonlyArray<Subnet> {
    return this.subnets.in("network", networkId).filter((subnet) => !this.closing.has(subnet.id))
  }

  /** The limit a project has; -1 is none. */
  limit(projectId: string, resource: string): number {
    return this.quotas.get(projectId)?.limits[resource] ?? -1
  }
}

/** The tables are this service's own: what it reads it has written. */
const recordOf = <A extends Json>(record: Json | undefined): A | undefined => record as A | undefined
