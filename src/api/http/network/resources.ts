/** Neutron's resources: the attributes requests may give, and how a record looks on the wire. */
import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import { isBound, statusOf } from "../../../actors/network/Network.ts"
import type { Port, SecurityGroupRule, Subnet } from "../../../actors/network/Network.ts"
import type { NetworkView, SecurityGroupView } from "../../../actors/network/NetworkApiProtocol.ts"
import { pciNumaPolicies } from "../../../actors/placement/numa/HardwareWish.ts"
import { protocols } from "../../../actors/network/securityGroups.ts"
import { isoSeconds } from "../../../actors/shared/time.ts"
import {
  address, boolean, cidr, initial, integer, list, mac, maybe, mutable, nullOr, object, oneOf, orNull, prefix,
  required, text, uuid
} from "./attributes.ts"
import type { Parse } from "./attributes.ts"
import { isObject } from "../../../actors/shared/json.ts"

export type Wire = Readonly<Record<string, unknown>>

const project = { projectId: initial("project_id", maybe(text(255)), undefined) }
const described = { name: mutable("name", text(255), ""), description: mutable("description", orNull(text(255), ""), "") }

const common = (record: {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly description: string
  readonly tags: ReadonlyArray<string>
  readonly createdAt: string
  readonly updatedAt: string
  readonly revision: number
}) => ({
  id: record.id,
  name: record.name,
  tenant_id: record.projectId,
  project_id: record.projectId,
  description: record.description,
  tags: record.tags,
  created_at: isoSeconds(record.createdAt),
  updated_at: isoSeconds(record.updatedAt),
  revision_number: record.revision
})

export const networkAttributes = {
  ...project,
  ...described,
  isAdminStateUp: mutable("admin_state_up", boolean, true),
  isShared: mutable("shared", boolean, false),
  isExternal: mutable("router:external", boolean, false),
  isDefault: mutable("is_default", boolean, false),
  isPortSecurityEnabled: mutable("port_security_enabled", boolean, true),
  mtu: mutable("mtu", maybe(integer(0, 0x7fff_ffff)), undefined),
  dnsDomain: mutable("dns_domain", text(255), ""),
  availabilityZoneHints: initial("availability_zone_hints", list(text(255), 10), []),
  networkType: initial("provider:network_type", maybe(oneOf("local", "flat", "vlan", "vxlan", "gre", "geneve")), undefined),
  physicalNetwork: initial("provider:physical_network", maybe(text(64)), undefined),
  segmentationId: initial("provider:segmentation_id", maybe(integer(1, 0xff_ffff)), undefined)
}

export const networkWire = (network: NetworkView, isAdmin: boolean): Wire => ({
  ...common(network),
  admin_state_up: network.isAdminStateUp,
  status: "ACTIVE",
  subnets: network.subnets,
  shared: network.isShared,
  "router:external": network.isExternal,
  ...(network.isExternal ? { is_default: network.isDefault } : {}),
  port_security_enabled: network.isPortSecurityEnabled,
  mtu: network.mtu,
  dns_domain: network.dnsDomain,
  availability_zone_hints: network.availabilityZoneHints,
  availability_zones: [],
  ipv4_address_scope: null,
  ipv6_address_scope: null,
  ...(isAdmin
    ? {
      "provider:network_type": network.networkType,
      "provider:physical_network": network.physicalNetwork,
      "provider:segmentation_id": network.segmentationId
    }
    : {})
})

const pool = object({ start: required("start", address), end: required("end", address) })
const route = object({ destination: required("destination", cidr), nexthop: required("nexthop", address) })
const mode = maybe(oneOf("slaac", "dhcpv6-stateful", "dhcpv6-stateless"))

export const subnetAttributes = {
  ...project,
  ...described,
  networkId: required("network_id", uuid),
  ipVersion: required("ip_version", oneOf(4, 6)),
  cidr: initial("cidr", maybe(cidr), undefined),
  gatewayIp: mutable("gateway_ip", maybe(nullOr(address)), undefined),
  allocationPools: mutable("allocation_pools", maybe(list(pool, 100)), undefined),
  dnsNameservers: mutable("dns_nameservers", orNull(list(address, 100), []), []),
  hostRoutes: mutable("host_routes", orNull(list(route, Limits.hostRoutesMax), []), []),
  isDhcpEnabled: mutable("enable_dhcp", boolean, true),
  ipv6AddressMode: initial("ipv6_address_mode", mode, undefined),
  ipv6RaMode: initial("ipv6_ra_mode", mode, undefined),
  serviceTypes: mutable("service_types", list(text(255), 100), [])
}

export const subnetWire = (subnet: Subnet): Wire => ({
  ...common(subnet),
  network_id: subnet.networkId,
  ip_version: subnet.ipVersion,
  subnetpool_id: null,
  cidr: subnet.cidr,
  gateway_ip: subnet.gatewayIp,
  allocation_pools: subnet.allocationPools,
  dns_nameservers: subnet.dnsNameservers,
  host_routes: subnet.hostRoutes,
  enable_dhcp: subnet.isDhcpEnabled,
  ipv6_ra_mode: subnet.ipv6RaMode,
  ipv6_address_mode: subnet.ipv6AddressMode,
  service_types: subnet.serviceTypes
})

const wish = object({ subnetId: initial("subnet_id", nullOr(uuid), null), address: initial("ip_address", nullOr(address), null) })
const pair = object({ ip_address: required("ip_address", prefixOrAddress()), mac_address: initial("mac_address", nullOr(mac), null) })
const dhcpOption = object({
  opt_name: required("opt_name", text(64)),
  opt_value: initial("opt_value", nullOr(text(255)), null),
  ip_version: initial("ip_version", oneOf(4, 6), 4)
})

function prefixOrAddress(): Parse<string> {
  return (value) => typeof value === "string" && value.includes("/") ? cidr(value) : address(value)
}

/** Flat facts about the binding; what a driver would nest is kept as text. */
const profile: Parse<Port["profile"]> = (value) =>
  isObject(value) && JSON.stringify(value).length <= 4095
    ? Result.succeed(Object.fromEntries(Object.entries(value).map(([key, each]) =>
      [key, each === null || ["string", "number", "boolean"].includes(typeof each) ? each as string : JSON.stringify(each)]
    )))
    : Result.fail("binding:profile is not a dictionary of at most 4095 characters")

export const portAttributes = {
  ...project,
  ...described,
  networkId: required("network_id", uuid),
  macAddress: mutable("mac_address", maybe(mac), undefined),
  fixedIps: mutable("fixed_ips", maybe(orNull(list(wish, Limits.fixedIpsPerPortMax, (one) => one.address), [])), undefined),
  deviceId: mutable("device_id", text(255), ""),
  deviceOwner: mutable("device_owner", text(255), ""),
  isAdminStateUp: mutable("admin_state_up", boolean, true),
  isPortSecurityEnabled: mutable("port_security_enabled", maybe(boolean), undefined),
  securityGroups: mutable("security_groups", maybe(orNull(list(text(36), 100), [])), undefined),
  hostId: mutable("binding:host_id", orNull(text(255), ""), ""),
  vnicType: mutable("binding:vnic_type", oneOf("normal", "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder", "smart-nic", "remote-managed", "vdpa"), "normal"),
  profile: mutable("binding:profile", orNull(profile, {}), {}),
  allowedAddressPairs: mutable("allowed_address_pairs", orNull(list(pair, 10), []), []),
  extraDhcpOpts: mutable("extra_dhcp_opts", orNull(list(dhcpOption, 100), []), []),
  dnsName: mutable("dns_name", text(255), ""),
  numaPolicy: mutable("numa_affinity_policy", nullOr(oneOf(...pciNumaPolicies)), null)
}

const vifTypes: { readonly [vnicType: string]: string } = { direct: "hw_veb", macvtap: "hw_veb", "direct-physical": "hostdev_physical" }

export const portWire = (port: Port, isAdmin: boolean): Wire => ({
  ...common(port),
  network_id: port.networkId,
  mac_address: port.macAddress,
  fixed_ips: port.fixedIps.map(({ address: ip, subnetId }) => ({ subnet_id: subnetId, ip_address: ip })),
  device_id: port.deviceId,
  device_owner: port.deviceOwner,
  admin_state_up: port.isAdminStateUp,
  status: statusOf(port),
  port_security_enabled: port.isPortSecurityEnabled,
  security_groups: port.securityGroups,
  allowed_address_pairs: port.allowedAddressPairs,
  extra_dhcp_opts: port.extraDhcpOpts,
  dns_name: port.dnsName,
  dns_assignment: port.fixedIps.map(({ address: ip }) => ({ ip_address: ip, hostname: port.dnsName, fqdn: port.dnsName })),
  numa_affinity_policy: port.numaPolicy ?? null,
  "binding:vnic_type": port.vnicType,
  ...(isAdmin
    ? {
      "binding:host_id": port.hostId,
      "binding:profile": port.profile,
      "binding:vif_type": isBound(port) ? vifTypes[port.vnicType] ?? "ovs" : "unbound",
      "binding:vif_details": isBound(port) ? { port_filter: vifTypes[port.vnicType] === undefined, connectivity: "l2" } : {}
    }
    : {})
})

export const securityGroupAttributes = {
  ...project,
  name: mutable("name", text(255), ""),
  description: mutable("description", orNull(text(255), ""), ""),
  isStateful: mutable("stateful", boolean, true)
}

export const securityGroupWire = (group: SecurityGroupView): Wire => ({
  ...common(group),
  stateful: group.isStateful,
  security_group_rules: group.rules.map(securityGroupRuleWire)
})

/** As text, whatever it is: a body may hold objects whose own `toString` is no function. */
const named = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 255)

const protocol: Parse<string> = (value) => {
  const name = named(value).toLowerCase()
  const isNumber = /^\d{1,3}$/.test(name) && Number(name) <= 255
  return (typeof value === "string" || typeof value === "number") && (isNumber || protocols.includes(name))
    ? Result.succeed(name)
    : Result.fail(`Security group rule protocol ${named(value)} not supported. Only protocol values ${JSON.stringify(protocols)} and integer representations [0 to 255] are supported`)
}
const etherType: Parse<"IPv4" | "IPv6"> = (value) => {
  const name = named(value).toLowerCase()
  return name === "ipv4" || name === "ipv6"
    ? Result.succeed(name === "ipv4" ? "IPv4" : "IPv6")
    : Result.fail(`Security group rule for ethertype '${named(value)}' not supported. Allowed values are ['IPv4', 'IPv6']`)
}
const anyToNull = (parse: Parse<string>): Parse<string | null> => (value) => value === null || value === "" || value === "any" ? Result.succeed(null) : parse(value)

export const securityGroupRuleAttributes = {
  ...project,
  description: initial("description", orNull(text(255), ""), ""),
  securityGroupId: required("security_group_id", text(36)),
  direction: required("direction", oneOf("ingress", "egress")),
  etherType: initial("ethertype", etherType, "IPv4"),
  protocol: initial("protocol", anyToNull(protocol), null),
  portRangeMin: initial("port_range_min", nullOr(integer(0, 65_535)), null),
  portRangeMax: initial("port_range_max", nullOr(integer(0, 65_535)), null),
  remoteIpPrefix: initial("remote_ip_prefix", anyToNull(prefix), null),
  remoteGroupId: initial("remote_group_id", nullOr(text(36)), null)
}

export function securityGroupRuleWire(rule: SecurityGroupRule): Wire {
  const { name: _, ...shared } = common(rule)
  return {
    ...shared,
    security_group_id: rule.securityGroupId,
    direction: rule.direction,
    ethertype: rule.etherType,
    protocol: rule.protocol,
    port_range_min: rule.portRangeMin,
    port_range_max: rule.portRangeMax,
    remote_ip_prefix: rule.remoteIpPrefix,
    remote_group_id: rule.remoteGroupId,
    remote_address_group_id: null,
    normalized_cidr: rule.remoteIpPrefix
  }
}
