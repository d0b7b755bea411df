import { Clock, Effect, Layer, Random, Result } from "effect"
import { decideAndWrite } from "../../runtime/kernel/decideAndWrite.ts"
import { Records } from "../../runtime/kernel/Records.ts"
import { uuidFrom } from "../shared/ids.ts"
import { isoOf } from "../shared/time.ts"
import { PlacementAdmin } from "./PlacementAdminProtocol.ts"
import { Placement } from "./PlacementProtocol.ts"
import { tooManyWriters } from "./refusals.ts"
import { deleteAllocations, setAllocations } from "./writes/allocations.ts"
import { addInventory, deleteInventory, setInventories, updateInventory } from "./writes/inventories.ts"
import { setAggregates, setTraits } from "./writes/labels.ts"
import { createClass, deleteClass, deleteTrait, putClass, putTrait, renameClass } from "./writes/names.ts"
import { createProvider, deleteProvider, updateProvider } from "./writes/providers.ts"
import { reshape } from "./writes/reshape.ts"
import type { Decision, Sight } from "./writes/Sight.ts"

export const layer = Layer.effect(PlacementAdmin, Effect.gen(function*() {
  const records = yield* Records
  const placement = yield* Placement
  const random = yield* Random.Random

  /** Refused by no rule but by the race with others, it has the code at which clients try again. */
  const write = <A>(decide: (sight: Sight) => Decision<A>) =>
    Effect.flatMap(Clock.currentTimeMillis, (millis) => {
      const sight = { records, placement, now: isoOf(millis) }
      let isRefused = false
      return decideAndWrite(records, () => {
        const decision = decide(sight)
        isRefused = Result.isFailure(decision)
        return decision
      }).pipe(Effect.mapError((refusal) => isRefused || refusal.kind !== "conflict" ? refusal : tooManyWriters(refusal.message)))
    })
  /** A rule as the service offers it. */
  const written = <Args extends ReadonlyArray<unknown>, A>(decide: (sight: Sight, ...args: Args) => Decision<A>) =>
    (...args: Args) => write((sight) => decide(sight, ...args))

  return PlacementAdmin.of({
    createProvider: ({ uuid, ...provider }) =>
      Effect.suspend(() => {
        const drawn = uuid ?? uuidFrom(() => random.nextDoubleUnsafe())
        return write((sight) => createProvider(sight, { ...provider, uuid: drawn }))
      }),
    updateProvider: written(updateProvider),
    deleteProvider: written(deleteProvider),
    addInventory: written(addInventory),
    updateInventory: written(updateInventory),
    deleteInventory: written(deleteInventory),
    setInventories: written(setInventories),
    setTraits: written(setTraits),
    setAggregates: written(setAggregates),
    setAllocations: written(setAllocations),
    deleteAllocations: written(deleteAllocations),
    reshape: written(reshape),
    putTrait: written(putTrait),
    deleteTrait: written(deleteTrait),
    createClass: written(createClass),
    putClass: written(putClass),
    renameClass: written(renameClass),
    deleteClass: written(deleteClass)
  })
}))
