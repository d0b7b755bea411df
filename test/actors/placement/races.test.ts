/** Decisions that were made on the same state, and would break a rule together: the journal takes the first of them alone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Result } from "effect"
import { PlacementAdmin } from "../../../src/actors/placement/PlacementAdminProtocol.ts"
import * as PlacementAdminService from "../../../src/actors/placement/PlacementAdminService.ts"
import { Placement } from "../../../src/actors/placement/PlacementProtocol.ts"
import { deleteAllocations, setAllocations } from "../../../src/actors/placement/writes/allocations.ts"
import type { Claim } from "../../../src/actors/placement/writes/claims.ts"
import { addInventory, deleteInventory, setInventories } from "../../../src/actors/placement/writes/inventories.ts"
import { setAggregates, setTraits } from "../../../src/actors/placement/writes/labels.ts"
import { deleteClass, deleteTrait, putTrait } from "../../../src/actors/placement/writes/names.ts"
import { createProvider, deleteProvider, updateProvider } from "../../../src/actors/placement/writes/providers.ts"
import type { Decision, Sight } from "../../../src/actors/placement/writes/Sight.ts"
import { VersionConflict } from "../../../src/runtime/kernel/Journal.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import { makeDo, putHost, putProvider, uuid, world } from "../../api/http/placement/world.ts"

const rules = { mayReserveAll: true }
const claim = (consumer: number, provider: number, amount: number): Claim => ({
  consumerId: uuid(consumer), projectId: "p", userId: "u", generation: undefined, type: undefined,
  allocations: new Map([[uuid(provider), new Map([["VCPU", amount]])]])
})
const place = (child: number, parent: number | null) => (sight: Sight) =>
  updateProvider(sight, uuid(child), { parentUuid: parent === null ? null : uuid(parent) }, true)

type Deciding = (sight: Sight) => Decision<unknown>
const rivals: Readonly<Record<string, ReadonlyArray<Deciding>>> = {
  "a loop of two": [place(1, 2), place(2, 1)],
  "a loop of three": [place(1, 2), place(2, 3), place(3, 1)],
  "a parent that goes as it gets a child": [
    (sight) => deleteProvider(sight, uuid(3)), (sight) => createProvider(sight, { uuid: uuid(9), name: "new", parentUuid: uuid(3) })
  ],
  "a parent that goes as a provider comes": [place(1, 3), (sight) => deleteProvider(sight, uuid(3))],
  "two names": [
    (sight) => updateProvider(sight, uuid(1), { name: "same" }, true), (sight) => createProvider(sight, { uuid: uuid(9), name: "same", parentUuid: null })
  ],
  "the last room": [(sight) => setAllocations(sight, [claim(50, 1, 5)]), (sight) => setAllocations(sight, [claim(51, 1, 5)])],
  "room of a host": [(sight) => setAllocations(sight, [claim(50, 7, 4)]), (sight) => setAllocations(sight, [claim(51, 7, 4)])],
  "an inventory that goes as it is claimed": [(sight) => deleteInventory(sight, uuid(1), "VCPU"), (sight) => setAllocations(sight, [claim(50, 1, 1)])],
  "a provider that goes as it is claimed": [(sight) => setAllocations(sight, [claim(50, 1, 1)]), (sight) => deleteProvider(sight, uuid(1))],
  "one consumer twice": [(sight) => setAllocations(sight, [claim(50, 1, 1)]), (sight) => setAllocations(sight, [claim(50, 2, 1)])],
  "a consumer that goes as it moves": [
    (sight) => deleteAllocations(sight, uuid(60)), (sight) => setAllocations(sight, [claim(60, 2, 1)])
  ],
  "a trait that goes as it is set": [(sight) => deleteTrait(sight, "CUSTOM_T"), (sight) => setTraits(sight, uuid(1), null, ["CUSTOM_T"])],
  "a class that goes as it is had": [
    (sight) => addInventory(sight, uuid(1), "CUSTOM_C", { total: 1 }, rules), (sight) => deleteClass(sight, "CUSTOM_C")
  ],
  "two words of one generation": [
    (sight) => setTraits(sight, uuid(1), 1, ["CUSTOM_T"]), (sight) => setAggregates(sight, uuid(1), 1, [uuid(70)]),
    (sight) => setInventories(sight, uuid(1), 1, new Map(), rules)
  ],
  "one new trait twice": [(sight) => putTrait(sight, "CUSTOM_N"), (sight) => putTrait(sight, "CUSTOM_N")]
}

describe("of decisions that cannot stand together, one stands", () => {
  for (const [name, deciding] of Object.entries(rivals)) {
    for (const [first] of deciding.entries()) {
      it.effect(`${name}, the ${first + 1}. first`, () =>
        Effect.gen(function*() {
          const act = yield* makeDo
          const records = yield* Records
          for (const number of [1, 2, 3]) yield* putProvider(act, number, number === 3 ? {} : { VCPU: 8 })
          yield* putHost(7, { vcpus: 4, memoryMb: 1024 })
          yield* act("PUT /traits/CUSTOM_T")
          yield* act("PUT /resource_classes/CUSTOM_C")
          yield* act(`PUT /allocations/${uuid(60)}`, { allocations: { [uuid(2)]: { resources: { VCPU: 1 } } }, project_id: "p", user_id: "u" }, "1.27")
          const sight: Sight = { placement: yield* Placement, records, now: "2030-01-01T00:00:00.000Z" }
          const decided = [...deciding.slice(first), ...deciding.slice(0, first)].map((decide) => decide(sight))
          const outcomes: Array<boolean> = []
          for (const decision of decided) {
            if (Result.isFailure(decision)) return assert.fail(decision.failure.message)
            outcomes.push(Exit.isSuccess(yield* Effect.exit(records.write(decision.success.changes))))
          }
          assert.deepStrictEqual(outcomes, deciding.map((_, index) => index === 0))
        }).pipe(Effect.provide(world)))
    }
  }
})

it.effect("who never comes first is told so with the code at which clients try again", () =>
  Effect.gen(function*() {
    const records = yield* Records
    const lost = new VersionConflict({ stream: { type: "x", id: "x" }, expected: 1, actual: 2 })
    const admin = yield* Effect.provide(PlacementAdmin, Layer.fresh(PlacementAdminService.layer)).pipe(
      Effect.provideService(Records, { ...records, write: () => Effect.fail(lost) })
    )
    const refusal = yield* Effect.flip(admin.putTrait("CUSTOM_T"))
    assert.deepInclude(refusal, { kind: "conflict", code: "placement.concurrent_update" })
  }).pipe(Effect.provide(world)))
