/** What holds whatever clients do, in whatever order: claims, generations, and the same answers after a restart. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { aggregates } from "../../../../src/actors/host/Aggregate.ts"
import { hosts } from "../../../../src/actors/host/Host.ts"
import { ConsumerIndex } from "../../../../src/actors/placement/ConsumerIndex.ts"
import { Forest } from "../../../../src/actors/placement/Forest.ts"
import { Placement } from "../../../../src/actors/placement/PlacementProtocol.ts"
import * as PlacementService from "../../../../src/actors/placement/PlacementService.ts"
import { capacityOf } from "../../../../src/actors/placement/Provider.ts"
import { type ConsumerRecord, consumerRecords } from "../../../../src/actors/placement/records.ts"
import { Records } from "../../../../src/runtime/kernel/Records.ts"
import { pick, seeded } from "../../../fixtures/mutate.ts"
import { type Do, makeDo, putHost, putProvider, putServer, uuid, world } from "./world.ts"

const consumers = [50, 51, 52, 53]
const providers = [1, 2, 3]

/** One thing a client might do, most of it allowed. */
const step = (act: Do, draw: () => number) => {
  const resources = { [pick(draw, ["VCPU", "CUSTOM_A"])]: 1 + Math.floor(draw() * 4) }
  const allocations = draw() < 0.2 ? {} : { [uuid(pick(draw, providers))]: { resources }, [uuid(pick(draw, providers))]: { resources } }
  const old = { allocations, project_id: pick(draw, ["p", "q"]), user_id: "u" }
  const provider = `/resource_providers/${uuid(pick(draw, providers))}`
  return pick(draw, [
    act(`PUT /allocations/${uuid(pick(draw, consumers))}`, old, "1.27"),
    act("POST /allocations", { [uuid(pick(draw, consumers))]: old, [uuid(pick(draw, consumers))]: old }, "1.27"),
    act(`DELETE /allocations/${uuid(pick(draw, consumers))}`),
    act(`DELETE ${provider}/inventories/CUSTOM_A`),
    act(`POST ${provider}/inventories`, { resource_class: "CUSTOM_A", total: 1 + Math.floor(draw() * 6) })
  ])
}

/** All that Placement says of its providers. */
const everything = (placement: Placement["Service"]) =>
  placement.providers().map((provider) => ({
    uuid: provider.uuid, generation: placement.generation(provider), used: [...placement.used(provider)],
    held: [...placement.allocationsOf(provider)].toSorted((a, b) => a.consumerId < b.consumerId ? -1 : 1)
  }))

describe("placement's laws", () => {
  it.effect("what is held never exceeds what there is; each change is another generation", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const placement = yield* Placement
      yield* putHost(1)
      yield* putServer(1)
      yield* putProvider(act, 2, { VCPU: 8, CUSTOM_A: 8 })
      yield* putProvider(act, 3, { VCPU: 8 }, 2)
      const draw = seeded(7)
      const counts = new Map<number, number>()
      let before = everything(placement)
      for (let turn = 0; turn < 400; turn++) {
        const { status } = yield* step(act, draw)
        counts.set(status, (counts.get(status) ?? 0) + 1)
        const after = everything(placement)
        for (const provider of placement.providers()) {
          for (const [resource, amount] of placement.held(provider)) {
            assert.isAtMost(amount, capacityOf(provider.inventories.get(resource)!), `turn ${turn}: ${resource} of ${provider.name}`)
          }
        }
        for (const [index, now] of after.entries()) {
          const then = before[index]!
          assert.isAtLeast(now.generation, then.generation, `turn ${turn}: ${now.uuid} goes on`)
          // What is given away is only counted where it is given: whoever frees something needs no generation.
          const isMore = now.used.some(([resource, amount]) => amount > (new Map(then.used).get(resource) ?? 0))
          if (isMore) assert.isAbove(now.generation, then.generation, `turn ${turn}: ${now.uuid} gave more`)
        }
        if (status >= 400) assert.deepStrictEqual(after, before, `turn ${turn}: a refusal changes nothing`)
        before = after
      }
      for (const status of [201, 204, 404, 409]) assert.isAbove(counts.get(status) ?? 0, 5, `some answers are ${status}`)
    }).pipe(Effect.provide(world)))

  it.effect("a process that starts later says the same", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const placement = yield* Placement
      yield* putHost(1)
      yield* putProvider(act, 2, { VCPU: 8, CUSTOM_A: 8 }, 1)
      yield* putProvider(act, 3, { VCPU: 8 })
      const draw = seeded(11)
      for (let turn = 0; turn < 60; turn++) yield* step(act, draw)
      const later = yield* Effect.provide(Placement, Layer.fresh(PlacementService.layer))
      assert.notStrictEqual(later, placement)
      assert.deepStrictEqual(everything(later), everything(placement))
    }).pipe(Effect.provide(world)))

  it.effect("the forest that follows is the one made new", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const placement = yield* Placement
      const records = yield* Records
      for (const number of [1, 2]) yield* putHost(number)
      for (const number of [3, 4, 5]) yield* putProvider(act, number, { VCPU: 8 })
      yield* act("PUT /traits/CUSTOM_T")
      const rack = { id: 1, uuid: uuid(70), name: "rack", metadata: {}, createdAt: "2030-01-01T00:00:00.000Z", updatedAt: null }
      const shown = (forest: Forest) => ({
        providers: forest.providers, roots: forest.roots.map((root) => [root.uuid, forest.treeOf(root.uuid)]),
        byUuid: [...forest.byUuid.keys()], aggregates: forest.providers.map((provider) => forest.aggregatesOf(provider))
      })
      const anyone = (draw: () => number) => pick(draw, [1, 2, 3, 4, 5])
      const turns = (draw: () => number) => {
        const [one, other] = [anyone(draw), anyone(draw)]
        const path = `/resource_providers/${uuid(one)}`
        return pick(draw, [
          putHost(pick(draw, [1, 2]), { isDisabled: draw() < 0.5, vcpus: 1 + Math.floor(draw() * 9) }),
          records.write([{ table: hosts, remove: "host-2", expect: "any" }]),
          records.write([{ table: aggregates, put: { ...rack, hosts: draw() < 0.5 ? [] : ["host-1"] }, expect: "any" }]),
          act(`PUT ${path}`, { name: `rp-${one}`, parent_provider_uuid: pick(draw, [null, uuid(other)]) }),
          act(`POST ${path}/inventories`, { resource_class: "VGPU", total: 3 }),
          act(`PUT ${path}/aggregates`, [uuid(80 + one)], "1.1"),
          act(`DELETE ${path}/inventories/VGPU`),
          act(`DELETE ${path}`),
          act("POST /resource_providers", { name: `rp-${one}`, uuid: uuid(one), parent_provider_uuid: pick(draw, [null, uuid(other)]) })
        ])
      }
      for (const seed of [1, 2, 3]) {
        const draw = seeded(seed)
        for (let turn = 0; turn < 150; turn++) {
          placement.forest()
          yield* turns(draw)
          assert.deepStrictEqual(shown(placement.forest()), shown(Forest.of(records)), `seed ${seed}, turn ${turn}`)
        }
      }
    }).pipe(Effect.provide(world)))

  it.effect("the index of consumers is what counting them all would be", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const records = yield* Records
      yield* putHost(1)
      yield* putProvider(act, 2, { VCPU: 8, CUSTOM_A: 8 })
      yield* putProvider(act, 3, { VCPU: 8 })
      const index = new ConsumerIndex()
      yield* records.watch([consumerRecords], (_type, id) => index.apply(id, records.get(consumerRecords, id)))
      const draw = seeded(13)
      for (let turn = 0; turn < 100; turn++) {
        yield* step(act, draw)
        const all: ReadonlyArray<ConsumerRecord> = [...records.all(consumerRecords)]
        for (const number of providers) {
          const sums = new Map<string, number>()
          for (const { allocations } of all) {
            for (const [resource, amount] of Object.entries(allocations[uuid(number)] ?? {})) sums.set(resource, (sums.get(resource) ?? 0) + amount)
          }
          assert.deepStrictEqual([...index.usedOf(uuid(number))].toSorted(), [...sums].toSorted())
          assert.deepStrictEqual(
            [...index.onProvider(uuid(number))].map(({ id }) => id).toSorted(),
            all.filter(({ allocations }) => Object.hasOwn(allocations, uuid(number))).map(({ id }) => id).toSorted()
          )
        }
        for (const project of ["p", "q"]) {
          const byId = (records: Iterable<ConsumerRecord>) => [...records].toSorted((a, b) => a.id < b.id ? -1 : 1)
          assert.deepStrictEqual(byId(index.ofProject(project)), byId(all.filter(({ projectId }) => projectId === project)))
        }
      }
    }).pipe(Effect.scoped, Effect.provide(world)))
})
