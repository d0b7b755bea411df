/** What making, changing and removing ports does to the records, as lists of changes. */
import { Result } from "effect"
import type { Change } from "../../runtime/kernel/Records.ts"
import type { Refusal } from "../shared/Refusal.ts"
import type { FixedIpWish } from "./drafts.ts"
import { ipAllocationTable, portTable } from "./Network.ts"
import type { FixedIp, IpAllocation, Port } from "./Network.ts"
import type { NetworkIndex } from "./NetworkIndex.ts"

const allocationOf = (portId: string) => (fixedIp: FixedIp): IpAllocation => ({ ...fixedIp, portId })

const taking = (portId: string, fixedIps: ReadonlyArray<FixedIp>): ReadonlyArray<Change> =>
  fixedIps.map((fixedIp) => ({ table: ipAllocationTable, put: allocationOf(portId)(fixedIp), expect: "absent" }))

const leaving = (portId: string, fixedIps: ReadonlyArray<FixedIp>): ReadonlyArray<Change> =>
  fixedIps.map((fixedIp) => ({
    table: ipAllocationTable,
    remove: ipAllocationTable.key(allocationOf(portId)(fixedIp)),
    expect: "any"
  }))

export const creation = (port: Port): ReadonlyArray<Change> => [
  { table: portTable, put: port, expect: "absent" },
  ...taking(port.id, port.fixedIps)
]

export const removal = (port: Port, version: number): ReadonlyArray<Change> => [
  { table: portTable, remove: port.id, expect: version },
  ...leaving(port.id, port.fixedIps)
]

const isSame = (one: FixedIp, other: FixedIp): boolean => one.subnetId === other.subnetId && one.address === other.address
const without = (list: ReadonlyArray<FixedIp>, others: ReadonlyArray<FixedIp>) =>
  list.filter((each) => !others.some((other) => isSame(each, other)))

export const replacement = (before: Port, after: Port, version: number): ReadonlyArray<Change> => [
  { table: portTable, put: after, expect: version },
  ...taking(after.id, without(after.fixedIps, before.fixedIps)),
  ...leaving(after.id, without(before.fixedIps, after.fixedIps))
]

/** Takes back reservations that did not become records; an address lost to another writer stays taken. */
export const giveBack = (
  index: NetworkIndex,
  fixedIps: ReadonlyArray<FixedIp>,
  lost: { readonly stream: { readonly type: string; readonly id: string } } | null
): void => {
  for (const fixedIp of fixedIps) {
    const key = ipAllocationTable.key(allocationOf("")(fixedIp))
    const isLost = lost?.stream.type === ipAllocationTable.type && lost.stream.id === key
    if (!isLost && index.allocations.get(key) === undefined) index.ipam.release(fixedIp)
  }
}

/** The addresses a port has after it wished anew: what it has and still wants is kept, the rest is reserved. */
export const readdress = (
  index: NetworkIndex,
  port: Port,
  wishes: ReadonlyArray<FixedIpWish>
): Result.Result<{ readonly fixedIps: ReadonlyArray<FixedIp>; readonly reserved: ReadonlyArray<FixedIp> }, Refusal> => {
  const left = [...port.fixedIps]
  const kept: Array<FixedIp> = []
  const wanted: Array<FixedIpWish> = []
  // Exact wishes first, so that a wish for any address does not take what another one named.
  const exactFirst = wishes.toSorted((a, b) => Number(a.address === null) - Number(b.address === null))
  for (const wish of exactFirst) {
    const at = left.findIndex((each) =>
      (wish.subnetId === null || wish.subnetId === each.subnetId) && (wish.address === null || wish.address === each.address)
    )
    if (at >= 0 && (wish.subnetId !== null || wish.address !== null)) kept.push(...left.splice(at, 1))
    else wanted.push(wish)
  }
  return Result.map(
    index.ipam.reserve(port.networkId, index.openSubnets(port.networkId), wanted, port.macAddress),
    (reserved) => ({ fixedIps: [...kept, ...reserved], reserved })
  )
}
