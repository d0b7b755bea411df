import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, items } from "../../../fixtures/json.ts"
import { type Ask, makeAsk, putHost, putServer, said, uuid, world } from "./world.ts"

const some = "resources=VCPU:1,MEMORY_MB:512"
const candidates = (ask: Ask, query: string, version?: string) => Effect.map(ask(`/allocation_candidates?${query}`, version), ({ body }) => body)
/** The numbers of the hosts that can serve, or why the question was refused. */
const hostsFor = (ask: Ask, query: string, version?: string) =>
  Effect.map(ask(`/allocation_candidates?${query}`, version), (answer) =>
    answer.status === 200
      ? items(answer.body, "allocation_requests").map((each) => Number(Object.keys(at(each, "allocations") as object)[0]!.slice(-12))).join(" ")
      : said(answer))

const threeHosts = Effect.all([
  putHost(1), putHost(2, { traits: ["CUSTOM_GOLD"] }), putHost(3, { vcpus: 2, isDisabled: true })
])

describe("allocation candidates", () => {
  it.effect("have the shape of their version", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putServer(1)
      const resources = { VCPU: 1, MEMORY_MB: 512 }
      const vcpu = { capacity: 64, used: 4 }
      const memory = { capacity: 32_256, used: 8192 }
      assert.deepStrictEqual(yield* candidates(ask, some, "1.10"), {
        allocation_requests: [{ allocations: [{ resource_provider: { uuid: uuid(1) }, resources }] }],
        provider_summaries: { [uuid(1)]: { resources: { VCPU: vcpu, MEMORY_MB: memory } } }
      })
      assert.deepStrictEqual(yield* candidates(ask, some, "1.11"), yield* candidates(ask, some, "1.10"))
      assert.deepStrictEqual(yield* candidates(ask, some, "1.12"), {
        allocation_requests: [{ allocations: { [uuid(1)]: { resources } } }],
        provider_summaries: { [uuid(1)]: { resources: { VCPU: vcpu, MEMORY_MB: memory } } }
      })
      assert.deepStrictEqual(yield* candidates(ask, some), {
        allocation_requests: [{ allocations: { [uuid(1)]: { resources } }, mappings: { "": [uuid(1)] } }],
        provider_summaries: {
          [uuid(1)]: {
            resources: { VCPU: vcpu, MEMORY_MB: memory, DISK_GB: { capacity: 500, used: 16 } },
            traits: ["COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_NODE", "HW_CPU_X86_VMX"],
            parent_provider_uuid: null,
            root_provider_uuid: uuid(1)
          }
        }
      })
      const keys = (version: string) =>
        Effect.map(candidates(ask, some, version), (body) => {
          const summary = at(body, `provider_summaries.${uuid(1)}`) as { readonly resources: object }
          return [...Object.keys(at(body, "allocation_requests.0") as object), "|", ...Object.keys(summary), "|", ...Object.keys(summary.resources)].join(" ")
        })
      assert.strictEqual(yield* keys("1.16"), "allocations | resources | VCPU MEMORY_MB")
      assert.strictEqual(yield* keys("1.17"), "allocations | resources traits | VCPU MEMORY_MB")
      assert.strictEqual(yield* keys("1.26"), "allocations | resources traits | VCPU MEMORY_MB")
      assert.strictEqual(yield* keys("1.27"), "allocations | resources traits | VCPU MEMORY_MB DISK_GB")
      assert.strictEqual(yield* keys("1.28"), "allocations | resources traits | VCPU MEMORY_MB DISK_GB")
      assert.strictEqual(yield* keys("1.29"), "allocations | resources traits parent_provider_uuid root_provider_uuid | VCPU MEMORY_MB DISK_GB")
      assert.strictEqual(yield* keys("1.33"), "allocations | resources traits parent_provider_uuid root_provider_uuid | VCPU MEMORY_MB DISK_GB")
      assert.strictEqual(yield* keys("1.34"), "allocations mappings | resources traits parent_provider_uuid root_provider_uuid | VCPU MEMORY_MB DISK_GB")
    }).pipe(Effect.provide(world)))

  it.effect("are the providers with room and the wished traits", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* threeHosts
      const expected: ReadonlyArray<readonly [query: string, hosts: string, version?: string]> = [
        [some, "1 2 3"],
        ["resources=VCPU:3", "1 2"],
        ["resources=VCPU:17", ""],
        ["resources=PCPU:1", ""],
        [`${some}&limit=2`, "1 2"],
        [`${some}&required=CUSTOM_GOLD`, "2"],
        [`${some}&required=!CUSTOM_GOLD`, "1 3"],
        [`${some}&required=!COMPUTE_STATUS_DISABLED`, "1 2"],
        [`${some}&required=in:CUSTOM_GOLD,COMPUTE_STATUS_DISABLED`, "2 3"],
        [`${some}&root_required=!CUSTOM_GOLD,COMPUTE_STATUS_DISABLED`, "3"],
        [`${some}&member_of=${uuid(5)}`, ""],
        [`${some}&member_of=!${uuid(5)}`, "1 2 3"],
        [`${some}&in_tree=${uuid(2)}`, "2"],
        [`${some}&in_tree=${uuid(9)}`, ""]
      ]
      for (const [query, hosts, version] of expected) assert.strictEqual(yield* hostsFor(ask, query, version), hosts, query)
      assert.strictEqual(Object.keys(at(yield* candidates(ask, `${some}&limit=2`), "provider_summaries") as object).length, 2)
      for (let number = 1; number <= 3; number++) yield* putServer(number)
      assert.strictEqual(yield* hostsFor(ask, "resources=MEMORY_MB:7681"), "2 3")
      assert.strictEqual(yield* hostsFor(ask, "resources=MEMORY_MB:7680"), "1 2 3")
    }).pipe(Effect.provide(world)))

  it.effect("give several groups together, from one provider while hosts have no parts", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* threeHosts
      const two = "resources1=VCPU:1&resources2=VCPU:2,DISK_GB:1"
      assert.strictEqual(yield* hostsFor(ask, `${two}&group_policy=none`), "1 2")
      assert.strictEqual(yield* hostsFor(ask, `${two}&group_policy=none&required2=CUSTOM_GOLD`), "2")
      assert.strictEqual(yield* hostsFor(ask, `${two}&group_policy=isolate`), "")
      assert.strictEqual(yield* hostsFor(ask, "resources=MEMORY_MB:512&resources1=VCPU:1&group_policy=isolate"), "1 2 3")
      assert.strictEqual(yield* hostsFor(ask, "resources_A=DISK_GB:300&resources_B=DISK_GB:300&group_policy=none"), "")
      const request = at(yield* candidates(ask, "resources=MEMORY_MB:512&resources_NET=VCPU:1&resources_D=VCPU:2&group_policy=none&limit=1"), "allocation_requests.0")
      assert.deepStrictEqual(request, {
        allocations: { [uuid(1)]: { resources: { MEMORY_MB: 512, VCPU: 3 } } },
        mappings: { "": [uuid(1)], _NET: [uuid(1)], _D: [uuid(1)] }
      })
      assert.strictEqual(yield* hostsFor(ask, "resources1=VCPU:1&required_T=CUSTOM_GOLD&same_subtree=1,_T&group_policy=none"), "2")
    }).pipe(Effect.provide(world)))

  it.effect("refuse questions that mean nothing, and those of later versions", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* threeHosts
      const plain = "placement.undefined_code"
      const [badValue, missing, duplicate] = ["bad_value", "missing_value", "duplicate_key"].map((name) => `placement.query.${name}`)
      const refused: ReadonlyArray<readonly [query: string, code: string | undefined, detail: RegExp, version?: string]> = [
        ["", undefined, /'resources' is a required property/, "1.10"],
        ["", plain, /At least one request group/, "1.25"],
        ["", missing, /at least one resources/],
        ["required=CUSTOM_GOLD", missing, /at least one resources/],
        ["required=CUSTOM_GOLD", plain, /orphaned traits keys: required$/, "1.35"],
        [`${some}&limit=1`, undefined, /'limit' was unexpected/, "1.15"],
        [`${some}&required=CUSTOM_GOLD`, undefined, /'required' was unexpected/, "1.16"],
        [`${some}&member_of=${uuid(1)}`, undefined, /'member_of' was unexpected/, "1.20"],
        [`${some}&resources1=VCPU:1`, plain, /'resources1' was unexpected/, "1.24"],
        [`${some}&in_tree=${uuid(1)}`, plain, /'in_tree' does not match any of the regexes/, "1.30"],
        [`${some}&resources_A=VCPU:1`, plain, /'resources_A' does not match/, "1.32"],
        [`${some}&root_required=CUSTOM_GOLD`, plain, /'root_required' does not match/, "1.34"],
        [`${some}&same_subtree=1`, plain, /'same_subtree' does not match/, "1.35"],
        [`${some}&limit=0`, plain, /'0' does not match '\^\[1-9\]\[0-9\]\*\$' .*\['limit'\]/],
        [`${some}&limit=many`, plain, /limit/],
        [`${some}&group_policy=some`, plain, /group_policy/],
        ["resources1=VCPU:1&resources2=VCPU:1", plain, /group_policy/],
        [`resources1=VCPU:1&required2=CUSTOM_GOLD&group_policy=none`, badValue, /same_subtree.*'2'/],
        [`${some}&resources1=VCPU:1&same_subtree=1,2`, badValue, /\['2'\] not found in \['', '1'\]/],
        [`${some}&resources1=VCPU:1&same_subtree=1,`, badValue, /Empty string \(unsuffixed group\)/],
        [`${some}&required=CUSTOM_GOLD,!CUSTOM_GOLD`, plain, /required: \(CUSTOM_GOLD\)/],
        [`${some}&root_required=CUSTOM_GOLD,!CUSTOM_GOLD`, badValue, /Conflicting/],
        [`${some}&root_required=CUSTOM_GOLD&root_required=COMPUTE_NODE`, duplicate, /only once/],
        [`${some}&root_required=in:CUSTOM_GOLD,COMPUTE_NODE`, plain, /only supported since/],
        [`${some}&root_required=NO_SUCH`, plain, /NO_SUCH/],
        [`${some}&required=NO_SUCH`, plain, /NO_SUCH/],
        ["resources=NO_SUCH:1", plain, /No such resource class NO_SUCH/],
        ["resources=VCPU:0", plain, /amount >= 1/],
        ["resources=VCPU:0&resources=VCPU:1", plain, /amount >= 1/],
        [`${some}&limit=many&limit=1`, plain, /limit/],
        // What is wrong by itself is said before what is wrong with a group.
        ["resources=VCPU:0&root_required=CUSTOM_GOLD,!CUSTOM_GOLD", badValue, /root_required/],
        ["resources=VCPU:0&same_subtree=,", badValue, /same_subtree/],
        [`${some}&in_tree=x`, plain, /uuid/]
      ]
      for (const [query, code, detail, version] of refused) {
        const said = yield* hostsFor(ask, query, version)
        assert.match(said, new RegExp(`^400 ${code} `), `${query} ${version}`)
        assert.match(said, detail, `${query} ${version}`)
      }
    }).pipe(Effect.provide(world)))
})
