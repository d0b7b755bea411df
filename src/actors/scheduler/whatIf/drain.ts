import { Result } from "effect"
import type { Instance } from "../../instance/Instance.ts"
import { takenBy } from "../../placement/demand/Taken.ts"
import type { HostTable } from "../HostTable.ts"
import { groupsOf } from "../proof/groups.ts"
import { withLoad } from "../proof/hostChange.ts"
import { anywhereElse } from "../proof/elsewhere.ts"
import type { RequestSpec } from "../RequestSpec.ts"
import { changedPremises, premisesOf } from "./premises.ts"
import type { DrainPlan, Premise } from "./WhatIf.ts"

/** The great first: the small find room last. */
const bySize = (a: Instance, b: Instance): number =>
  b.flavor.ramMb - a.flavor.ramMb || b.flavor.vcpus - a.flavor.vcpus || (a.id < b.id ? -1 : 1)

interface Drained {
  readonly host: string
  readonly servers: Iterable<Instance>
  /** `moved`: where servers would be by then. */
  readonly specOf: (server: Instance, moved: ReadonlyMap<string, string>) => RequestSpec
  /** Of an earlier plan. */
  readonly premises: ReadonlyArray<Premise>
}

/** Where each of a host's servers would go, one after the other; the table stays as it is. */
export const drainPlan = (table: HostTable, { host, premises, servers, specOf }: Drained): DrainPlan => {
  const after = table.fork()
  const moved = new Map<string, string>()
  const stuck: Array<DrainPlan["stuck"][number]> = []
  for (const server of [...servers].sort(bySize)) {
    const spec = anywhereElse(specOf(server, moved), server)
    const picked = after.pick(spec)
    if (Result.isFailure(picked)) {
      stuck.push({ server: server.id, why: groupsOf(picked.failure).map(({ count, filter, reason }) => `${filter}: ${reason} (${count})`).join("; ") })
      continue
    }
    const { allocations, devices, host: to, numa } = picked.success
    moved.set(server.id, to.hostname)
    after.put(withLoad(to, { taken: takenBy(spec, allocations ?? undefined), numa, allocations, devices }))
  }
  return {
    host, stuck,
    moves: Array.from(moved, ([server, to]) => ({ server, to })),
    premises: premisesOf(table, [host, ...moved.values()]),
    changed: changedPremises(premises, table)
  }
}
