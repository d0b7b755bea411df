/** What consumers hold. Of servers it is derived, and nobody may write it. */
import { Result } from "effect"
import type { Change } from "../../../runtime/kernel/Records.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { type Refusal, refuse } from "../../shared/Refusal.ts"
import { type ConsumerRecord, consumerRecords, type ProviderRecord } from "../records.ts"
import { consumerConflict, isServer, tooMany } from "../refusals.ts"
import { asTheyAre, checkClaims, type Claim, type InventoriesOf } from "./claims.ts"
import { changed, type Checked, type Decision, put, type Sight, targetOf } from "./Sight.ts"

const checkConsumer = ({ placement }: Sight, { consumerId, generation }: Claim, before: ConsumerRecord | undefined): Checked => {
  if (placement.isServer(consumerId)) return Result.fail(isServer(consumerId))
  const expected = before?.generation ?? null
  return generation === undefined || generation === expected ? Result.void : Result.fail(consumerConflict(consumerId, expected, generation))
}

const after = ({ now }: Sight, claim: Claim, before: ConsumerRecord | undefined): ConsumerRecord => ({
  id: claim.consumerId,
  generation: (before?.generation ?? 0) + 1,
  type: claim.type ?? before?.type ?? null,
  projectId: claim.projectId,
  userId: claim.userId,
  allocations: Object.fromEntries([...claim.allocations].map(([uuid, resources]) => [uuid, Object.fromEntries(resources)])),
  createdAt: before?.createdAt ?? now,
  updatedAt: now
})

const writeConsumer = (sight: Sight, claim: Claim, before: ConsumerRecord | undefined): ReadonlyArray<Change> => {
  const expect = before === undefined ? "absent" as const : sight.records.version(consumerRecords, before.id)
  if (claim.allocations.size > 0) return [{ table: consumerRecords, put: after(sight, claim, before), expect }]
  return expect === "absent" ? [] : [{ table: consumerRecords, remove: claim.consumerId, expect }]
}

/** Those whose generation the request moves on: whoever is named, or, by a consumer that lets go of everything, was held. */
const touched = (claims: ReadonlyArray<Claim>, before: ReadonlyArray<ConsumerRecord | undefined>): ReadonlySet<string> =>
  new Set(claims.flatMap(({ allocations }, index) =>
    allocations.size > 0 ? [...allocations.keys()] : Object.keys(before[index]?.allocations ?? {})))

interface Claimed {
  readonly changes: ReadonlyArray<Change>
  /** UUIDs. */
  readonly touched: ReadonlySet<string>
}

/** All or nothing; `inventoriesOf` as they will be. */
export const claimAll = (
  sight: Sight, claims: ReadonlyArray<Claim>, inventoriesOf: InventoriesOf = asTheyAre
): Result.Result<Claimed, Refusal> =>
  Result.gen(function*() {
    const before = claims.map(({ consumerId }) => sight.records.get(consumerRecords, consumerId))
    for (const [index, claim] of claims.entries()) yield* checkConsumer(sight, claim, before[index])
    yield* checkClaims(sight, claims, before, inventoriesOf)
    const fresh = claims.filter(({ allocations }, index) => before[index] === undefined && allocations.size > 0).length
    if (sight.records.size(consumerRecords) + fresh > Limits.placementConsumersMax) {
      return yield* Result.fail(tooMany("consumers", Limits.placementConsumersMax, "placementConsumersMax"))
    }
    return {
      changes: claims.flatMap((claim, index) => writeConsumer(sight, claim, before[index])),
      touched: touched(claims, before)
    }
  })

/** A claim on a provider writes its record: of two that race for its last room, one decides again. */
export const bumped = (sight: Sight, uuids: Iterable<string>): ReadonlyArray<ProviderRecord> =>
  [...uuids].flatMap((uuid) => {
    const target = targetOf(sight, uuid)
    return Result.isSuccess(target) ? [changed(sight, target.success.record, {})] : []
  })

export const setAllocations = (sight: Sight, claims: ReadonlyArray<Claim>): Decision<void> =>
  Result.map(claimAll(sight, claims), ({ changes, touched: uuids }) => ({
    changes: [...changes, ...bumped(sight, uuids).map((record) => put(sight, record))],
    answer: undefined
  }))

export const deleteAllocations = (sight: Sight, consumerId: string): Decision<void> => {
  const { placement, records } = sight
  if (placement.isServer(consumerId)) return Result.fail(isServer(consumerId))
  return records.get(consumerRecords, consumerId) === undefined
    ? Result.fail(refuse("notFound", `No allocations for consumer '${consumerId.slice(0, Limits.echoCharsMax)}'`))
    : Result.succeed({
      changes: [{ table: consumerRecords, remove: consumerId, expect: records.version(consumerRecords, consumerId) }],
      answer: undefined
    })
}
