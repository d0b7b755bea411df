/** Allocations set and deleted, of one consumer or of many at once; and moved with inventories. */
import { Effect } from "effect"
import { PlacementAdmin } from "../../../actors/placement/PlacementAdminProtocol.ts"
import { refuse } from "../../../actors/shared/Refusal.ts"
import { Limits } from "../../../runtime/Limits.ts"
import { isUuid } from "../compute/formats.ts"
import { type ConsumerBody, type ConsumersBody, manyConsumers, oneConsumer, type ReshapeBody, reshaper } from "./bodies.ts"
import { checkBody } from "./checkBody.ts"
import { claimOf, givenInventories } from "./given.ts"
import type { Call } from "./Operations.ts"
import { canonicalUuid } from "./providerWrites.ts"

const done = { status: 204 }

export const setAllocations = Effect.fnUntraced(function*(call: Call) {
  const consumer = call.params["consumer"]!
  if (!isUuid(consumer)) return yield* refuse("badRequest", `Malformed consumer_uuid: ${consumer.slice(0, Limits.echoCharsMax)}`)
  const body = yield* checkBody<ConsumerBody>(oneConsumer, call)
  yield* (yield* PlacementAdmin).setAllocations([claimOf(call, canonicalUuid(consumer), body)])
  return done
})

const claimsOf = (call: Call, consumers: ConsumersBody) => Object.entries(consumers).map(([id, body]) => claimOf(call, id, body))

export const setManyAllocations = Effect.fnUntraced(function*(call: Call) {
  const body = yield* checkBody<ConsumersBody>(manyConsumers, call)
  yield* (yield* PlacementAdmin).setAllocations(claimsOf(call, body))
  return done
})

export const deleteAllocations = Effect.fnUntraced(function*(call: Call) {
  yield* (yield* PlacementAdmin).deleteAllocations(call.params["consumer"]!)
  return done
})

export const reshape = Effect.fnUntraced(function*(call: Call) {
  const body = yield* checkBody<ReshapeBody>(reshaper, call)
  yield* (yield* PlacementAdmin).reshape({
    inventories: new Map(Object.entries(body.inventories).map(([uuid, { inventories, resource_provider_generation: generation }]) =>
      [uuid, { generation, inventories: givenInventories(inventories) }])),
    claims: claimsOf(call, body.allocations)
  })
  return done
})
