/** Resource providers and what hangs on them. */
import { Effect } from "effect"
import { Placement } from "../../../actors/placement/PlacementProtocol.ts"
import { admits, type Provider } from "../../../actors/placement/Provider.ts"
import { providerNotFound } from "../../../actors/placement/refusals.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { aggregates, allocationOfProvider, amounts, inventoryOf, providerAt, show } from "./fields.ts"
import { checkKnown } from "./known.ts"
import type { Call } from "./Operations.ts"
import { lastOf } from "./queries.ts"
import { wantedIn } from "./wanted.ts"

/** The provider of the path, with its generation. */
export const found = Effect.fnUntraced(function*(call: Call) {
  const placement = yield* Placement
  const uuid = call.params["uuid"]!
  const provider = placement.provider(uuid)
  if (provider === undefined) return yield* providerNotFound(uuid)
  return { placement, provider, generation: placement.generation(provider) }
})

const latest = (times: Iterable<string>): string | null => {
  let last: string | null = null
  for (const time of times) if (last === null || time > last) last = time
  return last
}

/** An empty name filters nothing. */
const isNamed = (provider: Provider, name: string | null, uuid: string | null): boolean =>
  (name === null || name === "" || provider.name === name) && (uuid === null || provider.uuid === uuid)

/** All of one tree; of a provider that is not there, of none. */
const inTree = (placement: Placement["Service"], uuid: string | null): ReadonlyArray<Provider> => {
  if (uuid === null) return placement.providers()
  const member = placement.provider(uuid)
  return member === undefined ? [] : placement.forest().treeOf(member.rootUuid)
}

export const listProviders = Effect.fnUntraced(function*(call: Call) {
  const placement = yield* Placement
  const wanted = yield* Effect.fromResult(wantedIn(call))
  const unknown = checkKnown(placement, wanted)
  if (unknown !== null) return yield* unknown
  const name = lastOf(call.query, "name")
  const uuid = lastOf(call.query, "uuid")
  const shown = inTree(placement, wanted.inTree).filter((provider) =>
    isNamed(provider, name, uuid) && admits(provider, placement.used(provider), wanted))
  return {
    modifiedAt: latest(shown.map(({ updatedAt }) => updatedAt)),
    body: {
      resource_providers: shown.map((provider) => providerAt(call.version, { provider, generation: placement.generation(provider) }))
    }
  }
})

export const showProvider = (call: Call) =>
  Effect.map(found(call), (shown) => ({ modifiedAt: shown.provider.updatedAt, body: providerAt(call.version, shown) }))

export const listInventories = (call: Call) =>
  Effect.map(found(call), ({ generation, provider }) => ({
    modifiedAt: provider.updatedAt,
    body: {
      resource_provider_generation: generation,
      inventories: Object.fromEntries([...provider.inventories].map(([resource, inventory]) => [resource, inventoryOf(inventory)]))
    }
  }))

export const showInventory = Effect.fnUntraced(function*(call: Call) {
  const { generation, provider } = yield* found(call)
  const resource = call.params["resource"]!
  const inventory = provider.inventories.get(resource)
  if (inventory === undefined) {
    return yield* refuse("notFound", `No inventory of class ${resource.slice(0, Limits.echoCharsMax)} for ${provider.uuid}`)
  }
  return { modifiedAt: provider.updatedAt, body: { ...inventoryOf(inventory), resource_provider_generation: generation } }
})

export const listUsages = (call: Call) =>
  Effect.map(found(call), ({ generation, placement, provider }) => ({
    modifiedAt: null,
    body: { resource_provider_generation: generation, usages: amounts(placement.used(provider)) }
  }))

export const listAggregates = (call: Call) =>
  Effect.map(found(call), (shown) => ({ modifiedAt: null, body: show(aggregates, call.version, shown) }))

export const listProviderTraits = (call: Call) =>
  Effect.map(found(call), ({ generation, provider }) => ({
    modifiedAt: provider.updatedAt,
    body: { traits: [...provider.traits], resource_provider_generation: generation }
  }))

export const listProviderAllocations = (call: Call) =>
  Effect.map(found(call), ({ generation, placement, provider }) => {
    const allocations = [...placement.allocationsOf(provider)]
    return {
      modifiedAt: latest(allocations.map(({ createdAt }) => createdAt)),
      body: {
        allocations: Object.fromEntries(
          allocations.map((allocation) => [allocation.consumerId, show(allocationOfProvider, call.version, allocation)])
        ),
        resource_provider_generation: generation
      }
    }
  })
