/** What makes a subnet valid, and what it means when callers leave things out. */
import { Result } from "effect"
import { Limits } from "../../runtime/Limits.ts"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { contains, formatAddress, formatCidr, overlaps, parseAddress, parseCidr, poolsAround, usable } from "./addresses.ts"
import type { AddressRange, Cidr, IpVersion } from "./addresses.ts"
import type { SubnetDraft } from "./drafts.ts"
import type { AllocationPool, HostRoute, Subnet } from "./Network.ts"
import { invalidInput } from "./refusals.ts"

/** The part of a subnet that its rules decide. */
export type Addressing = Pick<
  Subnet,
  | "ipVersion"
  | "cidr"
  | "gatewayIp"
  | "allocationPools"
  | "dnsNameservers"
  | "hostRoutes"
  | "isDhcpEnabled"
  | "ipv6AddressMode"
  | "ipv6RaMode"
>

export const rangesOf = (subnet: Pick<Subnet, "allocationPools">): ReadonlyArray<AddressRange> =>
  subnet.allocationPools.map((pool) => ({ first: parseAddress(pool.start)!.value, last: parseAddress(pool.end)!.value }))

const poolOf = (version: IpVersion, range: AddressRange): AllocationPool => ({
  start: formatAddress(version, range.first),
  end: formatAddress(version, range.last)
})

/** Hosts of such a subnet make their addresses themselves, from their MAC addresses. */
export const isAutoAddressed = (subnet: Pick<Subnet, "ipVersion" | "ipv6AddressMode">): boolean =>
  subnet.ipVersion === 6 && (subnet.ipv6AddressMode === "slaac" || subnet.ipv6AddressMode === "dhcpv6-stateless")

const versionMismatch = (field: string, value: string, version: number): Refusal =>
  invalidInput(`${field} '${value}' does not match the ip_version '${version}'`)

const dhcpRefusal = (cidr: Cidr): Refusal | undefined => {
  const network = formatAddress(cidr.version, cidr.first)
  const longest = cidr.version === 4 ? 30 : 126
  if (cidr.prefix > longest) return invalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled")
  const kinds: ReadonlyArray<readonly [isIt: boolean, sentence: string]> = [
    [/^(22[4-9]|23\d)\.|^ff/.test(network), "Multicast IP subnet is not supported if enable_dhcp is True"],
    [/^127\.|^::1$/.test(network), "Loopback IP subnet is not supported if enable_dhcp is True"],
    [cidr.version === 4 && cidr.first === 0n, "First IP '0.0.0.0' of network is not supported if enable_dhcp is True"]
  ]
  const found = kinds.find(([isIt]) => isIt)
  return found === undefined ? undefined : invalidInput(found[1])
}

const gatewayRefusal = (cidr: Cidr, gatewayIp: string): Refusal | undefined => {
  const gateway = parseAddress(gatewayIp)
  if (gateway?.version !== cidr.version) return versionMismatch("gateway_ip", gatewayIp, cidr.version)
  const isEnd = cidr.version === 4 && cidr.prefix <= 30 && (gateway.value === cidr.first || gateway.value === cidr.last)
  return isEnd ? invalidInput("Gateway is not valid on subnet") : undefined
}

const poolsRefusal = (
  cidr: Cidr,
  pools: ReadonlyArray<AllocationPool>,
  gateway: bigint | null
): Refusal | undefined => {
  const bounds = usable(cidr)
  const seen: Array<readonly [AllocationPool, AddressRange]> = []
  for (const pool of pools) {
    const start = parseAddress(pool.start)
    const end = parseAddress(pool.end)
    const text = `${pool.start}-${pool.end}`
    if (start?.version !== cidr.version || end?.version !== cidr.version || start.value > end.value) {
      return refuse("badRequest", `The allocation pool ${text} is not valid.`, "InvalidAllocationPool")
    }
    const range = { first: start.value, last: end.value }
    if (!contains(bounds, range.first) || !contains(bounds, range.last)) {
      return refuse(
        "badRequest",
        `The allocation pool ${text} spans beyond the subnet cidr ${formatCidr(cidr)}.`,
        "OutOfBoundsAllocationPool"
      )
    }
    const other = seen.find(([, each]) => overlaps(each, range))
    if (other !== undefined) {
      return refuse(
        "conflict",
        `Found overlapping allocation pools: ${other[0].start}-${other[0].end} ${text} for subnet ${formatCidr(cidr)}.`,
        "OverlappingAllocationPools"
      )
    }
    if (gateway !== null && contains(range, gateway)) {
      return refuse(
        "conflict",
        `Gateway ip ${formatAddress(cidr.version, gateway)} conflicts with allocation pool ${text}.`,
        "GatewayConflictWithAllocationPools"
      )
    }
    seen.push([pool, range])
  }
  return undefined
}

const namesRefusal = (version: IpVersion, nameservers: ReadonlyArray<string>, routes: ReadonlyArray<HostRoute>): Refusal | undefined => {
  if (nameservers.length > Limits.dnsNameserversMax) {
    return refuse("badRequest", `The number of DNS name servers exceeds the limit ${Limits.dnsNameserversMax}.`, "DNSNameServersExhausted")
  }
  if (routes.length > Limits.hostRoutesMax) {
    return refuse("badRequest", `The number of host routes exceeds the limit ${Limits.hostRoutesMax}.`, "HostRoutesExhausted")
  }
  const stranger = nameservers.find((server) => parseAddress(server)?.version !== version)
  if (stranger !== undefined) return versionMismatch("dns_nameserver", stranger, version)
  const route = routes.find((each) =>
    parseCidr(each.destination)?.version !== version || parseAddress(each.nexthop)?.version !== version
  )
  return route === undefined ? undefined : versionMismatch("host_route", `${route.destination} via ${route.nexthop}`, version)
}

const modesRefusal = (draft: Pick<SubnetDraft, "ipVersion" | "isDhcpEnabled" | "ipv6AddressMode" | "ipv6RaMode">, cidr: Cidr): Refusal | undefined => {
  const { ipv6AddressMode: addressMode, ipv6RaMode: raMode } = draft
  if (draft.ipVersion === 4) {
    const field = raMode !== undefined ? "ipv6_ra_mode" : addressMode !== undefined ? "ipv6_address_mode" : undefined
    return field === undefined ? undefined : invalidInput(`${field} is not valid when ip_version is 4`)
  }
  if (addressMode === undefined && raMode === undefined) return undefined
  if (!draft.isDhcpEnabled) {
    return invalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
  }
  if (addressMode !== undefined && raMode !== undefined && addressMode !== raMode) {
    return invalidInput(`ipv6_ra_mode set to '${raMode}' with ipv6_address_mode set to '${addressMode}' is not valid. If both attributes are set, they must be the same value`)
  }
  const isAuto = [addressMode, raMode].some((mode) => mode === "slaac" || mode === "dhcpv6-stateless")
  return isAuto && cidr.prefix !== 64
    ? invalidInput(`Invalid CIDR ${formatCidr(cidr)} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64`)
    : undefined
}

/** Decides a new subnet's addressing, next to the subnets its network already has. */
export const addressing = (
  draft: SubnetDraft,
  siblings: ReadonlyArray<Pick<Subnet, "cidr">>
): Result.Result<Addressing, Refusal> => {
  if (draft.cidr === undefined) {
    return Result.fail(refuse("badRequest", "Bad subnets request: a subnetpool must be specified in the absence of a cidr.", "BadRequest"))
  }
  const cidr = parseCidr(draft.cidr)
  if (cidr === undefined) return Result.fail(invalidInput(`'${draft.cidr}' is not a valid IP subnet`))
  if (cidr.version !== draft.ipVersion) return Result.fail(versionMismatch("cidr", draft.cidr, draft.ipVersion))
  if (cidr.prefix === 0) return Result.fail(invalidInput("0 is not allowed as CIDR prefix length"))
  if (siblings.some((sibling) => overlaps(parseCidr(sibling.cidr)!, cidr))) {
    return Result.fail(invalidInput(
      `Requested subnet with cidr: ${formatCidr(cidr)} for network: ${draft.networkId} overlaps with another subnet`
    ))
  }
  const defaultGateway = cidr.first === cidr.last ? null : formatAddress(cidr.version, usable(cidr).first)
  const gatewayIp = draft.gatewayIp === undefined ? defaultGateway : draft.gatewayIp
  const gateway = gatewayIp === null ? null : parseAddress(gatewayIp)?.value ?? null
  const pools = draft.allocationPools ?? poolsAround(cidr, gateway).map((range) => poolOf(cidr.version, range))
  const refusal = (draft.isDhcpEnabled ? dhcpRefusal(cidr) : undefined) ??
    (gatewayIp === null ? undefined : gatewayRefusal(cidr, gatewayIp)) ??
    poolsRefusal(cidr, pools, draft.allocationPools === undefined ? null : gateway) ??
    namesRefusal(cidr.version, draft.dnsNameservers, draft.hostRoutes) ??
    modesRefusal(draft, cidr)
  if (refusal !== undefined) return Result.fail(refusal)
  return Result.succeed({
    ipVersion: cidr.version,
    cidr: formatCidr(cidr),
    gatewayIp: gateway === null ? null : formatAddress(cidr.version, gateway),
    allocationPools: pools,
    dnsNameservers: draft.dnsNameservers,
    hostRoutes: draft.hostRoutes,
    isDhcpEnabled: draft.isDhcpEnabled,
    ipv6AddressMode: draft.ipv6AddressMode ?? null,
    ipv6RaMode: draft.ipv6RaMode ?? null
  })
}

/** The same rules over a subnet with changes: what was valid alone must still be valid together. */
export const revised = (subnet: Subnet, changes: Partial<Subnet>): Result.Result<Subnet, Refusal> => {
  const next: Subnet = { ...subnet, ...changes }
  return Result.map(
    addressing({
      ...next,
      ipv6AddressMode: next.ipv6AddressMode ?? undefined,
      ipv6RaMode: next.ipv6RaMode ?? undefined
    }, []),
    (valid) => ({ ...next, ...valid })
  )
}

/** May a port have this address? Never the network's own or the broadcast address. */
export const accepts = (subnet: Pick<Subnet, "cidr">, address: string): boolean => {
  const cidr = parseCidr(subnet.cidr)!
  const parsed = parseAddress(address)
  return parsed?.version === cidr.version && contains(usable(cidr), parsed.value)
}
