import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { aggregates } from "../../../../src/actors/host/Aggregate.ts"
import { hosts } from "../../../../src/actors/host/Host.ts"
import { Limits } from "../../../../src/runtime/Limits.ts"
import { Records } from "../../../../src/runtime/kernel/Records.ts"
import { at, items, text } from "../../../fixtures/json.ts"
import { generationOf, makeDo, putHost, putProvider, putServer, said, uuid, world } from "./world.ts"

const path = (number: number) => `/resource_providers/${uuid(number)}`
const table = <Row extends ReadonlyArray<unknown>>(...rows: ReadonlyArray<Row>) => rows

describe("providers that clients make", () => {
  it.effect("are answered with where they are, and since 1.20 with what they are", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const old = yield* act("POST /resource_providers", { name: "old", uuid: uuid(1) }, "1.19")
      assert.strictEqual(old.status, 201)
      assert.strictEqual(old.text, "")
      assert.strictEqual(old.headers["location"], `http://cloud.test/placement${path(1)}`)
      assert.notProperty(old.headers, "last-modified")
      const recent = yield* act("POST /resource_providers", { name: "new", uuid: uuid(2).replaceAll("-", "").toUpperCase() }, "1.20")
      assert.strictEqual(recent.status, 200)
      assert.deepInclude(recent.body as object, { uuid: uuid(2), name: "new", generation: 0, parent_provider_uuid: null, root_provider_uuid: uuid(2) })
      assert.property(recent.headers, "last-modified")
      assert.strictEqual(recent.headers["location"], `http://cloud.test/placement${path(2)}`)
      const drawn = yield* act("POST /resource_providers", { name: "drawn" })
      assert.match(text(drawn.body, "uuid"), /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
      assert.strictEqual(items((yield* act("GET /resource_providers")).body, "resource_providers").length, 3)
    }).pipe(Effect.provide(world)))

  it.effect("are refused with the rule they break", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(1)
      yield* putProvider(act, 2)
      const rows = table<readonly [body: unknown, refusal: RegExp, version?: string]>(
        [{ name: "rp-2" }, /^409 placement.duplicate_name .*name: rp-2 already exists/],
        [{ name: "host-1" }, /^409 placement.duplicate_name .*name: host-1/],
        [{ name: "x", uuid: uuid(2) }, new RegExp(`^409 placement.duplicate_name .*uuid: ${uuid(2)}`)],
        [{ name: "x", uuid: uuid(1) }, /^409 placement.duplicate_name/],
        [{ name: "x", uuid: uuid(3), parent_provider_uuid: uuid(3) }, /^400 placement.undefined_code .*cannot be same as UUID/],
        [{ name: "x", parent_provider_uuid: uuid(9) }, /^400 .*parent provider UUID does not exist/],
        [{ name: "x", parent_provider_uuid: uuid(2) }, /^400 .*parent_provider_uuid/, "1.13"],
        [{ name: "" }, /^400 .*name is required/],
        [{ name: "x".repeat(201) }, /^400 .*x' is too long .*\['name'\]/],
        [{ name: "x", uuid: "x" }, /^400 .*'x' is not a 'uuid' .*\['uuid'\]/],
        [{ name: "x", generation: 1 }, /^400 .*\('generation' was unexpected\)/],
        [{}, /^400 .*name/],
        [[], /^400 .*object/]
      )
      for (const [body, refusal, version] of rows) assert.match(said(yield* act("POST /resource_providers", body, version)), refusal, JSON.stringify(body))
      assert.match(said(yield* act("POST /resource_providers", "{", "1.39")), /^400 /)
      assert.strictEqual(items((yield* act("GET /resource_providers")).body, "resource_providers").length, 2)
    }).pipe(Effect.provide(world)))

  it.effect("are renamed; a name is one provider's", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1)
      yield* putProvider(act, 2)
      const renamed = yield* act(`PUT ${path(1)}`, { name: "other" })
      assert.deepInclude(renamed.body as object, { uuid: uuid(1), name: "other" })
      assert.match(said(yield* act(`PUT ${path(2)}`, { name: "other" })), /^409 placement.duplicate_name/)
      assert.strictEqual(said(yield* act(`PUT ${path(2)}`, { name: "rp-1" })), "200")
      assert.strictEqual(said(yield* act(`PUT ${path(9)}`, { name: "x" })).slice(0, 3), "404")
      // Made without one it is refused; renamed, it may lose it.
      assert.strictEqual(at((yield* act(`PUT ${path(2)}`, { name: "" })).body, "name"), "")
      assert.match(said(yield* act(`PUT ${path(1)}`, { name: "" })), /^409 placement.duplicate_name/)
    }).pipe(Effect.provide(world)))

  it.effect("nest: a tree has no loops, and who has a parent moves since 1.37 alone", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      for (const number of [1, 2, 3, 4]) yield* putProvider(act, number)
      const place = (number: number, parent: number | null, version = "1.39") =>
        Effect.map(act(`PUT ${path(number)}`, { name: `rp-${number}`, parent_provider_uuid: parent === null ? null : uuid(parent) }, version), said)
      const rootOf = (number: number) => Effect.map(act(`GET ${path(number)}`), ({ body }) => Number(text(body, "root_provider_uuid").slice(-12)))
      const rows = table<readonly [child: number, parent: number | null, version: string, answer: RegExp]>(
        [2, 1, "1.14", /^200/],
        [3, 2, "1.36", /^200/],
        [2, 1, "1.36", /^200/],
        [2, 4, "1.36", /^400 .*re-parenting/],
        [2, null, "1.36", /^400 .*un-parenting/],
        [1, 3, "1.39", /^400 .*loop/],
        [1, 1, "1.39", /^400 .*loop/],
        [2, 3, "1.39", /^400 .*loop/],
        [2, 9, "1.39", /^400 .*does not exist/],
        [2, 4, "1.37", /^200/]
      )
      for (const [child, parent, version, answer] of rows) assert.match(yield* place(child, parent, version), answer, `${child} under ${parent}`)
      assert.deepStrictEqual(yield* Effect.all([rootOf(1), rootOf(2), rootOf(3)]), [1, 4, 4])
      const inTree = yield* act(`GET /resource_providers?in_tree=${uuid(3)}`)
      assert.deepStrictEqual(items(inTree.body, "resource_providers").map((each) => text(each, "name")), ["rp-2", "rp-3", "rp-4"])
      assert.match(said(yield* act(`DELETE ${path(2)}`)), /^409 placement.resource_provider.cannot_delete_parent/)
      assert.strictEqual(yield* place(2, null), "200")
      assert.deepStrictEqual(yield* Effect.all([rootOf(2), rootOf(3)]), [2, 2])
      for (const number of [3, 2]) assert.strictEqual(said(yield* act(`DELETE ${path(number)}`)), "204")
      assert.match(said(yield* act(`DELETE ${path(2)}`)), /^404/)
    }).pipe(Effect.provide(world)))

  it.effect("stand one under the other as far as the limit, however they come there", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const depth = Limits.placementDepthMax
      for (let number = 1; number <= depth; number++) yield* putProvider(act, number, {}, number === 1 ? null : number - 1)
      const create = (parent: number) => Effect.map(act("POST /resource_providers", { name: `new-${parent}`, parent_provider_uuid: uuid(parent) }), said)
      assert.match(yield* create(depth), new RegExp(`^400 .*no more than ${depth} providers`))
      assert.strictEqual(yield* create(depth - 1), "200")
      yield* putProvider(act, 100)
      yield* putProvider(act, 101, {}, 100)
      const move = (parent: number) => Effect.map(act(`PUT ${path(100)}`, { name: "rp-100", parent_provider_uuid: uuid(parent) }), said)
      assert.match(yield* move(depth - 1), /^400 .*no more than/)
      assert.strictEqual(yield* move(depth - 2), "200")
    }).pipe(Effect.provide(world)))

  it.effect("stay while somebody holds something of them", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1, { VCPU: 4 })
      const claim = { allocations: { [uuid(1)]: { resources: { VCPU: 1 } } }, project_id: "p", user_id: "u", consumer_generation: null, consumer_type: "X" }
      assert.strictEqual(said(yield* act(`PUT /allocations/${uuid(50)}`, claim)), "204")
      assert.match(said(yield* act(`DELETE ${path(1)}`)), /^409 placement.resource_provider.inuse/)
      yield* act(`DELETE /allocations/${uuid(50)}`)
      assert.strictEqual(said(yield* act(`DELETE ${path(1)}`)), "204")
    }).pipe(Effect.provide(world)))
})

describe("traits and aggregates of a provider", () => {
  it.effect("are set as a whole, for the generation that was seen", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1)
      yield* act("PUT /traits/CUSTOM_A")
      const set = (traits: ReadonlyArray<string>, generation: number) =>
        act(`PUT ${path(1)}/traits`, { traits, resource_provider_generation: generation })
      const done = yield* set(["CUSTOM_A", "STORAGE_DISK_SSD"], 1)
      assert.deepStrictEqual(done.body, { traits: ["CUSTOM_A", "STORAGE_DISK_SSD"], resource_provider_generation: 2 })
      assert.match(said(yield* set([], 1)), /^409 placement.concurrent_update .*already changed.*actual: 2, given: 1/)
      assert.match(said(yield* set(["CUSTOM_B"], 2)), /^400 .*No such trait CUSTOM_B/)
      assert.match(said(yield* act(`DELETE /traits/CUSTOM_A`)), /^409 .*in use/)
      // The same again changes nothing, the generation neither.
      assert.strictEqual(at((yield* set(["STORAGE_DISK_SSD", "CUSTOM_A"], 2)).body, "resource_provider_generation"), 2)
      assert.strictEqual(said(yield* act(`DELETE ${path(1)}/traits`)), "204")
      assert.deepStrictEqual((yield* act(`GET ${path(1)}/traits`)).body, { traits: [], resource_provider_generation: 3 })
      assert.strictEqual(said(yield* act("DELETE /traits/CUSTOM_A")), "204")
      for (const body of [{ traits: ["X"] }, { traits: "X", resource_provider_generation: 3 }, { traits: [1], resource_provider_generation: 3 }]) {
        assert.match(said(yield* act(`PUT ${path(1)}/traits`, body)), /^400/)
      }
      assert.match(said(yield* act(`PUT ${path(9)}/traits`, { traits: [], resource_provider_generation: 0 })), /^404/)
    }).pipe(Effect.provide(world)))

  it.effect("count, of aggregates, since 1.19", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putProvider(act, 1)
      const old = yield* act(`PUT ${path(1)}/aggregates`, [uuid(70)], "1.18")
      assert.deepStrictEqual(old.body, { aggregates: [uuid(70)] })
      assert.strictEqual(yield* generationOf(act, 1), 1)
      const recent = yield* act(`PUT ${path(1)}/aggregates`, { aggregates: [uuid(71), uuid(72)], resource_provider_generation: 1 })
      assert.deepStrictEqual(recent.body, { aggregates: [uuid(71), uuid(72)], resource_provider_generation: 2 })
      assert.match(said(yield* act(`PUT ${path(1)}/aggregates`, { aggregates: [], resource_provider_generation: 1 })), /^409 placement.concurrent_update/)
      assert.match(said(yield* act(`PUT ${path(1)}/aggregates`, [uuid(70)], "1.19")), /^400/)
      assert.match(said(yield* act(`PUT ${path(1)}/aggregates`, [uuid(70), uuid(70)], "1.18")), /^400/)
      assert.match(said(yield* act(`PUT ${path(1)}/aggregates`, ["x"], "1.18")), /^400/)
      const members = yield* act(`GET /resource_providers?member_of=in:${uuid(72)},${uuid(99)}`)
      assert.strictEqual(items(members.body, "resource_providers").length, 1)
    }).pipe(Effect.provide(world)))
})

describe("what clients say of a compute host", () => {
  it.effect("stands beside what it has itself, which stays", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(1)
      yield* putServer(1)
      yield* act("PUT /traits/CUSTOM_A")
      const own = items((yield* act(`GET ${path(1)}/traits`)).body, "traits") as ReadonlyArray<string>
      const seen = yield* generationOf(act, 1)
      const set = yield* act(`PUT ${path(1)}/traits`, { traits: ["CUSTOM_A", "COMPUTE_NODE"], resource_provider_generation: seen })
      assert.deepStrictEqual(at(set.body, "traits"), [...own, "CUSTOM_A"].toSorted())
      assert.strictEqual(at(set.body, "resource_provider_generation"), seen + 1)
      assert.match(said(yield* act(`PUT ${path(1)}/traits`, { traits: [], resource_provider_generation: seen })), /^409 placement.concurrent_update/)
      assert.strictEqual(said(yield* act(`DELETE ${path(1)}/traits`)), "204")
      assert.deepStrictEqual(items((yield* act(`GET ${path(1)}/traits`)).body, "traits"), own)
      const grouped = yield* act(`PUT ${path(1)}/aggregates`, { aggregates: [uuid(70)], resource_provider_generation: seen + 2 })
      assert.deepStrictEqual(at(grouped.body, "aggregates"), [uuid(70)])
    }).pipe(Effect.provide(world)))

  it.effect("leaves it in the aggregates that administrators of the compute API put it in", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const records = yield* Records
      yield* putHost(1)
      yield* putHost(2)
      const alone = yield* generationOf(act, 1)
      const rack = { id: 1, uuid: uuid(70), name: "rack", hosts: ["host-1"], metadata: {}, createdAt: "2030-01-01T00:00:00.000Z", updatedAt: null }
      yield* records.write([{ table: aggregates, put: rack, expect: "absent" }])
      const seen = yield* generationOf(act, 1)
      assert.notStrictEqual(seen, alone)
      const set = yield* act(`PUT ${path(1)}/aggregates`, { aggregates: [uuid(71)], resource_provider_generation: seen })
      assert.deepStrictEqual(set.body, { aggregates: [uuid(70), uuid(71)], resource_provider_generation: seen + 1 })
      const members = yield* act(`GET /resource_providers?member_of=${uuid(70)}`)
      assert.deepStrictEqual(items(members.body, "resource_providers").map((each) => text(each, "name")), ["host-1"])
      yield* records.write([{ table: aggregates, put: { ...rack, hosts: ["host-2"] }, expect: "any" }])
      assert.deepStrictEqual(at((yield* act(`GET ${path(1)}/aggregates`)).body, "aggregates"), [uuid(71)])
      assert.deepStrictEqual(at((yield* act(`GET ${path(2)}/aggregates`)).body, "aggregates"), [uuid(70)])
    }).pipe(Effect.provide(world)))

  it.effect("may be children, but neither another name, another place nor its end", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      yield* putHost(1)
      yield* putProvider(act, 2, { SRIOV_NET_VF: 8 }, 1)
      assert.strictEqual(at((yield* act(`GET ${path(2)}`)).body, "root_provider_uuid"), uuid(1))
      assert.strictEqual(said(yield* act(`PUT ${path(1)}`, { name: "host-1" })), "200")
      assert.match(said(yield* act(`PUT ${path(1)}`, { name: "other" })), /^409 .*host-1 is a compute host: its name/)
      assert.match(said(yield* act(`PUT ${path(1)}`, { name: "host-1", parent_provider_uuid: uuid(2) })), /^409 .*compute host/)
      assert.match(said(yield* act(`DELETE ${path(1)}`)), /^409 placement.resource_provider.cannot_delete_parent/)
      yield* act(`DELETE ${path(2)}`)
      assert.match(said(yield* act(`DELETE ${path(1)}`)), /^409 .*compute service delete/)
      yield* putServer(1)
      assert.match(said(yield* act(`DELETE ${path(1)}`)), /^409 placement.resource_provider.inuse/)
    }).pipe(Effect.provide(world)))

  it.effect("outlives it as a tree of its own, until somebody deletes it", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const records = yield* Records
      yield* putHost(1)
      yield* putProvider(act, 2, { SRIOV_NET_VF: 8 }, 1)
      yield* putProvider(act, 3, {}, 2)
      yield* records.write([{ table: hosts, remove: "host-1", expect: "any" }])
      const { body } = yield* act("GET /resource_providers")
      assert.deepStrictEqual(
        items(body, "resource_providers").map((each) => `${text(each, "name")} ${String(at(each, "parent_provider_uuid"))} ${text(each, "root_provider_uuid")}`),
        [`rp-2 null ${uuid(2)}`, `rp-3 ${uuid(2)} ${uuid(2)}`]
      )
      assert.strictEqual(said(yield* act(`DELETE ${path(3)}`)), "204")
      assert.strictEqual(said(yield* act(`DELETE ${path(2)}`)), "204")
    }).pipe(Effect.provide(world)))
})
