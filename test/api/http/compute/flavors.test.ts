import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fields } from "../../../../src/api/http/compute/flavors/fields.ts"
import { keysAt } from "../../../../src/api/http/compute/Fields.ts"
import { violationOf } from "../../../../src/api/http/compute/flavors/extraSpecs.ts"
import { type Ask, asMember, asStranger, makeAsk, otherProject, project, world } from "../../../fixtures/compute.ts"

const small = { name: "m1.small", ram: 2048, vcpus: 1, disk: 20, id: "2" }
const make = (ask: Ask, more: Record<string, unknown> = {}) => ask("POST", "/flavors", { body: { flavor: { ...small, ...more } } })
const ids = (answer: { readonly body: unknown }) => (answer.body as { flavors: Array<{ id: string }> }).flavors.map((flavor) => flavor.id)

describe("flavors", () => {
  it("show these keys at the edges of their versions", () => {
    const old = ["id", "name", "links", "ram", "disk", "swap", "OS-FLV-EXT-DATA:ephemeral", "OS-FLV-DISABLED:disabled", "vcpus", "os-flavor-access:is_public", "rxtx_factor"]
    const described = [...old.slice(0, 3), "description", ...old.slice(3)]
    assert.deepStrictEqual(keysAt(fields, 1, "detail"), old)
    assert.deepStrictEqual(keysAt(fields, 54, "detail"), old)
    assert.deepStrictEqual(keysAt(fields, 55, "detail"), described)
    assert.deepStrictEqual(keysAt(fields, 60, "detail"), described)
    for (const version of [61, 74, 75, 101]) assert.deepStrictEqual(keysAt(fields, version, "detail"), [...described, "extra_specs"])
    assert.deepStrictEqual(keysAt(fields, 102, "detail"), ["id", "name", "links", "description", "ram", "disk", "swap", "OS-FLV-EXT-DATA:ephemeral", "vcpus", "os-flavor-access:is_public", "extra_specs"])
    assert.deepStrictEqual(keysAt(fields, 54, "index"), ["id", "name", "links"])
    assert.deepStrictEqual(keysAt(fields, 55, "index"), ["id", "name", "links", "description"])
  })

  it.effect("are created, shown, described and deleted", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const created = yield* make(ask, { ram: "2048", "os-flavor-access:is_public": "yes" })
      assert.deepStrictEqual([created.status, created.body], [200, { flavor: {
        id: "2", name: "m1.small", ram: 2048, disk: 20, swap: 0, vcpus: 1, description: null, extra_specs: {},
        "OS-FLV-EXT-DATA:ephemeral": 0, "os-flavor-access:is_public": true,
        links: [
          { rel: "self", href: "http://cloud.test/compute/v2.1/flavors/2" },
          { rel: "bookmark", href: "http://cloud.test/compute/flavors/2" }
        ]
      } }])
      const old = yield* ask("GET", "/flavors/2", { version: "2.1" })
      assert.strictEqual((old.body as { flavor: { swap: unknown } }).flavor.swap, "")
      assert.strictEqual((yield* ask("PUT", "/flavors/2", { version: "2.54", body: { flavor: { description: "x" } } })).status, 404)
      assert.strictEqual((yield* ask("PUT", "/flavors/2", { version: "2.55", body: { flavor: { description: "x" } } })).status, 200)
      assert.strictEqual((yield* ask("DELETE", "/flavors/2")).status, 202)
      const gone = yield* ask("GET", "/flavors/2")
      assert.deepStrictEqual(gone.body, { itemNotFound: { code: 404, message: "Flavor 2 could not be found." } })
    }).pipe(Effect.provide(world)))

  it.effect("have one name and one id each, and a UUID when no id is asked for", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* make(ask)
      assert.strictEqual((yield* make(ask, { name: "other" })).status, 409)
      assert.strictEqual((yield* make(ask, { id: "3" })).status, 409)
      const generated = yield* make(ask, { id: null, name: "generated" })
      assert.match((generated.body as { flavor: { id: string } }).flavor.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
      assert.strictEqual((yield* ask("POST", "/flavors", { token: asMember, body: { flavor: small } })).status, 403)
    }).pipe(Effect.provide(world)))

  it.effect("are listed by id, in pages, filtered", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      for (const [index, ram] of [512, 2048, 1024].entries()) yield* make(ask, { id: String(index + 1), name: `f${index}`, ram })
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors")), ["1", "2", "3"])
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors?sort_key=memory_mb&sort_dir=desc")), ["2", "3", "1"])
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors/detail?minRam=1000")), ["2", "3"])
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors?name=f1")), ["2"])
      const page = yield* ask("GET", "/flavors?limit=2")
      assert.deepStrictEqual((page.body as { flavors_links: unknown }).flavors_links, [
        { rel: "next", href: "http://cloud.test/compute/v2.1/flavors?limit=2&marker=2" }
      ])
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors?limit=2&marker=2")), ["3"])
      for (const query of ["marker=none", "minRam=x", "minDisk=1.5", "limit=-1", "sort_key=x", "is_public=perhaps"]) {
        assert.strictEqual((yield* ask("GET", `/flavors?${query}`)).status, 400, query)
      }
    }).pipe(Effect.provide(world)))

  it.effect("that are private show to their projects and to administrators", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const act = (action: string, tenant: string) => ask("POST", "/flavors/2/action", { body: { [action]: { tenant } } })
      yield* make(ask, { "os-flavor-access:is_public": false })
      assert.strictEqual((yield* ask("GET", "/flavors/2", { token: asStranger })).status, 404)
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors")), [])
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors?is_public=None")), ["2"])
      assert.deepStrictEqual((yield* act("addTenantAccess", otherProject)).body, { flavor_access: [{ flavor_id: "2", tenant_id: otherProject }] })
      assert.strictEqual((yield* act("addTenantAccess", otherProject)).status, 409)
      assert.strictEqual((yield* act("addTenantAccess", "nowhere")).status, 400)
      assert.strictEqual((yield* ask("GET", "/flavors/2", { token: asStranger })).status, 200)
      assert.deepStrictEqual(ids(yield* ask("GET", "/flavors", { token: asStranger })), ["2"])
      assert.strictEqual((yield* act("removeTenantAccess", project)).status, 404)
      assert.strictEqual((yield* act("removeTenantAccess", otherProject)).status, 200)
      assert.deepStrictEqual((yield* ask("GET", "/flavors/2/os-flavor-access")).body, { flavor_access: [] })
    }).pipe(Effect.provide(world)))

  it.effect("that are public have no access list", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* make(ask)
      const body = { addTenantAccess: { tenant: project } }
      assert.strictEqual((yield* ask("GET", "/flavors/2/os-flavor-access")).status, 404)
      assert.strictEqual((yield* ask("POST", "/flavors/2/action", { version: "2.6", body })).status, 200)
      assert.strictEqual((yield* ask("POST", "/flavors/2/action", { version: "2.7", body })).status, 409)
    }).pipe(Effect.provide(world)))

  it.effect("have extra specs", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const specs = "/flavors/2/os-extra_specs"
      yield* make(ask)
      assert.deepStrictEqual((yield* ask("POST", specs, { body: { extra_specs: { "hw:numa_nodes": 1, own: "x" } } })).body, { extra_specs: { "hw:numa_nodes": 1, own: "x" } })
      assert.deepStrictEqual((yield* ask("GET", `${specs}/hw:numa_nodes`)).body, { "hw:numa_nodes": "1" })
      assert.deepStrictEqual((yield* ask("GET", `${specs}/own`)).body, { own: "x" })
      assert.strictEqual((yield* ask("PUT", `${specs}/own`, { body: { "hw:numa_nodes": "2" } })).status, 400)
      assert.deepStrictEqual((yield* ask("PUT", `${specs}/hw:numa_nodes`, { body: { "hw:numa_nodes": "2" } })).body, { "hw:numa_nodes": "2" })
      assert.strictEqual((yield* ask("DELETE", `${specs}/own`)).status, 200)
      assert.strictEqual((yield* ask("DELETE", `${specs}/own`)).status, 404)
      assert.deepStrictEqual((yield* ask("GET", specs, { token: asMember })).body, { extra_specs: { "hw:numa_nodes": "2" } })
      const wrong = { body: { extra_specs: { "hw:numa_nodes": "none" } } }
      assert.strictEqual((yield* ask("POST", specs, { version: "2.85", ...wrong })).status, 200)
      assert.strictEqual((yield* ask("POST", specs, { version: "2.86", ...wrong })).status, 400)
    }).pipe(Effect.provide(world)))

  it.each([
    ["hw:cpu_policy", "dedicated", true],
    ["hw:cpu_policy", "any", false],
    ["hw:numa_cpus.0", "0-1,^2", true],
    ["hw:numa_cpus.x", "0", false],
    ["hw:nonsense", "1", false],
    ["hw:mem_page_size", "1GB", true],
    ["hw:redirected_usb_ports", "16", false],
    ["quota:cpu_shares_level", "low", true],
    ["quota:disk_read_iops_sec", "-1", false],
    ["resources1:CUSTOM_GPU", "2", true],
    ["resources:NOTHING", "2", false],
    ["trait:HW_CPU_X86_AVX2", "required", true],
    ["trait:HW_CPU_X86_AVX2", "please", false],
    ["pci_passthrough:alias", "a1:2,b:1", true],
    ["own:thing", "1", true],
    ["thing", "1", true],
    ["hide_hypervisor_id", "perhaps", false],
    ["capabilities:cpu_info:arch", "x", true]
  ])("extra spec %s=%s is valid: %s", (key, value, isValid) => assert.strictEqual(violationOf(key, value) === null, isValid))
})
