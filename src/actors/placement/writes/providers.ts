/** Who provides, under which name, and under whom. */
import { Result } from "effect"
import { Limits } from "../../../runtime/Limits.ts"
import type { Refusal } from "../../shared/Refusal.ts"
import { hasChildren, heightOf, lineOf } from "../Forest.ts"
import type { Provider } from "../Provider.ts"
import { type ProviderRecord, providerRecords } from "../records.ts"
import { bad, hasAllocations, hasChildProviders, isHost, nameTaken, providerNotFound, tooMany } from "../refusals.ts"
import { type Decision, put, type Sight, targetOf } from "./Sight.ts"

const depthMax = Limits.placementDepthMax
const tooDeep = `parent_provider_uuid: no more than ${depthMax} providers may stand one under the other.`

/** Absent: stays. */
export interface ProviderChange {
  readonly name?: string
  /** `null`: a root. */
  readonly parentUuid?: string | null
}

const isTaken = ({ placement, records }: Sight, name: string): boolean =>
  records.find(providerRecords, "name", name) !== undefined || placement.isHostname(name)

const cannotSave = (uuid: string, reason: string) =>
  bad(`Unable to save resource provider ${uuid}: Object action update failed because: ${reason}`)

/** All above a new child are held: none of them can go, or come under it, at the same moment. Hosts cannot anyway. */
const holdLine = (sight: Sight, parent: Provider) =>
  lineOf(sight.placement.forest(), parent).flatMap(({ uuid }) => {
    const record = sight.records.get(providerRecords, uuid)
    return record === undefined ? [] : [put(sight, record)]
  })

export interface NewProvider {
  readonly uuid: string
  readonly name: string
  readonly parentUuid: string | null
}

export const createProvider = (sight: Sight, { name, parentUuid, uuid }: NewProvider): Decision<string> => {
  const { now, placement, records } = sight
  const cannot = (reason: string) => Result.fail(bad(`Unable to create resource provider "${name}", ${uuid}: Object action create failed because: ${reason}`))
  if (name === "") return cannot("name is required")
  if (parentUuid === uuid) return cannot("parent provider UUID cannot be same as UUID. Please set parent provider UUID to None if there is no parent.")
  const parent = parentUuid === null ? undefined : placement.provider(parentUuid)
  if (parentUuid !== null && parent === undefined) return cannot("parent provider UUID does not exist.")
  if (parent !== undefined && lineOf(placement.forest(), parent).length >= depthMax) return cannot(tooDeep)
  const duplicates = [
    ...(placement.provider(uuid) === undefined && records.get(providerRecords, uuid) === undefined ? [] : [`uuid: ${uuid}`]),
    ...(isTaken(sight, name) ? [`name: ${name}`] : [])
  ]
  if (duplicates.length > 0) return Result.fail(nameTaken(duplicates.join(", ")))
  if (records.size(providerRecords) >= Limits.placementProvidersMax) {
    return Result.fail(tooMany("resource providers", Limits.placementProvidersMax, "placementProvidersMax"))
  }
  const record: ProviderRecord = {
    uuid, name, parentUuid, generation: 0, inventories: {}, hostRatios: {}, traits: [], aggregates: [], createdAt: now, updatedAt: now
  }
  return Result.succeed({ changes: [put(sight, record), ...(parent === undefined ? [] : holdLine(sight, parent))], answer: uuid })
}

/** The rules of trees: no loops, and whoever has a parent keeps it, but for versions that can move a provider. */
const checkParent = (
  { placement }: Sight, provider: Provider, parentUuid: string | null, mayMove: boolean
): Result.Result<Provider | undefined, Refusal> => {
  const cannot = (reason: string) => Result.fail(cannotSave(provider.uuid, reason))
  if (parentUuid === null) {
    return provider.parentUuid === null || mayMove ? Result.succeed(undefined) : cannot("un-parenting a provider is not currently allowed.")
  }
  const parent = placement.provider(parentUuid)
  if (parent === undefined) return cannot("parent provider UUID does not exist.")
  const isMove = provider.parentUuid !== null && provider.parentUuid !== parentUuid
  if (isMove && !mayMove) return cannot("re-parenting a provider is not currently allowed.")
  const forest = placement.forest()
  const line = lineOf(forest, parent)
  if (line.includes(provider)) return cannot("creating loop in the provider tree is not allowed.")
  return line.length + heightOf(forest, provider) > depthMax ? cannot(tooDeep) : Result.succeed(parent)
}

const isOwnChange = (provider: Provider, { name, parentUuid }: ProviderChange): boolean =>
  (name === undefined || name === provider.name) && (parentUuid === undefined || parentUuid === provider.parentUuid)

export const updateProvider = (sight: Sight, uuid: string, change: ProviderChange, mayMove: boolean): Decision<void> =>
  Result.gen(function*() {
    const { provider, record } = yield* targetOf(sight, uuid)
    const { name = provider.name, parentUuid } = change
    if (provider.hostname !== null) {
      return isOwnChange(provider, change)
        ? { changes: [], answer: undefined }
        : yield* Result.fail(isHost(provider.name, "its name is the hypervisor's, and it is a root."))
    }
    const parent = parentUuid === undefined ? undefined : yield* checkParent(sight, provider, parentUuid, mayMove)
    if (name !== provider.name && isTaken(sight, name)) return yield* Result.fail(nameTaken(name))
    const after = { ...record, name, parentUuid: parentUuid === undefined ? record.parentUuid : parentUuid, updatedAt: sight.now }
    return {
      changes: [...(parent === undefined ? [] : holdLine(sight, parent)), put(sight, after)],
      answer: undefined
    }
  })

export const deleteProvider = (sight: Sight, uuid: string): Decision<void> =>
  Result.gen(function*() {
    const { placement, records } = sight
    const provider = placement.provider(uuid)
    if (provider === undefined) return yield* Result.fail(providerNotFound(uuid, " for delete"))
    if (hasChildren(placement.forest(), provider)) return yield* Result.fail(hasChildProviders(uuid))
    for (const _ of placement.allocationsOf(provider)) return yield* Result.fail(hasAllocations(uuid))
    if (provider.hostname !== null) {
      return yield* Result.fail(isHost(provider.name, "it goes when its compute service is deleted (openstack compute service delete)."))
    }
    return {
      changes: [{ table: providerRecords, remove: uuid, expect: records.version(providerRecords, uuid) }],
      answer: undefined
    }
  })
