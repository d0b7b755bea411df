import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { Identity } from "../../../../src/actors/identity/IdentityProtocol.ts"
import { refuse } from "../../../../src/actors/shared/Refusal.ts"
import { computeFace } from "../../../../src/api/http/compute/computeFace.ts"
import { operation } from "../../../../src/api/http/compute/Operations.ts"
import { body, object, param, query } from "../../../../src/api/http/compute/Requests.ts"
import * as types from "../../../../src/api/http/compute/types.ts"
import { nobody } from "../../../../src/api/http/Face.ts"
import { call, type CallOptions } from "../../../fixtures/http.ts"

const project = "6f70656e737461636b20342065766572"
const identity = Layer.succeed(Identity, {
  verify: (token) =>
    token === "forged"
      ? Effect.fail(refuse("unauthorized", "no"))
      : Effect.succeed({ ...nobody, userId: "u", projectId: project, roles: token.split(","), isAdmin: token.includes("admin"), systemScope: token === "system" }),
  hasProject: () => Effect.succeed(true)
})

const things = [
  operation({ method: "GET", path: "/things", status: 200, policy: "os_compute_api:servers:index",
    query: query([param("limit", types.limit), param("name", types.anyText, { since: 102 })], { strictSince: 75 }),
    handle: (x) => Effect.succeed({ body: { things: [...x.query.keys()], self: x.self, bookmark: x.bookmark } }) }),
  operation({ method: "POST", path: "/things", status: [{ until: 1, is: 200 }, { since: 2, is: 201 }],
    body: body("thing", object([param("name", types.name, { required: true }), param("size", types.integer(1), { since: 12 })])),
    policy: "os_compute_api:servers:create",
    handle: (x) => Effect.succeed({ body: x.body }) }),
  operation({ method: "GET", path: "/things/:id", status: 200, policy: "os_compute_api:servers:show",
    find: (x) => x.params["id"] === "known"
      ? Effect.succeed({ projectId: "other" })
      : Effect.fail(refuse("notFound", `Thing ${x.params["id"]} could not be found.`)),
    handle: () => Effect.succeed({ body: {} }) }),
  operation({ method: "GET", path: "/late", status: 200, since: 50, until: 60, handle: () => Effect.succeed({ body: {} }) }),
  operation({ method: "POST", path: "/things/:id/action", action: "poke", status: 202, handle: () => Effect.succeed({}) }),
  operation({ method: "POST", path: "/things/:id/action", action: "old", until: 5, status: 202, handle: () => Effect.succeed({}) }),
  operation({ method: "GET", path: "/bug", status: 200, handle: () => Effect.die("oops") })
]
const face = computeFace({ operations: things }).pipe(Effect.provide(identity))
const ask = (path: string, options: Omit<CallOptions, "path"> = {}) =>
  Effect.flatMap(face, (face) => call(face, { token: "member,reader", ...options, path })).pipe(Effect.provide(Logger.layer([])))
const status = (path: string, options?: Omit<CallOptions, "path">) => Effect.map(ask(path, options), (answer) => answer.status)
const at = (version: string, options: Omit<CallOptions, "path"> = {}) => ({ ...options, headers: { "OpenStack-API-Version": `compute ${version}`, ...options.headers } })
const faultOf = (name: string, code: number, message: string) => ({ [name]: { code, message } })

describe("the compute service", () => {
  it.effect("describes itself without a token", () =>
    Effect.gen(function*() {
      const list = yield* ask("/", { token: null })
      assert.deepStrictEqual((list.body as { versions: Array<{ id: string }> }).versions.map((edition) => edition.id), ["v2.0", "v2.1"])
      for (const [path, id] of [["/v2", "v2.0"], ["/v2/", "v2.0"], ["/v2.1", "v2.1"], ["/v2.1/", "v2.1"]] as const) {
        const answer = yield* ask(path, { token: null })
        assert.deepStrictEqual([answer.status, (answer.body as { version: { id: string } }).version.id], [200, id])
      }
      assert.strictEqual(yield* status("/v3", { token: null }), 300)
      assert.strictEqual(yield* status("/v2.1/things", { method: "OPTIONS", token: null }), 200)
    }))

  it.effect("negotiates the version", () =>
    Effect.gen(function*() {
      const spoken = (headers: Record<string, string>) =>
        Effect.map(ask("/v2.1/things", { headers }), (answer) => [answer.status, answer.headers["openstack-api-version"], answer.headers["x-openstack-nova-api-version"]])
      assert.deepStrictEqual(yield* spoken({}), [200, "compute 2.1", "2.1"])
      assert.deepStrictEqual(yield* spoken({ "OpenStack-API-Version": "compute latest" }), [200, "compute 2.104", "2.104"])
      assert.deepStrictEqual(yield* spoken({ "X-OpenStack-Nova-API-Version": "2.7" }), [200, "compute 2.7", "2.7"])
      assert.deepStrictEqual(yield* spoken({ "X-OpenStack-Nova-API-Version": "2.7", "OpenStack-API-Version": "volume 3.0, compute 2.50" }), [200, "compute 2.50", "2.50"])
      assert.deepStrictEqual(yield* spoken({ "OpenStack-API-Version": "volume 3.0" }), [200, "compute 2.1", "2.1"])
      for (const version of ["2.0", "2.105", "3.0", "1.1"]) {
        assert.deepStrictEqual(yield* spoken({ "OpenStack-API-Version": `compute ${version}` }), [406, `compute ${version}`, version])
      }
      for (const version of ["2", "2.", "x", "2.01", "2.1.1", "LATEST"]) {
        assert.deepStrictEqual(yield* spoken({ "OpenStack-API-Version": `compute ${version}` }), [400, undefined, undefined])
      }
      assert.strictEqual((yield* ask("/v2/things", at("2.50"))).headers["vary"], undefined)
    }))

  it.effect("answers faults in Nova's form", () =>
    Effect.gen(function*() {
      const missing = yield* ask("/v2.1/things/x")
      assert.deepStrictEqual(missing.body, faultOf("itemNotFound", 404, "Thing x could not be found."))
      assert.strictEqual(missing.headers["content-type"], "application/json; charset=UTF-8")
      assert.strictEqual(missing.headers["vary"], "OpenStack-API-Version, X-OpenStack-Nova-API-Version")
      assert.strictEqual(missing.headers["x-compute-request-id"], missing.headers["x-openstack-request-id"])
      assert.deepStrictEqual((yield* ask("/v2.1/things", { token: "stranger" })).body, faultOf("forbidden", 403, "Policy doesn't allow os_compute_api:servers:index to be performed."))
      assert.strictEqual(yield* status("/v2.1/things/known"), 403)
      assert.strictEqual(yield* status("/v2.1/things", { token: "system" }), 403)
      const bug = yield* ask("/v2.1/bug")
      assert.deepStrictEqual([bug.status, Object.keys(bug.body as object)], [500, ["computeFault"]])
      const stranger = yield* ask("/v2.1/nothing", { token: "forged" })
      assert.deepStrictEqual([stranger.status, stranger.headers["www-authenticate"]], [401, "Keystone uri=\"http://cloud.test/identity\""])
    }))

  it.effect("answers unknown routes in HTML, and rows of other versions with a fault", () =>
    Effect.gen(function*() {
      for (const path of ["/v2.1/nothing", "/v2.1/things/", "/v2.1/zzz/things", "/v2.1/things/x/y"]) {
        const answer = yield* ask(path)
        assert.deepStrictEqual([answer.status, answer.headers["content-type"], answer.headers["vary"]], [404, "text/html; charset=UTF-8", undefined])
      }
      assert.strictEqual((yield* ask("/v2.1/things", { method: "PATCH", body: {} })).status, 404)
      assert.strictEqual((yield* ask("/v2.1/things", { method: "HEAD" })).status, 404)
      assert.strictEqual(yield* status("/v2.1/late", at("2.49")), 404)
      assert.strictEqual(yield* status("/v2.1/late", at("2.50")), 200)
      assert.strictEqual(yield* status("/v2.1/late", at("2.61")), 404)
    }))

  it.effect("answers whatever the path is", () =>
    Effect.gen(function*() {
      const odd = ["/v2.1/abc", "/v2.1//", "/v2.1//things", "/v2.1/%zz", "/v2.1/things/%zz", "/v2.1/things/%00", "/v2.1/things/..%2f..", "/v2.1x", "/v2.10/things", "//", "", "/v2.1/*", "/v2.1/:id", "/v2.1/things?%zz", "/v2.1/" + "a/".repeat(3000), "/v2.1/things/" + "x".repeat(9000), "/v2.1/things/%F0%9F%92%A5"]
      for (const path of odd) {
        for (const method of ["GET", "POST", "DELETE", "BREW"]) {
          const answer = yield* ask(path, { method })
          assert.include([200, 300, 400, 404], answer.status, `${method} ${path.slice(0, 40)}`)
        }
      }
    }))

  it.effect("takes a project in the path, if it is the caller's", () =>
    Effect.gen(function*() {
      const answer = yield* ask(`/v2.1/${project}/things`)
      assert.deepStrictEqual(answer.body, { things: [], self: `http://cloud.test/compute/v2.1/${project}`, bookmark: `http://cloud.test/compute/${project}` })
      assert.strictEqual(yield* status("/v2.1/aaaa/things"), 400)
    }))

  it.effect("checks bodies by the rows of the version", () =>
    Effect.gen(function*() {
      const post = (version: string, given: unknown) => ask("/v2.1/things", at(version, { body: given }))
      assert.strictEqual((yield* post("2.1", { thing: { name: "a" } })).status, 200)
      assert.strictEqual((yield* post("2.2", { thing: { name: "a" } })).status, 201)
      assert.deepStrictEqual((yield* post("2.12", { thing: { name: "a", size: "5" } })).body, { thing: { name: "a", size: 5 } })
      assert.deepStrictEqual((yield* post("2.11", { thing: { name: "a", size: 5 } })).body,
        faultOf("badRequest", 400, "Invalid input for field/attribute thing. Value: {'name': 'a', 'size': 5}. Additional properties are not allowed ('size' was unexpected)"))
      assert.deepStrictEqual((yield* post("2.12", { thing: { name: "a", size: 0 } })).body,
        faultOf("badRequest", 400, "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1"))
      assert.deepStrictEqual((yield* post("2.12", {})).body, faultOf("badRequest", 400, "'thing' is a required property"))
      const lenient = yield* ask("/v2/things", { body: { thing: { name: "a", more: 1 } } })
      assert.deepStrictEqual([lenient.status, lenient.body], [200, { thing: { name: "a" } }])
      for (const given of ["", "{", "[]", "\"x\"", "null"]) assert.strictEqual((yield* post("2.1", given)).status, 400)
      assert.strictEqual((yield* post("2.1", { thing: { name: "a".repeat(200_000) } })).status, 413)
      assert.strictEqual((yield* ask("/v2.1/things", { body: "{}", headers: { "content-type": "application/xml" } })).status, 415)
      assert.strictEqual((yield* ask("/v2.1/things", { body: { thing: { name: "a" } }, headers: { "content-type": "text/plain" } })).status, 200)
    }))

  it.effect("drops unknown query parameters, and later refuses them", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(((yield* ask("/v2.1/things?limit=1&zz=1&name=a", at("2.74"))).body as { things: unknown }).things, ["limit"])
      assert.strictEqual(yield* status("/v2.1/things?zz=1", at("2.75")), 400)
      assert.strictEqual(yield* status("/v2.1/things?name=a", at("2.102")), 200)
      for (const limit of ["", "x", "-1"]) assert.strictEqual(yield* status(`/v2.1/things?limit=${limit}`), 400)
      assert.strictEqual(yield* status("/v2.1/things?limit=%ff"), 400)
    }))

  it.effect("finds the action in the body", () =>
    Effect.gen(function*() {
      const act = (given: unknown, version = "2.1") => status("/v2.1/things/1/action", at(version, { body: given }))
      assert.strictEqual(yield* act({ poke: null }), 202)
      assert.strictEqual(yield* act({ old: null }, "2.5"), 202)
      assert.strictEqual(yield* act({ old: null }, "2.6"), 404)
      for (const given of [{ none: null }, {}, [], ["poke"], { poke: null, old: null }, "{", "", 5, null]) {
        assert.strictEqual(yield* act(given), 400)
      }
    }))
})
