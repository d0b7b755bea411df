/** Traits and aggregates of a provider. What a host has by itself it keeps, whatever a client sets. */
import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import { hosts } from "../../host/Host.ts"
import { bad, generationMoved } from "../refusals.ts"
import { traitsOf } from "../traits.ts"
import type { Provider } from "../Provider.ts"
import { changed, checkGeneration, type Decision, holdTraits, put, type Sight, targetOf } from "./Sight.ts"

const ownTraits = ({ records }: Sight, { hostname }: Provider): ReadonlySet<string> => {
  const host = hostname === null ? undefined : records.get(hosts, hostname)
  return host === undefined ? new Set() : traitsOf(host)
}

const isSame = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  new Set(one).symmetricDifference(new Set(other)).size === 0

/** `generation` null: whatever there is, take it away. */
export const setTraits = (sight: Sight, uuid: string, generation: number | null, traits: ReadonlyArray<string>): Decision<void> =>
  Result.gen(function*() {
    const target = yield* targetOf(sight, uuid)
    yield* checkGeneration(target, generation, generationMoved)
    const unknown = traits.filter((name) => !sight.placement.hasTrait(name))
    if (unknown.length > 0) return yield* Result.fail(bad(`No such trait ${[...new Set(unknown)].join(", ").slice(0, Limits.echoCharsMax)}`))
    const own = ownTraits(sight, target.provider)
    const added = [...new Set(traits)].filter((name) => !own.has(name))
    if (isSame(added, target.record.traits)) return { changes: [], answer: undefined }
    const fresh = added.filter((name) => !target.record.traits.includes(name))
    return { changes: [put(sight, changed(sight, target.record, { traits: added })), ...holdTraits(sight, fresh)], answer: undefined }
  })

/** `generation` null: a version that neither checks it nor counts such a change. */
export const setAggregates = (sight: Sight, uuid: string, generation: number | null, uuids: ReadonlyArray<string>): Decision<void> =>
  Result.gen(function*() {
    const target = yield* targetOf(sight, uuid)
    yield* checkGeneration(target, generation, generationMoved)
    const own = sight.placement.hostAggregates(target.provider)
    const aggregates = [...new Set(uuids)].filter((each) => !own.includes(each))
    const record = generation === null ? { ...target.record, aggregates } : changed(sight, target.record, { aggregates })
    return { changes: [put(sight, record)], answer: undefined }
  })
