import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at } from "../../../fixtures/json.ts"
import { type Do, generationOf, makeDo, putHost, putProvider, putServer, said, uuid, world } from "./world.ts"

const nobody = "00000000-0000-0000-0000-000000000000"
const owner = { project_id: "p", user_id: "u" }
const held = (number: number, resources: Readonly<Record<string, number>>) => ({ [uuid(number)]: { resources } })
/** A consumer as the newest version takes it. */
const consumer = (allocations: object, generation: number | null = null, rest: object = {}) =>
  ({ allocations, ...owner, consumer_generation: generation, consumer_type: "TASK", ...rest })
const usedOf = (act: Do, number: number) => Effect.map(act(`GET /resource_providers/${uuid(number)}/usages`), ({ body }) => at(body, "usages"))

describe("allocations", () => {
  it.effect("are taken in the form of their version, and in no other", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 64 })
      const list = { allocations: [{ resource_provider: { uuid: uuid(1) }, resources: { VCPU: 1 } }] }
      const dict = { allocations: held(1, { VCPU: 1 }), ...owner }
      const counted = { ...dict, consumer_generation: null }
      const mapped = { ...counted, mappings: { _A: [uuid(1)] } }
      const typed = { ...counted, consumer_type: "TASK" }
      const bodies = { list, owned: { ...list, ...owner }, dict, counted, mapped, typed }
      const first: Readonly<Record<string, keyof typeof bodies>> = { "1.0": "list", "1.7": "list", "1.8": "owned", "1.11": "owned", "1.12": "dict", "1.27": "dict", "1.28": "counted", "1.33": "counted", "1.34": "mapped", "1.37": "mapped", "1.38": "typed", "1.39": "typed" }
      let number = 100
      for (const [version, form] of Object.entries(first)) {
        for (const [name, body] of Object.entries(bodies)) {
          const answer = said(yield* act(`PUT /allocations/${uuid(++number)}`, body, version))
          // What only adds a property that may be absent is taken too.
          const isTaken = name === form || (form === "mapped" && name === "counted")
          assert.match(answer, isTaken ? /^204/ : /^400 .*JSON does not validate/, `${name} at ${version}`)
        }
      }
    }).pipe(Effect.provide(world)))

  it.effect("show who holds what, since when that was known", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 8 })
      yield* act(`PUT /allocations/${uuid(50)}`, { allocations: [{ resource_provider: { uuid: uuid(1) }, resources: { VCPU: 1 } }] }, "1.7")
      const show = (number: number) => Effect.map(act(`GET /allocations/${uuid(number)}`), ({ body }) => body)
      assert.deepStrictEqual(yield* show(50), {
        allocations: { [uuid(1)]: { generation: 2, resources: { VCPU: 1 } } }, project_id: nobody, user_id: nobody, consumer_generation: 1, consumer_type: "unknown"
      })
      yield* act(`PUT /allocations/${uuid(51).toUpperCase().replaceAll("-", "")}`, consumer(held(1, { VCPU: 2 })))
      assert.deepInclude((yield* show(51)) as object, { ...owner, consumer_generation: 1, consumer_type: "TASK" })
      const usages = yield* act("GET /usages?project_id=p")
      assert.deepStrictEqual(at(usages.body, "usages"), { TASK: { VCPU: 2, consumer_count: 1 } })
      const unknown = yield* act(`GET /usages?project_id=${nobody}&consumer_type=unknown`)
      assert.deepStrictEqual(at(unknown.body, "usages"), { unknown: { VCPU: 1, consumer_count: 1 } })
      assert.deepStrictEqual(at((yield* act("GET /usages?project_id=p&user_id=other")).body, "usages"), {})
      // A later word on owner and type holds.
      yield* act(`PUT /allocations/${uuid(50)}`, consumer(held(1, { VCPU: 3 }), 1))
      assert.deepInclude((yield* show(50)) as object, { ...owner, consumer_generation: 2, consumer_type: "TASK" })
      assert.deepStrictEqual(at((yield* act("GET /usages?project_id=p&consumer_type=all")).body, "usages"), { all: { VCPU: 5, consumer_count: 2 } })
    }).pipe(Effect.provide(world)))

  it.effect("are changed for the generation of the consumer that was seen", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 8 })
      const put = (generation: number | null, amount: number) => Effect.map(act(`PUT /allocations/${uuid(50)}`, consumer(held(1, { VCPU: amount }), generation)), said)
      assert.match(yield* put(1, 1), /^409 placement.concurrent_update .*expected null but got 1/)
      assert.strictEqual(yield* put(null, 1), "204")
      assert.match(yield* put(null, 2), /^409 placement.concurrent_update .*expected 1 but got None/)
      assert.strictEqual(yield* put(1, 2), "204")
      assert.match(yield* put(1, 3), /^409 placement.concurrent_update .*expected 2 but got 1/)
      // Versions that know no generation just write.
      assert.strictEqual(said(yield* act(`PUT /allocations/${uuid(50)}`, { allocations: held(1, { VCPU: 5 }), ...owner }, "1.27")), "204")
      assert.strictEqual(said(yield* act(`PUT /allocations/${uuid(50)}`, consumer({}, 3))), "204")
      assert.deepStrictEqual((yield* act(`GET /allocations/${uuid(50)}`)).body, { allocations: {} })
      assert.strictEqual(said(yield* act(`PUT /allocations/${uuid(50)}`, consumer({}))), "204")
      assert.match(said(yield* act(`DELETE /allocations/${uuid(50)}`)), /^404 .*No allocations for consumer/)
    }).pipe(Effect.provide(world)))

  it.effect("of a thousand consumers are set at once", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 1000 })
      const all = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [uuid(1000 + index), consumer(held(1, { VCPU: 1 }))]))
      assert.match(said(yield* act("POST /allocations", all(1001))), /^409 .*exceed the capacity/)
      assert.strictEqual(said(yield* act("POST /allocations", all(1000))), "204")
      assert.deepStrictEqual(yield* usedOf(act, 1), { VCPU: 1000 })
      assert.match(said(yield* act("POST /allocations", all(6000))), /^413/)
    }).pipe(Effect.provide(world)))

  it.effect("are refused with the provider, the class and the rule", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 8 })
      yield* act(`POST /resource_providers/${uuid(1)}/inventories`, { resource_class: "DISK_GB", total: 100, min_unit: 10, max_unit: 50, step_size: 10 })
      const rows: ReadonlyArray<readonly [allocations: unknown, refusal: RegExp]> = [
        [held(9, { VCPU: 1 }), /^400 .*00000009' that does not exist/],
        [held(1, { CUSTOM_NONE: 1 }), /^400 .*No such resource class CUSTOM_NONE/],
        [held(1, { PCPU: 1 }), /^409 .*Inventory for 'PCPU'.*invalid/],
        [held(1, { VCPU: 9 }), /^409 placement.undefined_code .*'VCPU'.*exceed the capacity/],
        [held(1, { DISK_GB: 5 }), /^409 .*'DISK_GB'.*min_unit/],
        [held(1, { DISK_GB: 15 }), /^409 .*'DISK_GB'.*step_size/],
        [held(1, { DISK_GB: 60 }), /^409 .*'DISK_GB'.*max_unit/],
        [held(1, { VCPU: 0 }), /^400 .*0 is less than the minimum of 1 .*On instance.*\['VCPU'\]: +0$/],
        [held(1, { VCPU: 1.5 }), /^400 .*VCPU/],
        [held(1, { vcpu: 1 }), /^400 .*'vcpu' does not match any of the regexes/],
        [held(1, {}), /^400 .*resources/],
        [{ short: { resources: { VCPU: 1 } } }, /^400 .*'short' does not match/],
        [[], /^400 .*allocations/]
      ]
      for (const [allocations, refusal] of rows) {
        assert.match(said(yield* act(`PUT /allocations/${uuid(50)}`, consumer(allocations as object))), refusal, JSON.stringify(allocations))
      }
      const rest: ReadonlyArray<readonly [rest: object, refusal: RegExp]> = [
        [{ consumer_type: "task" }, /^400 .*consumer_type/],
        [{ consumer_type: "" }, /^400 .*consumer_type/],
        [{ project_id: "" }, /^400 .*project_id/],
        [{ user_id: "x".repeat(256) }, /^400 .*user_id/],
        [{ consumer_generation: "1" }, /^400 .*consumer_generation/],
        [{ mappings: {} }, /^400 .*mappings/],
        [{ mappings: { a: ["x"] } }, /^400 .*mappings/]
      ]
      for (const [more, refusal] of rest) {
        assert.match(said(yield* act(`PUT /allocations/${uuid(50)}`, consumer(held(1, { VCPU: 1 }), null, more))), refusal, JSON.stringify(more))
      }
      assert.match(said(yield* act("PUT /allocations/x", consumer(held(1, { VCPU: 1 })))), /^400 .*Malformed consumer_uuid: x/)
      assert.deepStrictEqual(yield* usedOf(act, 1), { VCPU: 0, DISK_GB: 0 })
    }).pipe(Effect.provide(world)))

  it.effect("of several consumers are set together or not at all", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 8 })
      yield* putProvider(act, 2, { VCPU: 8 })
      yield* act(`PUT /allocations/${uuid(50)}`, consumer(held(1, { VCPU: 8 })))
      const both = (amount: number, generation: number | null) => ({
        [uuid(50)]: consumer(held(2, { VCPU: 8 }), 1), [uuid(51)]: consumer(held(1, { VCPU: amount }), generation)
      })
      assert.match(said(yield* act("POST /allocations", both(9, null))), /^409 .*(constraints|capacity)/)
      assert.match(said(yield* act("POST /allocations", both(8, 1))), /^409 placement.concurrent_update/)
      assert.deepStrictEqual(yield* usedOf(act, 1), { VCPU: 8 })
      // What one lets go of, the other may have.
      assert.strictEqual(said(yield* act("POST /allocations", both(8, null))), "204")
      assert.deepStrictEqual([yield* usedOf(act, 1), yield* usedOf(act, 2)], [{ VCPU: 8 }, { VCPU: 8 }])
      assert.match(said(yield* act("POST /allocations", {})), /^400/)
      assert.match(said(yield* act("POST /allocations", { x: consumer({}) })), /^400 .*'x' does not match/)
      const swap = { [uuid(50)]: consumer(held(1, { VCPU: 8 }), 2), [uuid(51)]: consumer(held(2, { VCPU: 8 }), 1) }
      assert.strictEqual(said(yield* act("POST /allocations", swap)), "204")
      const old = { [uuid(50)]: { allocations: {}, ...owner }, [uuid(51)]: { allocations: {}, ...owner } }
      assert.strictEqual(said(yield* act("POST /allocations", old, "1.13")), "204")
      assert.deepStrictEqual(yield* usedOf(act, 1), { VCPU: 0 })
    }).pipe(Effect.provide(world)))

  it.effect("never exceed what there is, however many ask at once", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 5 })
      const answers = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, index) => 50 + index),
        (number) => act(`PUT /allocations/${uuid(number)}`, consumer(held(1, { VCPU: 1 }))),
        { concurrency: "unbounded" }
      )
      const given = answers.filter(({ status }) => status === 204).length
      assert.isAtMost(given, 5)
      assert.deepStrictEqual(yield* usedOf(act, 1), { VCPU: given })
      for (const answer of answers) assert.match(said(answer), /^(204|409 )/)
      // Whoever was refused for the race, and not for the room, gets what is left.
      for (let number = 70; number < 75; number++) yield* act(`PUT /allocations/${uuid(number)}`, consumer(held(1, { VCPU: 1 })))
      assert.deepStrictEqual(yield* usedOf(act, 1), { VCPU: 5 })
    }).pipe(Effect.provide(world)))

  it.effect("of servers follow from the servers: nobody writes them", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(1)
      yield* putServer(1)
      yield* putServer(2, { host: null, vmState: "building" })
      const before = yield* generationOf(act, 1)
      for (const number of [2001, 2002]) {
        const mine = consumer(held(1, { VCPU: 1 }), 3)
        const attempts = [
          act(`PUT /allocations/${uuid(number)}`, mine), act(`PUT /allocations/${uuid(number)}`, consumer({}, 3)),
          act("POST /allocations", { [uuid(number)]: mine }), act(`DELETE /allocations/${uuid(number)}`)
        ]
        for (const attempt of attempts) assert.match(said(yield* attempt), /^409 placement.undefined_code .*is a server of this cloud.*Resize, migrate/)
      }
      assert.strictEqual(yield* generationOf(act, 1), before)
      assert.deepStrictEqual(yield* usedOf(act, 1), { VCPU: 4, MEMORY_MB: 8192, DISK_GB: 16 })
      yield* putServer(1, { vmState: "deleted" })
      assert.match(said(yield* act(`DELETE /allocations/${uuid(2001)}`)), /^404/)
    }).pipe(Effect.provide(world)))
})

describe("the reshaper", () => {
  const reshape = (act: Do, body: object, token = "service") => Effect.map(act("POST /reshaper", body, "latest", token), said)
  const inventories = (generation: number, totals: Readonly<Record<string, number>>) =>
    ({ resource_provider_generation: generation, inventories: Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, { total }])) })

  it.effect("moves inventories and allocations in one step", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 8, VGPU: 4 })
      yield* putProvider(act, 2, {}, 1)
      yield* act(`PUT /allocations/${uuid(50)}`, consumer(held(1, { VCPU: 2, VGPU: 4 })))
      const body = {
        inventories: { [uuid(1)]: inventories(2, { VCPU: 8 }), [uuid(2)]: inventories(1, { VGPU: 4 }) },
        allocations: { [uuid(50)]: consumer({ ...held(1, { VCPU: 2 }), ...held(2, { VGPU: 4 }) }, 1) }
      }
      assert.match(yield* reshape(act, body, "admin"), /^403/)
      assert.strictEqual(yield* reshape(act, body), "204")
      assert.deepStrictEqual([yield* usedOf(act, 1), yield* usedOf(act, 2)], [{ VCPU: 2 }, { VGPU: 4 }])
      assert.deepStrictEqual([yield* generationOf(act, 1), yield* generationOf(act, 2)], [5, 4])
    }).pipe(Effect.provide(world)))

  it.effect("does all or nothing", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(9)
      yield* putServer(1, { host: "host-9" })
      yield* putProvider(act, 1, { VCPU: 8, VGPU: 4 })
      yield* putProvider(act, 2, {}, 1)
      yield* act(`PUT /allocations/${uuid(50)}`, consumer(held(1, { VCPU: 2, VGPU: 4 })))
      const everything = Effect.all([
        ...[1, 2, 9].flatMap((number) => ["", "/inventories", "/usages", "/allocations"].map((rest) => act(`GET /resource_providers/${uuid(number)}${rest}`))),
        act(`GET /allocations/${uuid(50)}`)
      ])
      const before = (yield* everything).map(({ body }) => body)
      const moved = { [uuid(1)]: inventories(2, { VCPU: 8 }), [uuid(2)]: inventories(1, { VGPU: 4 }) }
      const mine = { [uuid(50)]: consumer({ ...held(1, { VCPU: 2 }), ...held(2, { VGPU: 4 }) }, 1) }
      const rows: ReadonlyArray<readonly [inventories: object, allocations: object, refusal: RegExp]> = [
        [moved, {}, /^409 placement.inventory.inuse .*'VGPU'/],
        [{ ...moved, [uuid(3)]: inventories(0, {}) }, mine, /^400 placement.resource_provider.not_found/],
        [{ ...moved, [uuid(1)]: inventories(1, { VCPU: 8 }) }, mine, /^409 placement.concurrent_update .*actual: 2, given: 1/],
        [{ ...moved, [uuid(2)]: inventories(1, { VGPU: 3 }) }, mine, /^409 placement.undefined_code .*VGPU/],
        [{ ...moved, [uuid(2)]: inventories(1, { CUSTOM_NONE: 3 }) }, mine, /^400 .*CUSTOM_NONE/],
        [moved, { [uuid(50)]: consumer(held(1, { VGPU: 4 }), 1) }, /^409 placement.inventory.inuse .*'VGPU'/],
        [moved, { [uuid(50)]: consumer(held(2, { VGPU: 4 }), null) }, /^409 placement.concurrent_update/],
        [moved, { ...mine, [uuid(51)]: consumer(held(8, { VGPU: 1 })) }, /^400 .*does not exist/],
        [moved, { ...mine, [uuid(51)]: consumer(held(2, { VGPU: 1 })) }, /^409 .*exceed/],
        [moved, { ...mine, [uuid(2001)]: consumer({}, 3) }, /^409 .*server of this cloud/],
        [{ [uuid(9)]: inventories(yield* generationOf(act, 9), {}) }, {}, /^409 .*compute host/],
        [{}, mine, /^400 .*inventories/]
      ]
      for (const [given, allocations, refusal] of rows) {
        assert.match(yield* reshape(act, { inventories: given, allocations }), refusal, JSON.stringify([given, allocations]))
        assert.deepStrictEqual((yield* everything).map(({ body }) => body), before)
      }
    }).pipe(Effect.provide(world)))
})
