/** What a security group rule may say, and the rules a project's default group starts with. */
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { parseCidr } from "./addresses.ts"
import type { SecurityGroupRuleDraft } from "./drafts.ts"
import type { SecurityGroupRule } from "./Network.ts"
import { notFound } from "./refusals.ts"

const portProtocols = new Set(["tcp", "udp", "sctp", "dccp", "udplite", "6", "17", "132", "33", "136"])
const icmpProtocols = new Set(["icmp", "icmpv6", "ipv6-icmp", "1", "58"])
const v6Protocols = new Set([
  "ipv6-encap", "ipv6-frag", "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts", "ipv6-route",
  "41", "44", "58", "59", "60", "43"
])

export const protocols = [
  "ah", "dccp", "egp", "esp", "gre", "hopopt", "icmp", "icmpv6", "igmp", "ip", "ipip", "ipv6-encap", "ipv6-frag",
  "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "ipv6-route", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp", "udplite", "vrrp"
]

const invalid = (code: string, message: string): Refusal => refuse("badRequest", message, code)

const portsRefusal = ({ portRangeMax: max, portRangeMin: min, protocol }: SecurityGroupRuleDraft): Refusal | undefined => {
  if (min === null && max === null) return undefined
  if (protocol === null) {
    return invalid("SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.")
  }
  if (portProtocols.has(protocol)) {
    if (min === 0 || max === 0) return invalid("SecurityGroupInvalidPortValue", "Invalid value for port 0")
    return min !== null && max !== null && min <= max
      ? undefined
      : invalid("SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max")
  }
  if (!icmpProtocols.has(protocol)) {
    return invalid(
      "SecurityGroupInvalidProtocolForPort",
      `Ports cannot be specified for protocol ${protocol}. Ports are only supported for TCP, UDP, SCTP, DCCP, UDPLITE.`
    )
  }
  for (const [name, field, value] of [["port_range_min", "type", min], ["port_range_max", "code", max]] as const) {
    if (value !== null && value > 255) {
      return invalid("SecurityGroupInvalidIcmpValue", `Invalid value for ICMP ${field} (${name}) ${value}. It must be 0 to 255.`)
    }
  }
  return min === null
    ? invalid("SecurityGroupMissingIcmpType", `ICMP code (port-range-max) ${max} is provided but ICMP type (port-range-min) is missing.`)
    : undefined
}

/** Parts of a rule that make two rules the same rule. */
const identity = (rule: SecurityGroupRuleDraft | SecurityGroupRule): string =>
  JSON.stringify([
    rule.securityGroupId, rule.direction, rule.etherType, rule.protocol,
    rule.portRangeMin, rule.portRangeMax, rule.remoteIpPrefix, rule.remoteGroupId
  ])

export const ruleRefusal = (
  draft: SecurityGroupRuleDraft,
  groupExists: (id: string) => boolean,
  siblings: Iterable<SecurityGroupRule>
): Refusal | undefined => {
  if (draft.remoteIpPrefix !== null && draft.remoteGroupId !== null) {
    return invalid(
      "SecurityGroupMultipleRemoteEntites",
      "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
    )
  }
  if (draft.remoteIpPrefix !== null && parseCidr(draft.remoteIpPrefix)?.version !== Number(draft.etherType.slice(3))) {
    return invalid(
      "SecurityGroupRuleParameterConflict",
      `Conflicting value ethertype ${draft.etherType} for CIDR ${draft.remoteIpPrefix}`
    )
  }
  if (draft.protocol !== null && v6Protocols.has(draft.protocol) && draft.etherType === "IPv4") {
    return invalid(
      "SecurityGroupEthertypeConflictWithProtocol",
      `Invalid ethertype ${draft.etherType} for protocol ${draft.protocol}.`
    )
  }
  const ports = portsRefusal(draft)
  if (ports !== undefined) return ports
  if (draft.remoteGroupId !== null && !groupExists(draft.remoteGroupId)) return notFound("security group", draft.remoteGroupId)
  for (const rule of siblings) {
    if (identity(rule) === identity(draft)) {
      return refuse("conflict", `Security group rule already exists. Rule id is ${rule.id}.`, "SecurityGroupRuleExists")
    }
  }
  return undefined
}

const egress = (etherType: "IPv4" | "IPv6") => ({ direction: "egress", etherType, remoteGroupId: null } as const)
const fromMembers = (etherType: "IPv4" | "IPv6", id: string) => ({ direction: "ingress", etherType, remoteGroupId: id } as const)

/** Every new group lets its members out; the default group also lets its members talk to each other. */
export const firstRules = (groupId: string, isDefault: boolean) => [
  egress("IPv4"),
  egress("IPv6"),
  ...(isDefault ? [fromMembers("IPv4", groupId), fromMembers("IPv6", groupId)] : [])
]
