/** Providers made, renamed, moved and deleted; their traits and aggregates. */
import { Effect } from "effect"
import { PlacementAdmin } from "../../../actors/placement/PlacementAdminProtocol.ts"
import { behaviours } from "./behaviours.ts"
import {
  type AggregatesBody, changedProvider, newProvider, providerAggregates, type ProviderBody, providerTraits, type TraitsBody
} from "./bodies.ts"
import { checkBody } from "./checkBody.ts"
import { providerPath } from "./fields.ts"
import type { Call, Outcome } from "./Operations.ts"
import { found, listAggregates, listProviderTraits, showProvider } from "./providers.ts"

/** 32 hexadecimal digits as a UUID is written. */
export const canonicalUuid = (text: string): string => {
  const hex = text.replaceAll(/urn:|uuid:|[{}-]/gi, "").toLowerCase()
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}

export const createProvider = Effect.fnUntraced(function*(call: Call) {
  const { name, parent_provider_uuid: parentUuid = null, uuid } = yield* checkBody<ProviderBody>(newProvider, call)
  const admin = yield* PlacementAdmin
  const created = yield* admin.createProvider({ uuid: uuid === undefined ? null : canonicalUuid(uuid), name, parentUuid })
  const location = providerPath(created)
  if (!call.within(behaviours.createdProviderShown)) return { status: 201, location } satisfies Outcome
  return { ...yield* showProvider({ ...call, params: { uuid: created } }), location }
})

export const updateProvider = Effect.fnUntraced(function*(call: Call) {
  const { provider } = yield* found(call)
  const { name, parent_provider_uuid: parentUuid } = yield* checkBody<ProviderBody>(changedProvider, call)
  const change = { name, ...(parentUuid === undefined ? {} : { parentUuid }) }
  yield* (yield* PlacementAdmin).updateProvider(provider.uuid, change, call.within(behaviours.movesBetweenParents))
  return yield* showProvider(call)
})

export const deleteProvider = Effect.fnUntraced(function*(call: Call) {
  yield* (yield* PlacementAdmin).deleteProvider(call.params["uuid"]!)
  return { status: 204 }
})

export const setTraits = Effect.fnUntraced(function*(call: Call) {
  const { resource_provider_generation: generation, traits } = yield* checkBody<TraitsBody>(providerTraits, call)
  yield* (yield* PlacementAdmin).setTraits(call.params["uuid"]!, generation, traits)
  return yield* listProviderTraits(call)
})

export const deleteTraits = Effect.fnUntraced(function*(call: Call) {
  yield* (yield* PlacementAdmin).setTraits(call.params["uuid"]!, null, [])
  return { status: 204 }
})

export const setAggregates = Effect.fnUntraced(function*(call: Call) {
  const { provider } = yield* found(call)
  const body = yield* checkBody<AggregatesBody | ReadonlyArray<string>>(providerAggregates, call)
  const admin = yield* PlacementAdmin
  yield* "aggregates" in body
    ? admin.setAggregates(provider.uuid, body.resource_provider_generation, body.aggregates)
    : admin.setAggregates(provider.uuid, null, body)
  return yield* listAggregates(call)
})
