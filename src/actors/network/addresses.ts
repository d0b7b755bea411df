/** Addresses and prefixes of both IP versions, as numbers. Parsers answer `undefined` for anything not exactly one. */

export type IpVersion = 4 | 6

export interface Address {
  readonly version: IpVersion
  readonly value: bigint
}

/** `first` and `last` are the prefix's own ends, network and broadcast address included. */
export interface Cidr {
  readonly version: IpVersion
  readonly prefix: number
  readonly first: bigint
  readonly last: bigint
}

/** Both ends included. */
export interface AddressRange {
  readonly first: bigint
  readonly last: bigint
}

const bitsOf = (version: IpVersion): number => version === 4 ? 32 : 128

const parseV4 = (text: string): bigint | undefined => {
  const parts = text.split(".")
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return BigInt(value)
}

const parseGroups = (text: string): ReadonlyArray<number> | undefined => {
  if (text === "") return []
  const groups: Array<number> = []
  const parts = text.split(":")
  for (const [index, part] of parts.entries()) {
    if (part.includes(".")) {
      const v4 = index === parts.length - 1 ? parseV4(part) : undefined
      if (v4 === undefined) return undefined
      groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn))
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

const parseV6 = (text: string): bigint | undefined => {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!)
  const tail = halves.length === 2 ? parseGroups(halves[1]!) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail]
    .reduce((value, group) => (value << 16n) | BigInt(group), 0n)
}

export const parseAddress = (text: string): Address | undefined => {
  const version: IpVersion = text.includes(":") ? 6 : 4
  const value = version === 6 ? parseV6(text) : parseV4(text)
  return value === undefined ? undefined : { version, value }
}

const formatV4 = (value: bigint): string => {
  const n = Number(value)
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups shortened. */
const formatV6 = (value: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn))
  let start = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > length) [start, length] = [i, end - i]
    i = Math.max(i, end - 1)
  }
  const hex = (part: ReadonlyArray<number>) => part.map((group) => group.toString(16)).join(":")
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

export const formatAddress = (version: IpVersion, value: bigint): string =>
  version === 4 ? formatV4(value) : formatV6(value)

/** Host bits may be set: `10.0.0.5/24` means `10.0.0.0/24`. A bare address is not a prefix. */
export const parseCidr = (text: string): Cidr | undefined => {
  const [address, prefixText, ...rest] = text.split("/")
  const parsed = parseAddress(address!)
  if (parsed === undefined || rest.length > 0 || prefixText === undefined || !/^\d{1,3}$/.test(prefixText)) return undefined
  const bits = bitsOf(parsed.version)
  const prefix = Number(prefixText)
  if (prefix > bits) return undefined
  const hostMask = (1n << BigInt(bits - prefix)) - 1n
  const first = parsed.value & ~hostMask
  return { version: parsed.version, prefix, first, last: first | hostMask }
}

export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr.version, cidr.first)}/${cidr.prefix}`

export const contains = (range: AddressRange, value: bigint): boolean => range.first <= value && value <= range.last

export const overlaps = (one: AddressRange, other: AddressRange): boolean =>
  one.first <= other.last && other.first <= one.last

/** The addresses ports may have: without network and broadcast address in IPv4, without the all-zero host in IPv6. */
export const usable = (cidr: Cidr): AddressRange => {
  if (cidr.first === cidr.last) return cidr
  if (cidr.version === 6) return { first: cidr.first + 1n, last: cidr.last }
  return cidr.prefix <= 30 ? { first: cidr.first + 1n, last: cidr.last - 1n } : cidr
}

/** All usable addresses but the gateway, in at most two ranges. */
export const poolsAround = (cidr: Cidr, gateway: bigint | null): ReadonlyArray<AddressRange> => {
  const all = usable(cidr)
  if (gateway === null || !contains(all, gateway) || cidr.first === cidr.last) return [all]
  return [{ first: all.first, last: gateway - 1n }, { first: gateway + 1n, last: all.last }]
    .filter((range) => range.first <= range.last)
}

/** RFC 4291's interface identifier: the address a host with this MAC address makes itself in a /64. */
export const eui64 = (cidr: Cidr, macAddress: string): bigint => {
  const mac = BigInt(`0x${macAddress.replaceAll(":", "")}`)
  const interfaceId = ((mac >> 24n) << 40n) | (0xfffen << 24n) | (mac & 0xffffffn)
  return cidr.first | (interfaceId ^ (1n << 57n))
}
