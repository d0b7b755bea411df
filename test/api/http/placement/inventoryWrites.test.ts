import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { providerOverlay } from "../../../../src/actors/placement/providerOverlay.ts"
import { Records } from "../../../../src/runtime/kernel/Records.ts"
import { at } from "../../../fixtures/json.ts"
import { type Do, generationOf, makeDo, putHost, putProvider, putServer, said, uuid, world } from "./world.ts"

const path = (number: number) => `/resource_providers/${uuid(number)}/inventories`
const defaults = { reserved: 0, min_unit: 1, max_unit: 2147483647, step_size: 1, allocation_ratio: 1 }
const claim = (act: Do, consumer: number, provider: number, resources: Readonly<Record<string, number>>) =>
  Effect.map(act(`PUT /allocations/${uuid(consumer)}`, {
    allocations: { [uuid(provider)]: { resources } }, project_id: "p", user_id: "u", consumer_generation: null, consumer_type: "X"
  }), said)

describe("inventories", () => {
  it.effect("are made, changed, replaced and deleted, each for the generation that was seen", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1)
      const made = yield* act(`POST ${path(1)}`, { resource_class: "VCPU", total: 8 })
      assert.strictEqual(made.status, 201)
      assert.deepStrictEqual(made.body, { total: 8, ...defaults, resource_provider_generation: 2 })
      assert.include(made.text, "\"allocation_ratio\":1.0")
      assert.strictEqual(made.headers["location"], `http://cloud.test/placement${path(1)}/VCPU`)
      assert.match(said(yield* act(`POST ${path(1)}`, { resource_class: "VCPU", total: 8 })), /^409 placement.concurrent_update/)
      const changed = yield* act(`PUT ${path(1)}/VCPU`, { total: 16, reserved: 2, allocation_ratio: 1.5, resource_provider_generation: 2 })
      assert.deepStrictEqual(changed.body, { ...defaults, total: 16, reserved: 2, allocation_ratio: 1.5, resource_provider_generation: 3 })
      assert.match(said(yield* act(`PUT ${path(1)}/VCPU`, { total: 16, resource_provider_generation: 2 })), /^409 placement.concurrent_update/)
      assert.match(said(yield* act(`PUT ${path(1)}/PCPU`, { total: 16, resource_provider_generation: 3 })), /^400 .*PCPU/)
      const replaced = yield* act(path(1).replace(/^/, "PUT "), { inventories: { PCPU: { total: 4 } }, resource_provider_generation: 3 })
      assert.deepStrictEqual(replaced.body, { inventories: { PCPU: { total: 4, ...defaults } }, resource_provider_generation: 4 })
      assert.match(said(yield* act(`DELETE ${path(1)}/VCPU`)), /^404/)
      assert.strictEqual(said(yield* act(`DELETE ${path(1)}/PCPU`)), "204")
      yield* act(`POST ${path(1)}`, { resource_class: "VGPU", total: 8 })
      assert.match(said(yield* act(`DELETE ${path(1)}`, undefined, "1.4")), /^405/)
      assert.strictEqual(said(yield* act(`DELETE ${path(1)}`, undefined, "1.5")), "204")
      assert.deepStrictEqual((yield* act(`GET ${path(1)}`)).body, { inventories: {}, resource_provider_generation: 7 })
    }).pipe(Effect.provide(world)))

  it.effect("are refused with the property and the rule", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1)
      const one = (rest: object) => ({ resource_class: "VCPU", total: 8, ...rest })
      const rows: ReadonlyArray<readonly [body: unknown, refusal: RegExp, version?: string]> = [
        [one({ total: 0 }), /^400 .*0 is less than the minimum of 1 .*On instance\['total'\]: +0$/],
        [one({ total: 2147483648 }), /^400 .*2147483648 is greater than the maximum of 2147483647 .*\['total'\]/],
        [one({ total: "8" }), /^400 .*'8' is not of type 'integer' .*\['total'\]/],
        [one({ total: 1.5 }), /^400 .*1.5 is not of type 'integer' .*\['total'\]/],
        [one({ reserved: -1 }), /^400 .*-1 is less than the minimum of 0 .*\['reserved'\]/],
        [one({ min_unit: 0 }), /^400 .*min_unit/],
        [one({ max_unit: 0 }), /^400 .*max_unit/],
        [one({ step_size: 0 }), /^400 .*step_size/],
        [one({ allocation_ratio: 1e39 }), /^400 .*allocation_ratio/],
        [one({ allocation_ratio: "2" }), /^400 .*allocation_ratio/],
        [one({ allocation_ratio: -1 }), /^400 .*VCPU.*allocation_ratio/],
        [one({ reserved: 9 }), /^400 .*reserved value is greater than total/],
        [one({ reserved: 8 }), /^400 .*reserved value is greater than or equal to total/, "1.25"],
        [one({ allocation_ratio: 0 }), /^400/, "1.25"],
        [one({ resource_class: "vcpu" }), /^400 .*resource_class/],
        [one({ resource_class: "CUSTOM_NONE" }), /^400 .*No such resource class CUSTOM_NONE/],
        [one({ colour: 1 }), /^400 .*Additional properties are not allowed \('colour' was unexpected\)/],
        [{ total: 1 }, /^400 .*resource_class/]
      ]
      for (const [body, refusal, version] of rows) assert.match(said(yield* act(`POST ${path(1)}`, body, version)), refusal, JSON.stringify(body))
      assert.match(said(yield* act(`PUT ${path(1)}/CUSTOM_NONE`, { total: 1, resource_provider_generation: 1 })), /^404/)
      const whole: ReadonlyArray<readonly [body: unknown, refusal: RegExp]> = [
        [{ inventories: { VCPU: { total: 0 } }, resource_provider_generation: 1 }, /^400 .*\['inventories'\]\['VCPU'\]\['total'\]/],
        [{ inventories: { "a b": { total: 1 } }, resource_provider_generation: 1 }, /^400 .*No such resource class a b/],
        [{ inventories: { "a b": 3 }, resource_provider_generation: 1 }, /^400 .*3 is not of type 'object'/],
        [{ inventories: { "a b": {} }, resource_provider_generation: 9 }, /^409 placement.concurrent_update/],
        [{ inventories: { CUSTOM_NONE: { total: 1 } }, resource_provider_generation: 1 }, /^400 .*CUSTOM_NONE/],
        [{ inventories: { VCPU: { total: 1, reserved: 2 } }, resource_provider_generation: 1 }, /^400 .*VCPU/],
        [{ inventories: { VCPU: { total: 1 } }, resource_provider_generation: 9 }, /^409 placement.concurrent_update/],
        [{ inventories: {} }, /^400 .*resource_provider_generation/]
      ]
      for (const [body, refusal] of whole) assert.match(said(yield* act(`PUT ${path(1)}`, body)), refusal, JSON.stringify(body))
      assert.strictEqual(yield* generationOf(act, 1), 1)
      assert.strictEqual(said(yield* act(`POST ${path(1)}`, one({ reserved: 8 }))), "201")
    }).pipe(Effect.provide(world)))

  it.effect("stay as long as somebody holds something of them", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 8, MEMORY_MB: 64 })
      assert.strictEqual(yield* claim(act, 50, 1, { VCPU: 6 }), "204")
      const generation = yield* generationOf(act, 1)
      const put = (inventories: object) => act(`PUT ${path(1)}`, { inventories, resource_provider_generation: generation })
      assert.match(said(yield* put({ MEMORY_MB: { total: 1 } })), /^409 placement.inventory.inuse .*'VCPU'/)
      assert.match(said(yield* act(`DELETE ${path(1)}/VCPU`)), /^409 placement.concurrent_update .*'VCPU'/)
      assert.match(said(yield* act(`DELETE ${path(1)}`)), /^409 placement.inventory.inuse/)
      assert.strictEqual(said(yield* act(`DELETE ${path(1)}/MEMORY_MB`)), "204")
      // Less than is held: allowed, and nobody gets more.
      assert.strictEqual(said(yield* act(`PUT ${path(1)}/VCPU`, { total: 4, resource_provider_generation: generation + 1 })), "200")
      assert.match(yield* claim(act, 51, 1, { VCPU: 1 }), /^409 placement.undefined_code .*exceed the capacity/)
      // Whoever holds too much may hold less, though it is still too much, and not more.
      const change = (amount: number) =>
        Effect.map(act(`PUT /allocations/${uuid(50)}`, { allocations: { [uuid(1)]: { resources: { VCPU: amount } } }, project_id: "p", user_id: "u" }, "1.27"), said)
      assert.match(yield* change(7), /^409 .*exceed the capacity/)
      assert.strictEqual(yield* change(5), "204")
    }).pipe(Effect.provide(world)))

  it.effect("bear any ratio there is", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      for (const [index, allocation_ratio] of [3.4e38, 1e-38, 0].entries()) {
        yield* putProvider(act, index + 1)
        assert.strictEqual(said(yield* act(`POST ${path(index + 1)}`, { resource_class: "VCPU", total: 2147483647, allocation_ratio })), "201")
      }
      const { body } = yield* act("GET /allocation_candidates?resources=VCPU:2000000000")
      const vcpu = at(body, `provider_summaries.${uuid(1)}.resources.VCPU`)
      assert.deepStrictEqual(vcpu, { capacity: Number.MAX_SAFE_INTEGER, used: 0 })
      assert.deepStrictEqual(Object.keys(at(body, "provider_summaries") as object), [uuid(1)])
      assert.strictEqual(yield* claim(act, 50, 1, { VCPU: 2147483647 }), "204")
      assert.match(yield* claim(act, 51, 1, { VCPU: 1e300 }), /^409 .*constraints/)
      assert.match(yield* claim(act, 51, 2, { VCPU: 1 }), /^409 .*capacity/)
    }).pipe(Effect.provide(world)))
})

describe("inventories of a compute host", () => {
  it.effect("are measured: an operator sets ratios and reserves, and adds classes that are not", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const records = yield* Records
      yield* putHost(1)
      const measured = at((yield* act(`GET ${path(1)}`)).body, "inventories") as Readonly<Record<string, object>>
      const generation = yield* generationOf(act, 1)
      yield* act("PUT /resource_classes/CUSTOM_GPU")
      const answer = yield* act(`PUT ${path(1)}`, {
        resource_provider_generation: generation,
        inventories: { ...measured, VCPU: { total: 16, allocation_ratio: 8 }, MEMORY_MB: { total: 32_768, reserved: 1024 }, CUSTOM_GPU: { total: 2 } }
      })
      assert.deepStrictEqual(answer.body, {
        resource_provider_generation: generation + 1,
        inventories: {
          ...measured, VCPU: { ...measured["VCPU"], allocation_ratio: 8 }, MEMORY_MB: { ...measured["MEMORY_MB"], reserved: 1024 },
          CUSTOM_GPU: { ...defaults, total: 2 }
        }
      })
      const overlay = providerOverlay(records, "host-1")
      assert.deepStrictEqual(overlay.ratios, { cpu: 8, ram: 1, disk: 1, reservedCpus: 0, reservedRamMb: 1024, reservedDiskGb: 0 })
      assert.deepStrictEqual([...overlay.inventories.keys()], ["CUSTOM_GPU"])
      assert.deepStrictEqual(providerOverlay(records, "nowhere").ratios.cpu, 4)
      assert.strictEqual(said(yield* act(`PUT ${path(1)}/VCPU`, { total: 16, reserved: 2, resource_provider_generation: generation + 1 })), "200")
      assert.deepInclude(providerOverlay(records, "host-1").ratios, { cpu: 8, reservedCpus: 2 })
      // What the host measures from now on goes with what was said of it.
      yield* putHost(1, { vcpus: 32 })
      assert.deepInclude((yield* act(`GET ${path(1)}/VCPU`)).body as object, { total: 32, allocation_ratio: 8, reserved: 2 })
    }).pipe(Effect.provide(world)))

  it.effect("are not written against what was measured", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(1, { diskGb: 0 })
      const generation = yield* generationOf(act, 1)
      const rows: ReadonlyArray<readonly [what: string, body: object | undefined, refusal: RegExp]> = [
        [`PUT ${path(1)}/VCPU`, { total: 17 }, /^409 .*total of VCPU is what it measures \(16\), not 17/],
        [`PUT ${path(1)}/VCPU`, { total: 16, max_unit: 8 }, /^409 .*max_unit/],
        [`PUT ${path(1)}/VCPU`, { total: 16, step_size: 2 }, /^409 .*step_size/],
        [`PUT ${path(1)}/VCPU`, { total: 16, reserved: 17 }, /^400 .*reserved/],
        [`PUT ${path(1)}`, { inventories: { VCPU: { total: 16 } } }, /^409 .*MEMORY_MB/],
        [`PUT ${path(1)}`, { inventories: { VCPU: { total: 16 }, MEMORY_MB: { total: 32_768 }, DISK_GB: { total: 5 } } }, /^409 .*no DISK_GB/],
        [`DELETE ${path(1)}/VCPU`, undefined, /^409 .*measures its VCPU/],
        [`DELETE ${path(1)}`, undefined, /^409 .*VCPU, MEMORY_MB/]
      ]
      for (const [what, body, refusal] of rows) {
        const answer = said(yield* act(what, body === undefined ? undefined : { ...body, resource_provider_generation: generation }))
        assert.match(answer, refusal, `${what} ${JSON.stringify(body)}`)
      }
      assert.match(said(yield* act(`POST ${path(1)}`, { resource_class: "DISK_GB", total: 1 })), /^409 .*no DISK_GB/)
      assert.strictEqual(yield* generationOf(act, 1), generation)
    }).pipe(Effect.provide(world)))

  it.effect("are held by servers and by clients' consumers together", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(1)
      yield* putServer(1)
      assert.match(yield* claim(act, 50, 1, { MEMORY_MB: 24_065 }), /^409 .*exceed/)
      assert.strictEqual(yield* claim(act, 50, 1, { MEMORY_MB: 24_064, VCPU: 1 }), "204")
      const usages = yield* act(`GET /resource_providers/${uuid(1)}/usages`)
      assert.deepStrictEqual(at(usages.body, "usages"), { VCPU: 5, MEMORY_MB: 32_256, DISK_GB: 16 })
      const held = at((yield* act(`GET /resource_providers/${uuid(1)}/allocations`)).body, "allocations") as object
      assert.hasAllKeys(held, [uuid(2001), uuid(50)])
    }).pipe(Effect.provide(world)))
})
