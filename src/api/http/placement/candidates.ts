/** `GET /allocation_candidates`: where what is asked for can be had. */
import { Effect } from "effect"
import { candidates } from "../../../actors/placement/candidates/candidates.ts"
import { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import type { Refusal } from "../../../actors/shared/Refusal.ts"
import { requestIn } from "./candidatesRequest.ts"
import { allocationRequest, show, summaryAt } from "./fields.ts"
import { checkKnown } from "./known.ts"
import type { Call, Outcome } from "./Operations.ts"

export const listCandidates = Effect.fnUntraced(function*(call: Call): Effect.fn.Return<Outcome, Refusal, Placement> {
  const placement = yield* Placement
  const request = yield* Effect.fromResult(requestIn(call))
  for (const group of [...request.groups, { ...request.root, resources: new Map<string, number>() }]) {
    const unknown = checkKnown(placement, group)
    if (unknown !== null) return yield* unknown
  }
  const { found, summarized } = candidates(placement.forest(), placement.used, request)
  const requested = new Set(request.groups.flatMap(({ resources }) => [...resources.keys()]))
  return {
    modifiedAt: null,
    body: {
      allocation_requests: found.map((candidate) => show(allocationRequest, call.version, candidate)),
      provider_summaries: Object.fromEntries(summarized.map((provider) =>
        [provider.uuid, summaryAt(call.version, { provider, used: placement.used(provider), requested })]))
    }
  }
})
