/** What consumers hold: one by one, and summed up for projects. */
import { Effect } from "effect"
import { type Allocation, totalOf } from "../../../actors/placement/allocations.ts"
import { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import { behaviours } from "./behaviours.ts"
import { amounts, consumer, show, type Shown } from "./fields.ts"
import type { Call } from "./Operations.ts"
import { lastOf } from "./queries.ts"

/** A consumer that holds nothing and one that was never there look the same. */
export const showAllocations = Effect.fnUntraced(function*(call: Call) {
  const placement = yield* Placement
  const held = [...placement.allocationsOfConsumer(call.params["consumer"]!)]
  const first = held[0]?.[1]
  return {
    modifiedAt: first?.createdAt ?? null,
    body: {
      allocations: Object.fromEntries(held.map(([provider, { resources }]) =>
        [provider.uuid, { generation: placement.generation(provider), resources: amounts(resources) }])),
      ...(first === undefined ? {} : show(consumer, call.version, first))
    }
  }
})

const allTypes = "all"

/** `type` null: each type on its own. */
const byType = (allocations: ReadonlyArray<Allocation>, type: string | null): Shown => {
  const groups = type === allTypes
    ? { [allTypes]: allocations }
    : Object.groupBy(allocations.filter((each) => type === null || each.consumerType === type), ({ consumerType }) => consumerType)
  return Object.fromEntries(
    Object.entries(groups).filter(([, members]) => members!.length > 0).map(([name, members]) =>
      [name, { ...amounts(totalOf(members!)), consumer_count: new Set(members!.map(({ consumerId }) => consumerId)).size }])
  )
}

export const showUsages = Effect.fnUntraced(function*(call: Call) {
  const placement = yield* Placement
  const allocations = [...placement.allocationsOfProject(lastOf(call.query, "project_id")!, lastOf(call.query, "user_id"))]
  return {
    modifiedAt: null,
    body: {
      usages: call.within(behaviours.usagesByType)
        ? byType(allocations, lastOf(call.query, "consumer_type"))
        : amounts(totalOf(allocations))
    }
  }
})
