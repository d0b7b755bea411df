/** Whatever comes, each answer is Keystone's kind of refusal, and nothing breaks. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Accounts } from "../../../../src/actors/identity/AccountsProtocol.ts"
import * as IdentityFace from "../../../../src/api/http/identity/IdentityFace.ts"
import { call } from "../../../fixtures/http.ts"
import { adminToken, layer } from "../../../fixtures/accounts.ts"

const wrongValues = [null, true, 7, -1, 1.5, "", " ", "x".repeat(5000), "a/b,c", "\u0000", [], [1], [{}], {}, { id: {} }, { __proto__: 1 }]
const fields = [
  "name", "id", "domain_id", "enabled", "description", "tags", "options", "parent_id", "is_domain", "password",
  "default_project_id", "roles", "expires_at", "secret", "access_rules", "unrestricted", "links", "extra", "__proto__"
]
const bodies = (kind: string): ReadonlyArray<unknown> => [
  ...wrongValues,
  "{", "[", "nul", "{\"a\":}",
  ...wrongValues.map((value) => ({ [kind]: value })),
  ...fields.flatMap((field) => wrongValues.map((value) => ({ [kind]: { name: "n", [field]: value } })))
]
const authBodies: ReadonlyArray<unknown> = [
  ...wrongValues.map((value) => ({ auth: value })),
  ...wrongValues.map((value) => ({ auth: { identity: value } })),
  ...wrongValues.map((value) => ({ auth: { identity: { methods: value } } })),
  ...["password", "token", "application_credential", "__proto__", "constructor"].flatMap((method) =>
    wrongValues.flatMap((value) => [
      { auth: { identity: { methods: [method], [method]: value } } },
      { auth: { identity: { methods: [method], [method]: { user: value, id: value, name: value, secret: value } } } },
      { auth: { identity: { methods: [method], [method]: { user: { id: "u", password: value, domain: value } } } } },
      { auth: { identity: { methods: ["token"], token: { id: "x" } }, scope: value } },
      { auth: { identity: { methods: ["token"], token: { id: "x" } }, scope: { [method]: value, project: value } } }
    ])
  )
]
const queries = ["", "?limit=x", "?marker=%00", "?name__regex=(", "?effective&user.id=%F0", "?domain_id=", "?%", "?tags=,,&not-tags-any=a"]
const strangeIds = ["default", "nowhere", "%00", "..", "%2e%2e%2f", "x".repeat(3000), "__proto__", "constructor", "%E0%A4%A", "日本"]

const kindOf = (path: string) => path.split("/").at(-1)!.startsWith(":") ? path.split("/").at(-2)!.slice(0, -1) : path.split("/").at(-1)!.slice(0, -1)

describe("bad input", () => {
  it.effect("never breaks a row, and is answered with an error body", () =>
    Effect.gen(function*() {
      const face = yield* IdentityFace.make
      const token = yield* adminToken()
      let calls = 0
      const send = (method: string, path: string, body?: unknown) =>
        Effect.map(call(face, { method, path, token, ...(body === undefined ? {} : { body }) }), (answer) => {
          calls++
          assert.isBelow(answer.status, 500, `${method} ${path} ${JSON.stringify(body)}`)
          if (answer.status >= 400) {
            const { error } = answer.body as { error: { code: number; message: string; title: string } }
            assert.strictEqual(error.code, answer.status)
            assert.isAbove(error.message.length, 10)
          }
        })
      for (const row of IdentityFace.rows) {
        const paths = row.path.includes(":") ? strangeIds.map((id) => row.path.replaceAll(/:\w+/g, id)) : [row.path]
        for (const path of paths) {
          for (const query of queries) yield* send(row.method, `${path}${query}`)
        }
        if (!["POST", "PUT", "PATCH"].includes(row.method)) continue
        const sent = row.path === "/v3/auth/tokens" ? authBodies : bodies(kindOf(row.path))
        for (const body of sent) yield* send(row.method, paths[0]!, body)
      }
      assert.isAbove(calls, 3000)
      // The cloud is as usable as before.
      const accounts = yield* Accounts
      assert.isDefined(accounts.directory.get("domain", "default"))
      yield* adminToken()
    }).pipe(Effect.provide(layer)), 60_000)

  it.effect("paths and methods that are not there get 404 and 405", () =>
    Effect.gen(function*() {
      const face = yield* IdentityFace.make
      const token = yield* adminToken()
      const status = (method: string, path: string) => Effect.map(call(face, { method, path, token }), (answer) => answer.status)
      assert.strictEqual(yield* status("GET", "/v3/nothing"), 404)
      assert.strictEqual(yield* status("GET", "/v2.0"), 404)
      assert.strictEqual(yield* status("PUT", "/v3/users"), 405)
      assert.strictEqual(yield* status("DELETE", "/v3"), 405)
    }).pipe(Effect.provide(layer)))
})
