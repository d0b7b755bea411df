import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, items } from "../../../fixtures/json.ts"
import { type Do, makeDo, putHost, putProvider, said, uuid, world } from "./world.ts"

const candidates = (act: Do, query: string, version?: string) =>
  Effect.map(act(`GET /allocation_candidates?${query}`, undefined, version), (answer) => {
    assert.strictEqual(said(answer), "200", query)
    return answer.body
  })
const short = (id: string) => String(Number(id.slice(-12)))
/** `1:VCPU=1 2:VGPU=1`, one a candidate. */
const given = (body: unknown): ReadonlyArray<string> =>
  items(body, "allocation_requests").map((request) =>
    Object.entries(at(request, "allocations") as Readonly<Record<string, unknown>>).map(([id, each]) =>
      `${short(id)}:${Object.entries(at(each, "resources") as object).map(([name, amount]) => `${name}=${amount}`).join(",")}`).toSorted().join(" "))

/** A host with two cells of its own resources, and a share of disk for both hosts. */
const cloud = Effect.gen(function*() {
  const act = yield* makeDo
  yield* putHost(1, { diskGb: 0 })
  yield* putHost(2, { diskGb: 0 })
  yield* putProvider(act, 11, { SRIOV_NET_VF: 4 }, 1)
  yield* putProvider(act, 12, { SRIOV_NET_VF: 4 }, 1)
  yield* putProvider(act, 30, { DISK_GB: 1000 })
  for (const [number, aggregate] of [[30, 70], [1, 70]] as const) {
    const { body } = yield* act(`GET /resource_providers/${uuid(number)}`)
    yield* act(`PUT /resource_providers/${uuid(number)}/aggregates`, { aggregates: [uuid(aggregate)], resource_provider_generation: at(body, "generation") })
  }
  yield* act(`PUT /resource_providers/${uuid(30)}/traits`, { traits: ["MISC_SHARES_VIA_AGGREGATE"], resource_provider_generation: 2 })
  return act
})

describe("candidates of trees", () => {
  it.effect("are made of children and of whoever shares, and say who serves which group", () =>
    Effect.gen(function*() {
      const act = yield* cloud
      const body = yield* candidates(act, "resources=VCPU:1,DISK_GB:5&resources_NET=SRIOV_NET_VF:2&limit=1")
      assert.deepStrictEqual(at(body, "allocation_requests"), [{
        allocations: {
          [uuid(1)]: { resources: { VCPU: 1 } }, [uuid(30)]: { resources: { DISK_GB: 5 } }, [uuid(11)]: { resources: { SRIOV_NET_VF: 2 } }
        },
        mappings: { "": [uuid(1), uuid(30)], _NET: [uuid(11)] }
      }])
      assert.deepStrictEqual(Object.keys(at(body, "provider_summaries") as object).map(short), ["1", "11", "12", "30"])
      assert.deepInclude(at(body, `provider_summaries.${uuid(11)}`) as object, { parent_provider_uuid: uuid(1), root_provider_uuid: uuid(1) })
      assert.deepStrictEqual(given(yield* candidates(act, "resources=VCPU:1,DISK_GB:5&resources_NET=SRIOV_NET_VF:2")), [
        "11:SRIOV_NET_VF=2 1:VCPU=1 30:DISK_GB=5", "12:SRIOV_NET_VF=2 1:VCPU=1 30:DISK_GB=5"
      ])
    }).pipe(Effect.provide(world)))

  it.effect("answer what each parameter asks", () =>
    Effect.gen(function*() {
      const act = yield* cloud
      const two = "resources_A=SRIOV_NET_VF:2&resources_B=SRIOV_NET_VF:2"
      const rows: ReadonlyArray<readonly [query: string, given: ReadonlyArray<string>, version?: string]> = [
        [`${two}&group_policy=isolate`, ["11:SRIOV_NET_VF=2 12:SRIOV_NET_VF=2", "11:SRIOV_NET_VF=2 12:SRIOV_NET_VF=2"]],
        [`${two}&group_policy=none&same_subtree=_A,_B`, ["11:SRIOV_NET_VF=4", "12:SRIOV_NET_VF=4"]],
        [`${two}&group_policy=isolate&same_subtree=_A,_B`, []],
        [`${two}&group_policy=isolate&same_subtree=_A,_B,_R&required_R=COMPUTE_NODE`, ["11:SRIOV_NET_VF=2 12:SRIOV_NET_VF=2", "11:SRIOV_NET_VF=2 12:SRIOV_NET_VF=2"]],
        [`resources_A=SRIOV_NET_VF:1&in_tree_A=${uuid(12)}`, ["11:SRIOV_NET_VF=1", "12:SRIOV_NET_VF=1"]],
        [`resources_A=SRIOV_NET_VF:1&in_tree_A=${uuid(2)}`, []],
        [`resources=VCPU:1&member_of=${uuid(70)}`, ["1:VCPU=1"]],
        [`resources=VCPU:1&member_of=!${uuid(70)}`, ["2:VCPU=1"]],
        [`resources=SRIOV_NET_VF:1&member_of=${uuid(70)}`, ["11:SRIOV_NET_VF=1", "12:SRIOV_NET_VF=1"]],
        [`resources_A=SRIOV_NET_VF:1&member_of_A=${uuid(70)}`, []],
        ["resources=VCPU:1,DISK_GB:1&required=MISC_SHARES_VIA_AGGREGATE", ["1:VCPU=1 30:DISK_GB=1"]],
        ["resources=VCPU:1,SRIOV_NET_VF:1", [], "1.28"],
        ["resources=VCPU:1,SRIOV_NET_VF:1", ["11:SRIOV_NET_VF=1 1:VCPU=1", "12:SRIOV_NET_VF=1 1:VCPU=1"], "1.29"],
        ["resources=VCPU:1,DISK_GB:1", ["1:VCPU=1 30:DISK_GB=1"], "1.12"],
        ["resources_A=SRIOV_NET_VF:5", []]
      ]
      for (const [query, expected, version] of rows) assert.deepStrictEqual(given(yield* candidates(act, query, version)), expected, query)
    }).pipe(Effect.provide(world)))

  it.effect("may be claimed as they are answered", () =>
    Effect.gen(function*() {
      const act = yield* cloud
      const query = "resources=VCPU:1,DISK_GB:5&resources_NET=SRIOV_NET_VF:2"
      for (let number = 50; number < 54; number++) {
        const first = items(yield* candidates(act, query), "allocation_requests")[0] as object
        const body = { ...first, project_id: "p", user_id: "u", consumer_generation: null, consumer_type: "X" }
        assert.strictEqual(said(yield* act(`PUT /allocations/${uuid(number)}`, body)), "204")
      }
      assert.deepStrictEqual(given(yield* candidates(act, query)), [])
    }).pipe(Effect.provide(world)))
})
