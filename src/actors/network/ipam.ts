/** Which addresses a port gets: reserved in memory at once, so that two requests of this process never meet. */
import { Result } from "effect"
import { refuse } from "../shared/Refusal.ts"
import type { Refusal } from "../shared/Refusal.ts"
import { eui64, formatAddress, parseAddress, parseCidr } from "./addresses.ts"
import { AddressPool } from "./AddressPool.ts"
import type { FixedIpWish } from "./drafts.ts"
import type { FixedIp, Subnet } from "./Network.ts"
import { addressInUse, addressesExhausted, invalidInput, notFound, subnetExhausted } from "./refusals.ts"
import { accepts, isAutoAddressed, rangesOf } from "./subnets.ts"

export class Ipam {
  private readonly pools = new Map<string, AddressPool>()

  /** A new or changed subnet. */
  cover(subnet: Subnet, before: Subnet | undefined): void {
    const pool = this.pools.get(subnet.id)
    if (pool === undefined) this.pools.set(subnet.id, new AddressPool(rangesOf(subnet)))
    else if (JSON.stringify(before?.allocationPools) !== JSON.stringify(subnet.allocationPools)) pool.rewind(rangesOf(subnet))
  }

  uncover(subnetId: string): void {
    this.pools.delete(subnetId)
  }

  /** Addresses of the subnet that are taken or being taken. */
  taken(subnetId: string): number {
    return this.pools.get(subnetId)?.size ?? 0
  }

  isTaken({ address, subnetId }: FixedIp): boolean {
    return this.pools.get(subnetId)?.has(parseAddress(address)!.value) ?? false
  }

  /** The journal says that it is taken. */
  mark({ address, subnetId }: FixedIp): void {
    this.pools.get(subnetId)?.claim(parseAddress(address)!.value)
  }

  release({ address, subnetId }: FixedIp): void {
    this.pools.get(subnetId)?.release(parseAddress(address)!.value)
  }

  /**
   * Reserves what a port on a network with these subnets wishes for; all of it or nothing. Without wishes it is one
   * address per IP version, and one more for each subnet whose hosts make their addresses themselves.
   */
  reserve(
    networkId: string,
    subnets: ReadonlyArray<Subnet>,
    wishes: ReadonlyArray<FixedIpWish> | undefined,
    macAddress: string,
    seed: number | null = null
  ): Result.Result<ReadonlyArray<FixedIp>, Refusal> {
    const reserved: Array<FixedIp> = []
    const parts = wishes === undefined
      ? this.usual(networkId, subnets, macAddress, seed)
      : wishes.map((wish) => () => this.grant(networkId, subnets, wish, macAddress))
    for (const part of parts) {
      const granted = part()
      if (Result.isFailure(granted)) {
        for (const each of reserved) this.release(each)
        return Result.fail(granted.failure)
      }
      reserved.push(granted.success)
    }
    return Result.succeed(reserved)
  }

  private usual(networkId: string, subnets: ReadonlyArray<Subnet>, macAddress: string, seed: number | null) {
    const isManaged = (version: number) => (subnet: Subnet) => subnet.ipVersion === version && !isAutoAddressed(subnet)
    return [
      ...[4, 6].map((version) => subnets.filter(isManaged(version))).filter((group) => group.length > 0)
        .map((group) => () => this.takeFirst(networkId, group, seed)),
      ...subnets.filter(isAutoAddressed).map((subnet) => () => this.claim(subnet, selfMade(subnet, macAddress)))
    ]
  }

  private takeFirst(networkId: string, subnets: ReadonlyArray<Subnet>, seed: number | null = null): Result.Result<FixedIp, Refusal> {
    for (const subnet of subnets) {
      const pool = this.pools.get(subnet.id)
      const address = seed === null ? pool?.take() : pool?.takeFar(seed)
      if (address !== undefined) {
        return Result.succeed({ subnetId: subnet.id, address: formatAddress(subnet.ipVersion, address) })
      }
    }
    return Result.fail(subnets.length === 1 ? subnetExhausted(subnets[0]!.id) : addressesExhausted(networkId))
  }

  private grant(networkId: string, subnets: ReadonlyArray<Subnet>, wish: FixedIpWish, macAddress: string): Result.Result<FixedIp, Refusal> {
    const found = subnetFor(networkId, subnets, wish)
    if (Result.isFailure(found)) return Result.fail(found.failure)
    const subnet = found.success
    if (wish.address !== null) {
      const canonical = formatAddress(subnet.ipVersion, parseAddress(wish.address)!.value)
      if (isAutoAddressed(subnet) && canonical !== selfMade(subnet, macAddress)) {
        return Result.fail(refuse(
          "badRequest",
          `IPv6 address ${canonical} cannot be directly assigned to a port on subnet ${subnet.id} as the subnet is configured for automatic addresses`,
          "AllocationOnAutoAddressSubnet"
        ))
      }
      return this.claim(subnet, canonical)
    }
    return isAutoAddressed(subnet) ? this.claim(subnet, selfMade(subnet, macAddress)) : this.takeFirst(networkId, [subnet])
  }

  private claim(subnet: Subnet, address: string): Result.Result<FixedIp, Refusal> {
    const isFree = this.pools.get(subnet.id)?.claim(parseAddress(address)!.value) ?? false
    return isFree ? Result.succeed({ subnetId: subnet.id, address }) : Result.fail(addressInUse(subnet.id, address))
  }
}

const selfMade = (subnet: Subnet, macAddress: string): string =>
  formatAddress(6, eui64(parseCidr(subnet.cidr)!, macAddress))

/** The subnet a wish means, once its address is known to fit there. */
const subnetFor = (networkId: string, subnets: ReadonlyArray<Subnet>, wish: FixedIpWish): Result.Result<Subnet, Refusal> => {
  const { address, subnetId } = wish
  if (subnets.length === 0) return Result.fail(invalidInput("IP allocation requires subnets for network"))
  if (subnetId === null && address === null) {
    return Result.fail(invalidInput("IP allocation requires subnet_id or ip_address"))
  }
  const subnet = subnetId === null
    ? subnets.find((each) => accepts(each, address!))
    : subnets.find((each) => each.id === subnetId)
  if (subnet === undefined) {
    return Result.fail(
      subnetId === null
        ? refuse("badRequest", `IP address ${address} is not a valid IP for any of the subnets on the specified network.`, "InvalidIpForNetwork")
        : notFound("subnet", subnetId)
    )
  }
  return address === null || accepts(subnet, address)
    ? Result.succeed(subnet)
    : Result.fail(refuse("badRequest", `IP address ${address} is not a valid IP for the specified subnet.`, "InvalidIpForSubnet"))
}
