import { Limits } from "../../../runtime/Limits.ts"
import type { Shortage } from "../Filter.ts"
import type { Refusals } from "../select.ts"
import type { RefusedGroup } from "./Proof.ts"

type Reasons = Refusals["refused"] extends ReadonlyMap<string, infer R> ? R : never

interface Named {
  readonly host: string
  readonly lack: number
  readonly reason: string
  readonly short: Shortage | undefined
}

const comesBefore = (a: Named, b: Named): boolean => a.lack < b.lack || (a.lack === b.lack && a.host < b.host)

/** Hosts of one filter that want one resource are one group, whatever each has of it. Those nearest to fit are named. */
class Group {
  count = 0
  readonly named: Array<Named> = []

  add(one: Named): void {
    this.count++
    let at = this.named.length
    while (at > 0 && comesBefore(one, this.named[at - 1]!)) at--
    if (at >= Limits.proofHostsNamedMax) return
    this.named.splice(at, 0, one)
    this.named.splice(Limits.proofHostsNamedMax)
  }
}

const gathered = (reasons: Reasons): Iterable<Group> => {
  const groups = new Map<string, Group>()
  for (const [reason, { hosts, why: { short } }] of reasons) {
    const key = short === undefined ? reason : ` ${short.resource}`
    const group = groups.get(key) ?? new Group()
    groups.set(key, group)
    const lack = short === undefined ? 0 : short.needed - short.available
    for (const host of hosts) group.add({ host, lack, reason, short })
  }
  return groups.values()
}

const cut = (text: string): string => text.length > Limits.proofReasonCharsMax ? `${text.slice(0, Limits.proofReasonCharsMax - 1)}…` : text

const groupOf = (filter: string, { count, named }: Group): RefusedGroup => {
  const { reason, short } = named[0]!
  return { filter, reason: cut(reason), count, hosts: named.map(({ host }) => host), ...(short === undefined ? {} : { short }) }
}

/** Who refused how many hosts and why: the greatest groups, as many as a proof may have. */
export const groupsOf = ({ refused }: Refusals): ReadonlyArray<RefusedGroup> =>
  [...refused].flatMap(([filter, reasons]) => Array.from(gathered(reasons), (group) => groupOf(filter, group)))
    .sort((a, b) => b.count - a.count || (`${a.filter} ${a.reason}` < `${b.filter} ${b.reason}` ? -1 : 1))
    .slice(0, Limits.proofGroupsMax)
