/** Inventories made, changed and deleted: one, or all of a provider. */
import { Effect } from "effect"
import { PlacementAdmin } from "../../../actors/placement/PlacementAdminProtocol.ts"
import { behaviours } from "./behaviours.ts"
import {
  allInventories, changedInventory, type InventoriesBody, type InventoryBody, newInventory
} from "./bodies.ts"
import { checkBody } from "./checkBody.ts"
import { providerPath } from "./fields.ts"
import { givenInventories, givenInventory } from "./given.ts"
import type { Call } from "./Operations.ts"
import { found, listInventories, showInventory } from "./providers.ts"

const rulesOf = (call: Call) => ({ mayReserveAll: call.within(behaviours.wholeReserve) })

type NewInventoryBody = InventoryBody & { readonly resource_class: string }

export const createInventory = Effect.fnUntraced(function*(call: Call) {
  const { provider } = yield* found(call)
  const body = yield* checkBody<NewInventoryBody>(newInventory, call)
  const resource = body.resource_class
  yield* (yield* PlacementAdmin).addInventory(provider.uuid, resource, givenInventory(body), { ...rulesOf(call), verb: "create" })
  const shown = yield* showInventory({ ...call, params: { uuid: provider.uuid, resource } })
  return { ...shown, status: 201, location: `${providerPath(provider.uuid)}/inventories/${resource}` }
})

type ChangedInventoryBody = InventoryBody & Pick<InventoriesBody, "resource_provider_generation">

export const updateInventory = Effect.fnUntraced(function*(call: Call) {
  const { provider } = yield* found(call)
  const body = yield* checkBody<ChangedInventoryBody>(changedInventory, call)
  yield* (yield* PlacementAdmin).updateInventory(
    provider.uuid, call.params["resource"]!, body.resource_provider_generation, givenInventory(body), rulesOf(call)
  )
  return yield* showInventory(call)
})

export const deleteInventory = Effect.fnUntraced(function*(call: Call) {
  yield* (yield* PlacementAdmin).deleteInventory(call.params["uuid"]!, call.params["resource"]!)
  return { status: 204 }
})

export const setInventories = Effect.fnUntraced(function*(call: Call) {
  const { provider } = yield* found(call)
  const body = yield* checkBody<InventoriesBody>(allInventories, call)
  yield* (yield* PlacementAdmin).setInventories(
    provider.uuid, body.resource_provider_generation, givenInventories(body.inventories), rulesOf(call)
  )
  return yield* listInventories(call)
})

export const deleteInventories = Effect.fnUntraced(function*(call: Call) {
  yield* (yield* PlacementAdmin).setInventories(call.params["uuid"]!, null, new Map(), rulesOf(call))
  return { status: 204 }
})
