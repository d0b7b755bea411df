import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fields } from "../../../../src/api/http/compute/serverGroups/fields.ts"
import { keysAt } from "../../../../src/api/http/compute/Fields.ts"
import { type Ask, asAdmin, asMember, asReader, asStranger, makeAsk, project, world } from "../../../fixtures/compute.ts"

const mine = { token: asMember }
const create = (ask: Ask, server_group: object, version = "latest") => ask("POST", "/os-server-groups", { ...mine, version, body: { server_group } })
const idOf = (answer: { readonly body: unknown }) => (answer.body as { server_group: { id: string } }).server_group.id
const names = (answer: { readonly body: unknown }) => (answer.body as { server_groups: Array<{ name: string }> }).server_groups.map((group) => group.name)

describe("server groups", () => {
  it("show these keys at the edges of their versions", () => {
    assert.deepStrictEqual(keysAt(fields, 12, "show"), ["id", "name", "policies", "metadata", "members"])
    assert.deepStrictEqual(keysAt(fields, 13, "show"), ["id", "name", "policies", "metadata", "members", "project_id", "user_id"])
    assert.deepStrictEqual(keysAt(fields, 63, "show"), ["id", "name", "policies", "metadata", "members", "project_id", "user_id"])
    assert.deepStrictEqual(keysAt(fields, 64, "show"), ["id", "name", "policy", "rules", "members", "project_id", "user_id"])
  })

  it.effect("are created with a policy and its rules", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const made = yield* create(ask, { name: "g", policy: "anti-affinity", rules: { max_server_per_host: "3" } })
      assert.deepStrictEqual([made.status, made.body], [200, { server_group: {
        id: idOf(made), name: "g", policy: "anti-affinity", rules: { max_server_per_host: 3 }, members: [], project_id: project, user_id: "alice"
      } }])
      const old = yield* create(ask, { name: "o", policies: ["affinity"] }, "2.1")
      assert.deepStrictEqual(old.body, { server_group: { id: idOf(old), name: "o", policies: ["affinity"], metadata: {}, members: [] } })
      const status = (group: object, version?: string) => Effect.map(create(ask, group, version), (answer) => answer.status)
      assert.strictEqual(yield* status({ name: "s", policies: ["soft-affinity"] }, "2.14"), 400)
      assert.strictEqual(yield* status({ name: "s", policies: ["soft-affinity"] }, "2.15"), 200)
      assert.strictEqual(yield* status({ name: "r", policy: "affinity", rules: { max_server_per_host: 3 } }), 400)
      assert.strictEqual(yield* status({ name: "r", policy: "affinity", rules: {} }), 200)
    }).pipe(Effect.provide(world)))

  it.effect("belong to a project", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const one = `/os-server-groups/${idOf(yield* create(ask, { name: "g", policy: "affinity" }))}`
      const status = (method: string, token: string, path = one) => Effect.map(ask(method, path, { token }), (answer) => answer.status)
      assert.strictEqual(yield* status("GET", asStranger), 404)
      assert.strictEqual(yield* status("DELETE", asStranger), 404)
      assert.strictEqual(yield* status("DELETE", asReader), 403)
      assert.strictEqual(yield* status("GET", asAdmin), 200)
      assert.deepStrictEqual(names(yield* ask("GET", "/os-server-groups", { token: asStranger })), [])
      assert.strictEqual(yield* status("GET", asMember, "/os-server-groups?all_projects=1"), 403)
      assert.deepStrictEqual(names(yield* ask("GET", "/os-server-groups?all_projects")), ["g"])
      assert.strictEqual(yield* status("DELETE", asMember), 204)
      assert.strictEqual(yield* status("GET", asMember), 404)
    }).pipe(Effect.provide(world)))

  it.effect("are listed in slices, and limited in number", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const made = yield* Effect.forEach("abcdefghijkl", (name) => create(ask, { name, policy: "affinity" }), { concurrency: 4 })
      assert.deepStrictEqual(made.map((answer) => answer.status).toSorted(), [...Array.from({ length: 10 }, () => 200), 403, 403])
      assert.strictEqual(names(yield* ask("GET", "/os-server-groups", mine)).length, 10)
      assert.strictEqual(names(yield* ask("GET", "/os-server-groups?limit=3&offset=8", mine)).length, 2)
      assert.strictEqual(names(yield* ask("GET", "/os-server-groups?limit=0", mine)).length, 10)
      assert.strictEqual((yield* ask("GET", "/os-server-groups?offset=-1", mine)).status, 400)
    }).pipe(Effect.provide(world)))
})
