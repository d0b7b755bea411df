import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, items, text } from "../../../fixtures/json.ts"
import { type Ask, detailOf, makeAsk, putHost, putServer, uuid, world } from "./world.ts"

const path = `/resource_providers/${uuid(1)}`
const namesOf = (ask: Ask, query: string, version?: string) =>
  Effect.map(ask(`/resource_providers?${query}`, version), (answer) =>
    answer.status === 200 ? items(answer.body, "resource_providers").map((each) => text(each, "name")).join(" ") : `400 ${detailOf(answer)}`)
const generationOf = (ask: Ask) => Effect.map(ask(path), ({ body }) => at(body, "generation") as number)

describe("resource providers", () => {
  it.effect("are the hosts", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const { body } = yield* ask(path)
      const url = `/placement${path}`
      assert.deepStrictEqual(body, {
        uuid: uuid(1), name: "host-1", generation: 1, parent_provider_uuid: null, root_provider_uuid: uuid(1),
        links: [["self", url], ...["inventories", "usages", "aggregates", "traits", "allocations"].map((rel) => [rel, `${url}/${rel}`])]
          .map(([rel, href]) => ({ rel, href }))
      })
      assert.deepStrictEqual((yield* ask("/resource_providers")).body, { resource_providers: [body] })
    }).pipe(Effect.provide(world)))

  it.effect("show what their version knows", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const shape = (version: string) =>
        Effect.map(ask(path, version), ({ body }) =>
          `${Object.keys(body as object).toSorted().join(" ")}: ${items(body, "links").map((link) => text(link, "rel")).join(" ")}`)
      assert.strictEqual(yield* shape("1.0"), "generation links name uuid: self inventories usages")
      assert.strictEqual(yield* shape("1.1"), "generation links name uuid: self inventories usages aggregates")
      assert.strictEqual(yield* shape("1.5"), "generation links name uuid: self inventories usages aggregates")
      assert.strictEqual(yield* shape("1.6"), "generation links name uuid: self inventories usages aggregates traits")
      assert.strictEqual(yield* shape("1.13"), "generation links name uuid: self inventories usages aggregates traits allocations")
      assert.strictEqual(
        yield* shape("1.14"),
        "generation links name parent_provider_uuid root_provider_uuid uuid: self inventories usages aggregates traits allocations"
      )
    }).pipe(Effect.provide(world)))

  it.effect("have inventories of what the hardware has", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const row = (total: number, allocation_ratio: number, reserved = 0) =>
        ({ total, reserved, min_unit: 1, max_unit: total, step_size: 1, allocation_ratio })
      assert.deepStrictEqual((yield* ask(`${path}/inventories`)).body, {
        resource_provider_generation: 1,
        inventories: { VCPU: row(16, 4), MEMORY_MB: row(32_768, 1, 512), DISK_GB: row(500, 1) }
      })
      assert.deepStrictEqual((yield* ask(`${path}/inventories/VCPU`)).body, { ...row(16, 4), resource_provider_generation: 1 })
      assert.strictEqual((yield* ask(`${path}/inventories/PCPU`)).status, 404)
      yield* putHost(2, { diskGb: 0 })
      assert.strictEqual((yield* ask(`/resource_providers/${uuid(2)}/inventories/DISK_GB`)).status, 404)
    }).pipe(Effect.provide(world)))

  it.effect("are used by their live servers and nobody else", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putHost(2)
      const usages = Effect.map(ask(`${path}/usages`), ({ body }) => at(body, "usages"))
      assert.deepStrictEqual(yield* usages, { VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 })
      yield* putServer(1)
      yield* putServer(2)
      yield* putServer(3, { host: "host-2" })
      yield* putServer(4, { host: null, vmState: "building" })
      assert.deepStrictEqual(yield* usages, { VCPU: 8, MEMORY_MB: 16_384, DISK_GB: 32 })
      const { body } = yield* ask(`${path}/allocations`)
      const held = { resources: { VCPU: 4, MEMORY_MB: 8192, DISK_GB: 16 }, consumer_generation: 3 }
      assert.deepStrictEqual(at(body, "allocations"), { [uuid(2001)]: held, [uuid(2002)]: held })
      assert.notProperty(at((yield* ask(`${path}/allocations`, "1.27")).body, `allocations.${uuid(2001)}`), "consumer_generation")
      yield* putServer(2, { vmState: "deleted" })
      assert.deepStrictEqual(yield* usages, { VCPU: 4, MEMORY_MB: 8192, DISK_GB: 16 })
    }).pipe(Effect.provide(world)))

  it.effect("have another generation after every change, and the same one for the same facts", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const empty = yield* generationOf(ask)
      yield* putServer(1)
      const one = yield* generationOf(ask)
      yield* putServer(2)
      const two = yield* generationOf(ask)
      yield* putServer(2, { name: "renamed", powerState: 4 })
      assert.strictEqual(yield* generationOf(ask), two)
      yield* putServer(2, { vmState: "deleted" })
      assert.strictEqual(yield* generationOf(ask), one)
      yield* putHost(1, { vcpus: 32 })
      const bigger = yield* generationOf(ask)
      assert.strictEqual(new Set([empty, one, two, bigger]).size, 4)
      for (const rest of ["inventories", "usages", "allocations", "traits", "aggregates"]) {
        assert.strictEqual(at((yield* ask(`${path}/${rest}`)).body, "resource_provider_generation"), bigger, rest)
      }
    }).pipe(Effect.provide(world)))

  it.effect("have the traits of their hardware, of their driver, and of their state", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const traits = ["COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_NODE", "HW_CPU_X86_VMX"]
      assert.deepStrictEqual((yield* ask(`${path}/traits`)).body, { traits, resource_provider_generation: 1 })
      yield* putHost(1, { isDisabled: true })
      assert.include(items((yield* ask(`${path}/traits`)).body, "traits"), "COMPUTE_STATUS_DISABLED")
      assert.deepStrictEqual((yield* ask(`${path}/aggregates`)).body, { aggregates: [], resource_provider_generation: 2 })
      assert.deepStrictEqual((yield* ask(`${path}/aggregates`, "1.18")).body, { aggregates: [] })
    }).pipe(Effect.provide(world)))

  it.effect("are found by name, id, tree, room, traits and aggregates", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putHost(2, { memoryMb: 8192, traits: ["CUSTOM_GOLD"] })
      yield* putHost(10, { vcpus: 2 })
      const expected: ReadonlyArray<readonly [query: string, names: string, version?: string]> = [
        ["", "host-1 host-2 host-10"],
        ["name=host-2", "host-2"],
        ["name=", "host-1 host-2 host-10"],
        [`uuid=${uuid(10)}`, "host-10"],
        [`uuid=${uuid(99)}`, ""],
        [`in_tree=${uuid(2)}`, "host-2"],
        ["resources=MEMORY_MB:7680", "host-1 host-2 host-10"],
        ["resources=MEMORY_MB:7681", "host-1 host-10"],
        // Four times as many may be promised, but to one server no more than there are.
        ["resources=VCPU:2", "host-1 host-2 host-10"],
        ["resources=VCPU:3,DISK_GB:500", "host-1 host-2"],
        ["resources=PCPU:1", ""],
        ["required=CUSTOM_GOLD", "host-2"],
        ["required=!CUSTOM_GOLD", "host-1 host-10"],
        ["required=in:CUSTOM_GOLD,HW_CPU_X86_VMX&required=COMPUTE_NODE", "host-1 host-2 host-10"],
        ["required=HW_CPU_X86_VMX&required=CUSTOM_GOLD", ""],
        ["required=HW_CPU_X86_VMX&required=CUSTOM_GOLD", "host-2", "1.38"],
        [`member_of=${uuid(1)}`, ""],
        [`member_of=!in:${uuid(1)},${uuid(2)}`, "host-1 host-2 host-10"]
      ]
      for (const [query, names, version] of expected) assert.strictEqual(yield* namesOf(ask, query, version), names, query)
      yield* putServer(1)
      assert.strictEqual(yield* namesOf(ask, "resources=MEMORY_MB:24065"), "host-10")
      assert.strictEqual(yield* namesOf(ask, "resources=MEMORY_MB:24064"), "host-1 host-10")
    }).pipe(Effect.provide(world)))

  it.effect("refuse filters that mean nothing, and those of later versions", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const refused: ReadonlyArray<readonly [query: string, detail: RegExp, version?: string]> = [
        ["color=red", /'color' was unexpected/],
        ["member_of=x", /'member_of' was unexpected/, "1.2"],
        ["resources=VCPU:1", /'resources' was unexpected/, "1.3"],
        [`in_tree=${uuid(1)}`, /'in_tree' was unexpected/, "1.13"],
        ["required=COMPUTE_NODE", /'required' was unexpected/, "1.17"],
        ["required=!COMPUTE_NODE", /of the form: HW_CPU_X86_VMX,CUSTOM_MAGIC. Got: !COMPUTE_NODE/, "1.21"],
        ["required=in:COMPUTE_NODE", /only supported since microversion 1.39/, "1.38"],
        ["required=in:!COMPUTE_NODE", /does not support forbidden traits/],
        ["required=COMPUTE_NODE,,", /empty/],
        ["name=%ff", /not percent-encoded UTF-8/],
        [`uuid=${uuid(1).replaceAll("-", "")}`, /is not a 'uuid'/],
        ["required=NO_SUCH", /No such trait\(s\): NO_SUCH/],
        ["uuid=x", /'x' is not a 'uuid' .*\['uuid'\]/],
        ["in_tree=x", /'x' is not a 'uuid' .*\['in_tree'\]/],
        ["resources=", /empty string/],
        ["resources=VCPU", /Badly formed resources parameter.*VCPU/],
        ["resources=VCPU:1:2", /Badly formed/],
        ["resources=VCPU:many", /VCPU expected positive integer amount. Got: many/],
        ["resources=VCPU:0", /VCPU requires amount >= 1/],
        ["resources=VCPU:-1", /requires amount >= 1/],
        ["resources=__proto__:1", /No such resource class __proto__/],
        ["member_of=x", /valid UUID/],
        [`member_of=${uuid(1)},${uuid(2)}`, /must be prefixed/],
        [`member_of=!${uuid(1)}`, /Forbidden member_of/, "1.31"],
        [`member_of=${uuid(1)}&member_of=${uuid(2)}`, /Multiple member_of/, "1.23"]
      ]
      for (const [query, detail, version] of refused) {
        const said = yield* namesOf(ask, query, version)
        assert.match(said, /^400 /, query)
        assert.match(said, detail, query)
      }
    }).pipe(Effect.provide(world)))
})
