import { Effect } from "effect"
import type { Scope } from "effect"
import type { InstanceIndex } from "../../runtime/kernel/InstanceIndex.ts"
import type { Records } from "../../runtime/kernel/Records.ts"
import { aggregates } from "../host/Aggregate.ts"
import { hosts } from "../host/Host.ts"
import type { Instance } from "../instance/Instance.ts"
import { presencesOf } from "../instance/presences.ts"
import { consumerRecords, providerRecords } from "../placement/records.ts"
import type { FailedBuilds } from "./FailedBuilds.ts"
import type { Held, Holds } from "./Holds.ts"
import { Claimants, type ProviderTrees } from "./ProviderTrees.ts"
import type { Sight } from "./Sight.ts"

interface Watched {
  readonly records: Records["Service"]
  readonly index: InstanceIndex["Service"]
  readonly sight: Sight
  readonly trees: ProviderTrees
  readonly holds: Holds
  readonly failed: FailedBuilds
}

const isSettled = (held: Held, known: Instance): boolean =>
  known.generation >= held.generation && known.work?.step !== "schedule" && known.work?.step !== "select"

/** Marks whatever changes, as it is committed; what it answers with marks everything, once all of that has been seen. */
export const watching = Effect.fnUntraced(function*(
  { failed, holds, index, records, sight, trees }: Watched
): Effect.fn.Return<() => void, never, Scope.Scope> {
  const mark = (hostname: string) => sight.mark(hostname)
  const claimants = new Claimants((uuid) => trees.note(uuid))
  const regroup = () => {
    trees.grow()
    sight.regroup([...records.all(aggregates)].toSorted((a, b) => a.id - b.id))
  }
  const noteProviders = (server: Instance | undefined) => {
    for (const { allocations } of presencesOf(server)) for (const uuid in allocations) trees.note(uuid)
  }
  yield* records.watch([hosts], (_, hostname) => {
    trees.grow()
    mark(hostname)
  })
  yield* records.watch([aggregates], regroup)
  yield* records.watch([providerRecords], (_, uuid) => trees.see(uuid))
  yield* records.watch([consumerRecords], (_, id) => claimants.see(id, records.get(consumerRecords, id)?.allocations))
  yield* index.watchHosts(mark)
  yield* index.watchServers((before, after) => {
    failed.see(before, after)
    noteProviders(before)
    noteProviders(after)
    if (before?.host != null && before.taskState !== after?.taskState) mark(before.host)
    const id = after?.id ?? before?.id
    const held = id === undefined ? undefined : holds.get(id)
    if (held !== undefined && (after === undefined || isSettled(held, after))) holds.remove(held.id)
  })
  return () => {
    for (const { allocations, id } of records.all(consumerRecords)) claimants.see(id, allocations)
    regroup()
    for (const host of records.all(hosts)) mark(host.hostname)
  }
})
