/** What callers may ask for: create requests with defaults filled in, and changes that name only what changes. */
import type { PciNumaPolicy } from "../placement/numa/HardwareWish.ts"
import type { AddressPair, AllocationPool, DhcpOption, HostRoute, Port } from "./Network.ts"

/** `undefined` is "not given", which for a gateway is not the same as `null`. */
export interface NetworkDraft {
  readonly projectId: string | undefined
  readonly name: string
  readonly description: string
  readonly isAdminStateUp: boolean
  readonly isShared: boolean
  readonly isExternal: boolean
  readonly isDefault: boolean
  readonly isPortSecurityEnabled: boolean
  readonly mtu: number | undefined
  readonly dnsDomain: string
  readonly availabilityZoneHints: ReadonlyArray<string>
  readonly networkType: string | undefined
  readonly physicalNetwork: string | undefined
  readonly segmentationId: number | undefined
}
export type NetworkPatch = { readonly [K in keyof Omit<NetworkDraft, "projectId" | "availabilityZoneHints">]?: NetworkDraft[K] }

export interface SubnetDraft {
  readonly projectId: string | undefined
  readonly networkId: string
  readonly name: string
  readonly description: string
  readonly ipVersion: number
  readonly cidr: string | undefined
  readonly gatewayIp: string | null | undefined
  readonly allocationPools: ReadonlyArray<AllocationPool> | undefined
  readonly dnsNameservers: ReadonlyArray<string>
  readonly hostRoutes: ReadonlyArray<HostRoute>
  readonly isDhcpEnabled: boolean
  readonly ipv6AddressMode: string | undefined
  readonly ipv6RaMode: string | undefined
  readonly serviceTypes: ReadonlyArray<string>
}
export interface SubnetPatch {
  readonly name?: string
  readonly description?: string
  readonly gatewayIp?: string | null | undefined
  readonly allocationPools?: ReadonlyArray<AllocationPool> | undefined
  readonly dnsNameservers?: ReadonlyArray<string>
  readonly hostRoutes?: ReadonlyArray<HostRoute>
  readonly isDhcpEnabled?: boolean
  readonly serviceTypes?: ReadonlyArray<string>
}

/** A wish for one address: any of a subnet, this one, or this one of that subnet. */
export interface FixedIpWish {
  readonly subnetId: string | null
  readonly address: string | null
}

export interface PortDraft {
  readonly projectId: string | undefined
  readonly networkId: string
  readonly name: string
  readonly description: string
  readonly macAddress: string | undefined
  readonly fixedIps: ReadonlyArray<FixedIpWish> | undefined
  readonly deviceId: string
  readonly deviceOwner: string
  readonly isAdminStateUp: boolean
  readonly isPortSecurityEnabled: boolean | undefined
  readonly securityGroups: ReadonlyArray<string> | undefined
  readonly hostId: string
  readonly vnicType: string
  readonly profile: Port["profile"]
  readonly allowedAddressPairs: ReadonlyArray<AddressPair>
  readonly extraDhcpOpts: ReadonlyArray<DhcpOption>
  readonly dnsName: string
  readonly numaPolicy?: PciNumaPolicy | null
}
export type PortPatch = { readonly [K in keyof Omit<PortDraft, "projectId" | "networkId">]?: PortDraft[K] }

export interface SecurityGroupDraft {
  readonly projectId: string | undefined
  readonly name: string
  readonly description: string
  readonly isStateful: boolean
}
export type SecurityGroupPatch = { readonly [K in keyof Omit<SecurityGroupDraft, "projectId">]?: SecurityGroupDraft[K] }

export interface SecurityGroupRuleDraft {
  readonly projectId: string | undefined
  readonly securityGroupId: string
  readonly description: string
  readonly direction: "ingress" | "egress"
  readonly etherType: "IPv4" | "IPv6"
  readonly protocol: string | null
  readonly portRangeMin: number | null
  readonly portRangeMax: number | null
  readonly remoteIpPrefix: string | null
  readonly remoteGroupId: string | null
}

