import { takenBy } from "../../placement/demand/Taken.ts"
import type { Steps } from "../../shared/Steps.ts"
import type { Picked } from "../HostTable.ts"
import { placeAll } from "../placing.ts"
import { type Load, withLoad, withoutLoad } from "../proof/hostChange.ts"
import { placedOf } from "../proof/placed.ts"
import type { Proof } from "../proof/Proof.ts"
import { refusedIn } from "../proof/refused.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import type { Moment } from "./Moment.ts"
import { tableOf } from "./tables.ts"

interface Several {
  readonly outcome: Proof["outcome"]
  /** How many found a place before one did not, or all. */
  readonly placed: number
  readonly hosts: ReadonlyArray<{ readonly host: string; readonly servers: number }>
}

const loadOf = (spec: RequestSpec, { allocations, devices, numa }: Picked): Load =>
  ({ taken: takenBy(spec, allocations ?? undefined), numa, allocations, devices })

/** Servers of one request, all placed or none, as the scheduler places them. */
export function* severalOf({ hosts, movable, rules }: Moment, spec: RequestSpec, count: number): Steps<Several> {
  const table = yield* tableOf(rules, hosts, spec.groupPolicy === "affinity" ? [{ ...spec, together: count }] : [spec])
  const picks = new Map<number, Picked>()
  const on = () => Map.groupBy(picks.values(), ({ host }) => host.hostname)
  const counts = () => new Map(Array.from(on(), ([host, all]) => [host, all.length]))
  const notAll = yield* placeAll(Array.from({ length: count }, (_, at) => at), spec, {
    pick: (asked) => table.pick(asked),
    hold: (member, picked) => {
      picks.set(member, picked)
      table.put(withLoad(picked.host, loadOf(spec, picked)))
    },
    undo: (member) => {
      const picked = picks.get(member)!
      picks.delete(member)
      table.put(withoutLoad(table.get(picked.host.hostname)!, loadOf(spec, picked)))
    },
    groupHosts: () => spec.groupPolicy === null ? new Map() : counts()
  })
  if (notAll !== null) {
    return { outcome: yield* refusedIn(rules, hosts, spec, notAll.refusals, movable), placed: notAll.placed, hosts: [] }
  }
  return {
    outcome: placedOf(picks.get(0)!), placed: count,
    hosts: Array.from(counts(), ([host, servers]) => ({ host, servers })).toSorted((a, b) => a.host < b.host ? -1 : 1)
  }
}
