import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fields as limitFields } from "../../../../src/api/http/compute/limits/fields.ts"
import { classFields, setFields } from "../../../../src/api/http/compute/quotas/fields.ts"
import { keysAt } from "../../../../src/api/http/compute/Fields.ts"
import { asMember, asReader, asStranger, makeAsk, otherProject, project, world } from "../../../fixtures/compute.ts"

const set = (answer: { readonly body: unknown }) => (answer.body as { quota_set: Record<string, unknown> }).quota_set
const path = `/os-quota-sets/${project}`

describe("quota sets", () => {
  it("show these keys at the edges of their versions", () => {
    const common = ["id", "cores", "instances", "key_pairs", "metadata_items", "ram"]
    const files = ["id", "cores", "injected_file_content_bytes", "injected_file_path_bytes", "injected_files", "instances", "key_pairs", "metadata_items", "ram"]
    const networks = ["fixed_ips", "floating_ips", "security_group_rules", "security_groups"]
    const groups = ["server_group_members", "server_groups"]
    assert.deepStrictEqual(keysAt(setFields, 35, "show"), [...files, ...networks, ...groups])
    assert.deepStrictEqual(keysAt(setFields, 36, "show"), [...files, ...groups])
    assert.deepStrictEqual(keysAt(setFields, 56, "show"), [...files, ...groups])
    assert.deepStrictEqual(keysAt(setFields, 57, "show"), [...common, ...groups])
    assert.deepStrictEqual(keysAt(classFields, 49, "show"), [...files, ...networks])
    assert.deepStrictEqual(keysAt(classFields, 50, "show"), [...files, ...groups])
    assert.deepStrictEqual(keysAt(classFields, 57, "show"), [...common, ...groups])
    assert.strictEqual(keysAt(limitFields, 35, "show").length, 19)
    assert.strictEqual(keysAt(limitFields, 36, "show").length, 14)
    assert.strictEqual(keysAt(limitFields, 39, "show").length, 13)
    assert.strictEqual(keysAt(limitFields, 57, "show").length, 11)
  })

  it.effect("start from the defaults and are changed by administrators", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      assert.deepStrictEqual(set(yield* ask("GET", path, { token: asReader })), {
        id: project, cores: 20, instances: 10, key_pairs: 100, metadata_items: 128, ram: 51200, server_group_members: 10, server_groups: 10
      })
      const changed = yield* ask("PUT", path, { body: { quota_set: { cores: "45", ram: -1 } } })
      assert.deepStrictEqual([set(changed)["cores"], set(changed)["ram"], set(changed)["id"]], [45, -1, undefined])
      assert.strictEqual(set(yield* ask("GET", path))["cores"], 45)
      assert.strictEqual(set(yield* ask("GET", `${path}/defaults`))["cores"], 20)
      assert.strictEqual(set(yield* ask("GET", `/os-quota-sets/${otherProject}`))["cores"], 20)
      assert.deepStrictEqual(set(yield* ask("GET", `${path}/detail`))["cores"], { limit: 45, in_use: 0, reserved: 0 })
      assert.strictEqual((yield* ask("DELETE", path)).status, 202)
      assert.strictEqual(set(yield* ask("GET", path))["cores"], 20)
      assert.strictEqual((yield* ask("PUT", path, { token: asMember, body: { quota_set: { cores: 1 } } })).status, 403)
      assert.strictEqual((yield* ask("GET", path, { token: asStranger })).status, 403)
      assert.strictEqual((yield* ask("GET", "/os-quota-sets/nowhere")).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("take the network's limits and keep none of them", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const changed = yield* ask("PUT", path, { version: "2.35", body: { quota_set: { security_groups: 45 } } })
      assert.strictEqual(set(changed)["security_groups"], -1)
      assert.strictEqual((yield* ask("PUT", path, { version: "2.36", body: { quota_set: { security_groups: 45 } } })).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("of users stay within their project's, and none falls below what is in use", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const put = (query: string, quota_set: object) => Effect.map(ask("PUT", `${path}${query}`, { body: { quota_set } }), (answer) => answer.status)
      assert.strictEqual(yield* put("?user_id=alice", { instances: 11 }), 400)
      assert.strictEqual(yield* put("?user_id=alice", { instances: 5 }), 200)
      assert.strictEqual(set(yield* ask("GET", `${path}?user_id=alice`))["instances"], 5)
      assert.strictEqual(set(yield* ask("GET", path))["instances"], 10)
      for (const name of ["a", "b"]) yield* ask("POST", "/os-server-groups", { token: asMember, body: { server_group: { name, policy: "affinity" } } })
      assert.deepStrictEqual(set(yield* ask("GET", `${path}/detail`))["server_groups"], { limit: 10, in_use: 2, reserved: 0 })
      assert.strictEqual(yield* put("", { server_groups: 1 }), 400)
      assert.strictEqual(yield* put("", { server_groups: 1, force: "True" }), 200)
      assert.strictEqual((yield* ask("POST", "/os-server-groups", { token: asMember, body: { server_group: { name: "c", policy: "affinity" } } })).status, 403)
    }).pipe(Effect.provide(world)))

  it.effect("follow their class", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const changed = yield* ask("PUT", "/os-quota-class-sets/default", { body: { quota_class_set: { cores: 50 } } })
      assert.strictEqual((changed.body as { quota_class_set: { cores: number } }).quota_class_set.cores, 50)
      assert.strictEqual(set(yield* ask("GET", path))["cores"], 50)
      yield* ask("PUT", "/os-quota-class-sets/gold", { body: { quota_class_set: { cores: 99 } } })
      assert.strictEqual(set(yield* ask("GET", path))["cores"], 50)
      const gold = yield* ask("GET", "/os-quota-class-sets/gold")
      assert.strictEqual((gold.body as { quota_class_set: { cores: number } }).quota_class_set.cores, 99)
      for (const version of ["2.1", "2.50", "2.57"]) assert.strictEqual((yield* ask("GET", "/os-quota-class-sets/default", { version })).status, 200)
    }).pipe(Effect.provide(world)))
})

describe("limits", () => {
  it.effect("are one's own; others' are for administrators", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const shown = yield* ask("GET", "/limits", { token: asMember })
      assert.deepStrictEqual(shown.body, { limits: { rate: [], absolute: {
        maxServerMeta: 128, maxTotalInstances: 10, maxTotalCores: 20, maxTotalRAMSize: 51200, maxTotalKeypairs: 100, maxServerGroups: 10,
        maxServerGroupMembers: 10, totalRAMUsed: 0, totalCoresUsed: 0, totalInstancesUsed: 0, totalServerGroupsUsed: 0
      } } })
      for (const version of ["2.1", "2.36", "2.39", "2.57"]) assert.strictEqual((yield* ask("GET", `/limits?tenant_id=${otherProject}`, { version })).status, 200)
      assert.strictEqual((yield* ask("GET", `/limits?tenant_id=${project}`, { token: asMember })).status, 403)
    }).pipe(Effect.provide(world)))
})
