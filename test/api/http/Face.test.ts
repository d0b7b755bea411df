import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Identity } from "../../../src/actors/identity/IdentityProtocol.ts"
import { type Refusal, refuse } from "../../../src/actors/shared/Refusal.ts"
import type { Answer, Row } from "../../../src/api/http/Exchange.ts"
import { make, nobody } from "../../../src/api/http/Face.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { call } from "../../fixtures/http.ts"

const identity = Layer.succeed(Identity, {
  verify: (token) =>
    token === "token"
      ? Effect.succeed({ ...nobody, userId: "alice", projectId: "p1" })
      : Effect.fail(refuse("unauthorized", "no such token")),
  hasProject: () => Effect.succeed(true)
})

const statusOf = { notFound: 404, unauthorized: 401, tooLarge: 413 } as Record<Refusal["kind"], number>
const rows: ReadonlyArray<Row> = [
  { method: "GET", path: "/", open: true, handle: () => Effect.succeed({ status: 200, body: { version: 1 } }) },
  { method: "GET", path: "/things", handle: (x) => Effect.succeed({ status: 200, body: x.query.getAll("a") }) },
  { method: "POST", path: "/things", handle: (x) => Effect.succeed({ status: 201, body: x.body }) },
  { method: "GET", path: "/things/:id", handle: (x) => Effect.succeed({ status: 200, text: x.params["id"]! }) },
  { method: "DELETE", path: "/things/:id", handle: () => Effect.succeed({ status: 204 }) },
  { method: "GET", path: "/gone", handle: () => Effect.fail(refuse("notFound", "it is gone")) },
  { method: "GET", path: "/bug", handle: () => Effect.die(new Error("secret")) },
  { method: "GET", path: "/cycle", handle: () => Effect.sync((): Answer => {
    const body: Record<string, unknown> = {}
    body["self"] = body
    return { status: 200, body }
  }) },
  { method: "PUT", path: "/raw", raw: true, handle: (x) =>
    Stream.runCollect(x.bytes).pipe(Effect.map((chunks) => ({ status: 200, text: String(Buffer.concat(chunks).length) }))) }
]
const face = make({
  name: "things",
  prefix: "/things",
  rows,
  bodyBytesMax: 100_000,
  faultOf: (refusal) => ({ status: statusOf[refusal.kind] ?? 400, body: { error: refusal.message } }),
  crashOf: () => ({ status: 500, body: { error: "sorry" } }),
  headersOf: ({ requestId }) => ({ "x-request-id": requestId })
}).pipe(Effect.provide(identity))

const ask = (options: Parameters<typeof call>[1]) =>
  Effect.flatMap(face, (face) => call(face, options)).pipe(Effect.provide(Logger.layer([])))

describe("Face", () => {
  it.effect("routes, decodes parameters and reads the query", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* ask({ path: "/things?a=1&a=2&b=3" })).body, ["1", "2"])
      assert.strictEqual((yield* ask({ path: "/things/a%2Fb%20c" })).text, "a/b c")
      assert.strictEqual((yield* ask({ path: `/things/${"n".repeat(300)}` })).text.length, 300)
    }))

  it.effect("asks for a token except on open rows", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask({ path: "/", token: null })).status, 200)
      assert.strictEqual((yield* ask({ path: "/things", token: null })).status, 401)
      assert.strictEqual((yield* ask({ path: "/things", token: "forged" })).status, 401)
    }))

  it.effect("parses a JSON body, and refuses what is none", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* ask({ path: "/things", body: { a: [1] } })).body, { a: [1] })
      assert.strictEqual((yield* ask({ path: "/things", method: "POST" })).text, "null")
      for (const body of ["{", "\"\\x\"", new Uint8Array([0xff, 0xfe]), "[".repeat(5_000), "[".repeat(5_000) + "]".repeat(5_000)]) {
        assert.strictEqual((yield* ask({ path: "/things", body })).status, 400)
      }
      assert.strictEqual((yield* ask({ path: "/things", body: "{".repeat(100_001) })).status, 413)
      assert.strictEqual(
        (yield* ask({ path: "/things", body: "1".repeat(100_001), headers: { "content-length": "7" } })).status,
        413
      )
    }))

  it.effect("does not wait for ever for a body", () =>
    Effect.gen(function*() {
      const things = yield* face
      const asked = yield* Effect.forkChild(things.respond({
        method: "POST", path: "/things", search: "", base: "", requestId: "req-1",
        headers: { "x-auth-token": "token", "content-length": "10" }, bytes: Stream.never
      }))
      yield* TestClock.adjust(Limits.bodyMillisMax)
      assert.strictEqual((yield* Fiber.join(asked)).status, 400)
    }))

  it.effect("leaves a raw body to its handler", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask({ path: "/raw", method: "PUT", body: "{".repeat(200_000) })).text, "200000")
    }))

  it.effect("answers unknown paths and methods", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask({ path: "/nothing" })).status, 404)
      assert.strictEqual((yield* ask({ path: "/%zz" })).status, 404)
      const refused = yield* ask({ path: "/things", method: "DELETE" })
      assert.strictEqual(refused.status, 405)
      assert.strictEqual(refused.headers["allow"], "GET, POST")
      assert.strictEqual((yield* ask({ path: "/things", method: "OPTIONS", token: null })).status, 200)
      assert.strictEqual((yield* ask({ path: "/things", method: "HEAD" })).status, 200)
    }))

  it.effect("turns refusals and defects into the service's faults, with its headers", () =>
    Effect.gen(function*() {
      const gone = yield* ask({ path: "/gone" })
      assert.deepStrictEqual([gone.status, gone.body], [404, { error: "it is gone" }])
      assert.match(gone.headers["x-request-id"]!, /^req-/)
      for (const path of ["/bug", "/cycle"]) {
        const failed = yield* ask({ path })
        assert.deepStrictEqual([failed.status, failed.body], [500, { error: "sorry" }])
        assert.match(failed.headers["x-request-id"]!, /^req-/)
      }
    }))

  it.effect("sends no body and no content type with a bare status", () =>
    Effect.gen(function*() {
      const deleted = yield* ask({ path: "/things/1", method: "DELETE" })
      assert.deepStrictEqual([deleted.status, deleted.text, deleted.headers["content-type"]], [204, "", undefined])
    }))
})
