/** The records of the network service, in the terms of Neutron. Times ISO 8601; sizes as the names say. */
import type { PciNumaPolicy } from "../placement/numa/HardwareWish.ts"
import type { IpVersion } from "./addresses.ts"

/** What every resource has. `projectId` owns it. */
export type Owned = {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly description: string
  readonly tags: ReadonlyArray<string>
  readonly createdAt: string
  readonly updatedAt: string
  readonly revision: number
}

export type Network = Owned & {
  readonly isAdminStateUp: boolean
  readonly isShared: boolean
  readonly isExternal: boolean
  readonly isDefault: boolean
  readonly isPortSecurityEnabled: boolean
  readonly mtu: number
  readonly dnsDomain: string
  readonly availabilityZoneHints: ReadonlyArray<string>
  readonly networkType: string
  readonly physicalNetwork: string | null
  readonly segmentationId: number | null
}

export type AllocationPool = { readonly start: string; readonly end: string }
export type HostRoute = { readonly destination: string; readonly nexthop: string }

export type Subnet = Owned & {
  readonly networkId: string
  readonly ipVersion: IpVersion
  readonly cidr: string
  readonly gatewayIp: string | null
  readonly allocationPools: ReadonlyArray<AllocationPool>
  readonly dnsNameservers: ReadonlyArray<string>
  readonly hostRoutes: ReadonlyArray<HostRoute>
  readonly isDhcpEnabled: boolean
  readonly ipv6AddressMode: string | null
  readonly ipv6RaMode: string | null
  readonly serviceTypes: ReadonlyArray<string>
}

export type FixedIp = { readonly subnetId: string; readonly address: string }
export type AddressPair = { readonly ip_address: string; readonly mac_address: string | null }
export type DhcpOption = { readonly opt_name: string; readonly opt_value: string | null; readonly ip_version: number }

export type Port = Owned & {
  readonly networkId: string
  readonly macAddress: string
  readonly fixedIps: ReadonlyArray<FixedIp>
  readonly deviceId: string
  readonly deviceOwner: string
  readonly isAdminStateUp: boolean
  readonly isPortSecurityEnabled: boolean
  readonly securityGroups: ReadonlyArray<string>
  readonly hostId: string
  readonly vnicType: string
  readonly profile: { readonly [key: string]: string | number | boolean | null }
  readonly allowedAddressPairs: ReadonlyArray<AddressPair>
  readonly extraDhcpOpts: ReadonlyArray<DhcpOption>
  readonly dnsName: string
  /** How near its device must be to the guest's NUMA cells; `null` or absent: as flavor and image say. */
  readonly numaPolicy?: PciNumaPolicy | null
  /** A user made it: it outlives the server that uses it. */
  readonly isPreexisting: boolean
}

/** One taken address: the record's key is the proof that nobody else has it. */
export type IpAllocation = { readonly subnetId: string; readonly address: string; readonly portId: string }

export type SecurityGroup = Owned & { readonly isStateful: boolean }

export type SecurityGroupRule = Owned & {
  readonly securityGroupId: string
  readonly direction: "ingress" | "egress"
  readonly etherType: "IPv4" | "IPv6"
  readonly protocol: string | null
  readonly portRangeMin: number | null
  readonly portRangeMax: number | null
  readonly remoteIpPrefix: string | null
  readonly remoteGroupId: string | null
}

/** What a project may have; -1 is no limit. Only limits that were set are recorded. */
export type NetworkQuota = { readonly projectId: string; readonly limits: { readonly [resource: string]: number } }

const byId = { key: (record: { readonly id: string }): string => record.id }

export const networkTable = { type: "network", ...byId }
export const subnetTable = { type: "subnet", ...byId }
export const portTable = {
  type: "port",
  ...byId,
  unique: { mac: (port: Port): string => `${port.networkId}/${port.macAddress}` }
}
export const ipAllocationTable = {
  type: "ip-allocation",
  key: (allocation: IpAllocation): string => `${allocation.subnetId}/${allocation.address}`
}
export const securityGroupTable = { type: "security-group", ...byId }
export const securityGroupRuleTable = { type: "security-group-rule", ...byId }
export const networkQuotaTable = { type: "network-quota", key: (quota: NetworkQuota): string => quota.projectId }

/** A port that compute uses, or that was bound to a host, carries traffic. */
export const isBound = (port: Port): boolean => port.hostId !== "" || port.deviceOwner.startsWith("compute:")

export const statusOf = (port: Port): "ACTIVE" | "DOWN" => port.isAdminStateUp && isBound(port) ? "ACTIVE" : "DOWN"
