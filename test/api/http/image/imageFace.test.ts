import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { spanOf } from "../../../../src/api/http/image/bytes.ts"
import * as ImageFace from "../../../../src/api/http/image/imageFace.ts"
import { call } from "../../../fixtures/http.ts"
import type { CallOptions } from "../../../fixtures/http.ts"
import { imagesLayer } from "../../../fixtures/images.ts"
import { namedTokens } from "../../../fixtures/namedTokens.ts"

const cloud = Layer.mergeAll(imagesLayer, namedTokens)
type Body = Readonly<Record<string, unknown>>

const client = Effect.map(ImageFace.make, (face) => {
  const ask = (options: CallOptions) => call(face, { token: "alice", ...options })
  const create = (body: object = {}, token = "alice") =>
    Effect.map(ask({ path: "/v2/images", body: { disk_format: "raw", container_format: "bare", ...body }, token }), (answer) => {
      assert.strictEqual(answer.status, 201, answer.text)
      return answer.body as Body
    })
  return {
    ask,
    create,
    statusOf: (options: CallOptions) => Effect.map(ask(options), ({ status }) => status),
    upload: (id: unknown, bytes: string, options: Partial<CallOptions> = {}) =>
      ask({
        path: `/v2/images/${String(id)}/file`, method: "PUT", body: bytes,
        headers: { "content-type": "application/octet-stream" }, ...options
      }),
    patch: (id: unknown, changes: unknown, type = "application/openstack-images-v2.1-json-patch") =>
      ask({ path: `/v2/images/${String(id)}`, method: "PATCH", body: changes, headers: { "content-type": type } })
  }
})

describe("the image face", () => {
  it.effect("answers versions to strangers and nothing else", () =>
    Effect.gen(function*() {
      const { ask, statusOf } = yield* client
      const versions = yield* ask({ path: "/", token: null })
      assert.strictEqual(versions.status, 300)
      assert.deepInclude((versions.body as { versions: ReadonlyArray<Body> }).versions[0]!, { id: "v2.15", status: "CURRENT" })
      assert.strictEqual(yield* statusOf({ path: "/versions", token: null }), 200)
      for (const path of ["/v2/images", "/v2/schemas/image", "/nowhere"]) assert.strictEqual(yield* statusOf({ path, token: null }), 401)
    }).pipe(Effect.provide(cloud)))

  it.effect("makes an image as Glance shows it", () =>
    Effect.gen(function*() {
      const { ask } = yield* client
      const { body, headers, status } = yield* ask({ path: "/v2/images", body: { name: "disk", tags: ["a"], kernel_id: "k", min_ram: 64 } })
      const image = body as Body
      const path = `/v2/images/${String(image["id"])}`
      assert.strictEqual(status, 201)
      assert.strictEqual(headers["location"], `http://cloud.test/image${path}`)
      assert.deepInclude(image, {
        name: "disk", status: "queued", visibility: "shared", protected: false, os_hidden: false, owner: "red-id", size: null,
        checksum: null, os_hash_algo: null, os_hash_value: null, virtual_size: null, min_ram: 64, min_disk: 0, kernel_id: "k",
        disk_format: null, container_format: null, self: path, file: `${path}/file`, schema: "/v2/schemas/image"
      })
      assert.deepStrictEqual(image["tags"], ["a"])
      assert.match(String(image["created_at"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepStrictEqual((yield* ask({ path })).body, image)
    }).pipe(Effect.provide(cloud)))

  it.effect("keeps the id a caller gives, once", () =>
    Effect.gen(function*() {
      const { create, statusOf } = yield* client
      const id = "12345678-1234-4234-8234-123456789012"
      assert.strictEqual((yield* create({ id }))["id"], id)
      assert.strictEqual(yield* statusOf({ path: "/v2/images", body: { id } }), 409)
      assert.strictEqual(yield* statusOf({ path: "/v2/images", body: { id: "mine" } }), 400)
    }).pipe(Effect.provide(cloud)))

  it.effect("gives back what was uploaded, whole or in part", () =>
    Effect.gen(function*() {
      const { ask, create, upload } = yield* client
      const { id } = yield* create()
      const path = `/v2/images/${String(id)}/file`
      assert.strictEqual((yield* ask({ path })).status, 204)
      assert.strictEqual((yield* upload(id, "hello, disk", { headers: { "content-type": "application/json" } })).status, 415)
      assert.strictEqual((yield* upload(id, "hello, disk")).status, 204)
      assert.strictEqual((yield* upload(id, "again")).status, 409)
      const whole = yield* ask({ path })
      assert.strictEqual(whole.text, "hello, disk")
      assert.deepInclude(whole.headers, { "content-length": "11", "content-type": "application/octet-stream" })
      const part = yield* ask({ path, headers: { range: "bytes=7-8" } })
      assert.deepStrictEqual([part.status, part.text, part.headers["content-range"]], [206, "di", "bytes 7-8/11"])
      assert.strictEqual((yield* ask({ path, headers: { range: "bytes=11-" } })).status, 416)
    }).pipe(Effect.provide(cloud)))

  it.each<[range: string | undefined, span: unknown]>([
    [undefined, undefined],
    ["bytes=0-", { offset: 0, length: 10 }],
    ["bytes=2-3", { offset: 2, length: 2 }],
    ["bytes=2-99", { offset: 2, length: 8 }],
    ["bytes=-3", { offset: 7, length: 3 }],
    ["bytes=-99", { offset: 0, length: 10 }],
    ["bytes=10-", null],
    ["bytes=3-2", null],
    ["bytes=-0", null],
    ["bytes=-", undefined],
    ["lines=1-2", undefined],
    ["bytes=0-1,3-4", undefined]
  ])("of ten bytes, %s", (range, span) => assert.deepStrictEqual(spanOf(range, 10), span as never))

  it.effect("changes images by both kinds of patch, all of it or nothing", () =>
    Effect.gen(function*() {
      const { ask, create, patch } = yield* client
      const { id } = yield* create({ name: "disk" })
      const changed = yield* patch(id, [{ op: "replace", path: "/name", value: "new" }, { op: "add", path: "/a~1b", value: "x" }])
      assert.deepInclude(changed.body as Body, { name: "new", "a/b": "x" })
      const old = yield* patch(id, [{ replace: "/min_ram", value: 1 }], "application/openstack-images-v2.0-json-patch")
      assert.deepInclude(old.body as Body, { min_ram: 1 })
      assert.strictEqual((yield* patch(id, [{ op: "replace", path: "/name", value: "half" }, { op: "remove", path: "/nope" }])).status, 409)
      assert.deepInclude((yield* ask({ path: `/v2/images/${String(id)}` })).body as Body, { name: "new" })
      const refused: ReadonlyArray<readonly [unknown, number]> = [
        [{}, 400],
        [[5], 400],
        [[{ op: "move", path: "/name", from: "/a" }], 400],
        [[{ op: "replace", value: 1 }], 400],
        [[{ op: "replace", path: "/name" }], 400],
        [[{ op: "replace", path: "name", value: "x" }], 400],
        [[{ op: "replace", path: "/", value: "x" }], 400],
        [[{ op: "replace", path: "/name/", value: "x" }], 400],
        [[{ op: "replace", path: "/na~2me", value: "x" }], 400],
        [[{ op: "replace", path: "/status", value: "active" }], 403]
      ]
      for (const [changes, status] of refused) assert.strictEqual((yield* patch(id, changes)).status, status, JSON.stringify(changes))
      assert.strictEqual((yield* patch(id, [], "application/json")).status, 415)
    }).pipe(Effect.provide(cloud)))

  it.effect("deletes images, but no protected ones and nobody else's", () =>
    Effect.gen(function*() {
      const { create, patch, statusOf } = yield* client
      const { id } = yield* create({ protected: true })
      const path = `/v2/images/${String(id)}`
      assert.strictEqual(yield* statusOf({ path, method: "DELETE", token: "bob" }), 404)
      assert.strictEqual(yield* statusOf({ path, method: "DELETE" }), 403)
      yield* patch(id, [{ op: "replace", path: "/protected", value: false }])
      assert.strictEqual(yield* statusOf({ path, method: "DELETE" }), 204)
      assert.strictEqual(yield* statusOf({ path }), 404)
    }).pipe(Effect.provide(cloud)))

  it.effect("words errors as a page, or as JSON to those who ask for it", () =>
    Effect.gen(function*() {
      const { ask } = yield* client
      const page = yield* ask({ path: "/v2/images/<nowhere>" })
      assert.deepStrictEqual([page.status, page.headers["content-type"]], [404, "text/html; charset=UTF-8"])
      assert.include(page.text, "<title>404 Not Found</title>")
      assert.notInclude(page.text, "<nowhere>")
      const json = yield* ask({ path: "/v2/images/nowhere", headers: { accept: "application/json" } })
      assert.deepStrictEqual(json.body, {
        message: "No image found with ID nowhere<br /><br />\n\n\n", code: "404 Not Found", title: "Not Found"
      })
    }).pipe(Effect.provide(cloud)))

  it.effect("lists newest first, by filters, in pages", () =>
    Effect.gen(function*() {
      const { ask, create, statusOf, upload } = yield* client
      for (const name of ["c", "a", "b"]) yield* create({ name, tags: name === "a" ? [] : ["x"], os_distro: name })
      yield* upload((yield* create({ name: "public", visibility: "public" }, "admin"))["id"], "x", { token: "admin" })
      yield* create({ name: "community", visibility: "community" }, "bob")
      yield* create({ name: "hidden", os_hidden: true })
      const names = (query: string) =>
        Effect.map(ask({ path: `/v2/images?${query}` }), ({ body }) =>
          (body as { images: ReadonlyArray<{ name: string }> }).images.map((each) => each.name).join(" "))
      assert.strictEqual(yield* names(""), "public b a c")
      assert.strictEqual(yield* names("name=a"), "a")
      assert.strictEqual(yield* names("name=in:a,\"b\""), "b a")
      assert.strictEqual(yield* names("status=queued"), "b a c")
      assert.strictEqual(yield* names("visibility=public"), "public")
      assert.strictEqual(yield* names("visibility=community"), "community")
      assert.strictEqual(yield* names("visibility=all"), "community public b a c")
      assert.strictEqual(yield* names("owner=red-id"), "b a c")
      assert.strictEqual(yield* names("tag=x"), "b c")
      assert.strictEqual(yield* names("os_distro=a"), "a")
      assert.strictEqual(yield* names("size_min=1"), "public")
      assert.strictEqual(yield* names("os_hidden=true"), "hidden")
      assert.strictEqual(yield* names("sort=name:asc"), "a b c public")
      assert.strictEqual(yield* names("sort_key=name&sort_dir=desc"), "public c b a")
      const first = (yield* ask({ path: "/v2/images?limit=3&sort=name:asc" })).body as Body
      assert.deepInclude(first, { first: "/v2/images?limit=3&sort=name%3Aasc", schema: "/v2/schemas/images" })
      assert.strictEqual(yield* names(String(first["next"]).split("?")[1]!), "public")
      assert.notProperty((yield* ask({ path: "/v2/images?limit=4" })).body, "next")
      for (const query of ["limit=x", "limit=-1", "sort_key=colour", "sort=name:up", "visibility=secret", "marker=x", "size_min=x", "created_at=gt:x"]) {
        assert.strictEqual(yield* statusOf({ path: `/v2/images?${query}` }), 400, query)
      }
    }).pipe(Effect.provide(cloud)))

  it.effect("keeps tags and members", () =>
    Effect.gen(function*() {
      const { ask, create, statusOf } = yield* client
      const path = `/v2/images/${String((yield* create())["id"])}`
      assert.strictEqual(yield* statusOf({ path: `${path}/tags/a`, method: "PUT" }), 204)
      assert.strictEqual(yield* statusOf({ path: `${path}/tags/b`, method: "DELETE" }), 404)
      assert.deepStrictEqual(((yield* ask({ path })).body as Body)["tags"], ["a"])
      const added = yield* ask({ path: `${path}/members`, body: { member: "blue-id" } })
      assert.deepInclude(added.body as Body, { member_id: "blue-id", status: "pending", schema: "/v2/schemas/member" })
      assert.strictEqual(yield* statusOf({ path: `${path}/members`, body: { member: "blue-id" } }), 409)
      assert.strictEqual(yield* statusOf({ path: `${path}/members/blue-id`, method: "PUT", body: { status: "accepted" }, token: "bob" }), 200)
      assert.strictEqual(yield* statusOf({ path, token: "bob" }), 200)
      assert.strictEqual(yield* statusOf({ path: `${path}/members/blue-id`, method: "DELETE" }), 204)
      assert.strictEqual(yield* statusOf({ path, token: "bob" }), 404)
    }).pipe(Effect.provide(cloud)))

  it.effect("holds back the bytes of a deactivated image", () =>
    Effect.gen(function*() {
      const { ask, create, statusOf, upload } = yield* client
      const { id } = yield* create()
      const path = `/v2/images/${String(id)}`
      assert.strictEqual(yield* statusOf({ path: `${path}/actions/deactivate`, method: "POST" }), 403)
      yield* upload(id, "x")
      assert.strictEqual(yield* statusOf({ path: `${path}/actions/deactivate`, method: "POST" }), 204)
      assert.strictEqual(yield* statusOf({ path: `${path}/file` }), 403)
      assert.strictEqual(yield* statusOf({ path: `${path}/actions/reactivate`, method: "POST" }), 204)
      assert.strictEqual((yield* ask({ path: `${path}/file` })).text, "x")
    }).pipe(Effect.provide(cloud)))

  it.effect("describes images and lists in schemas", () =>
    Effect.gen(function*() {
      const { ask, statusOf } = yield* client
      const schema = (yield* ask({ path: "/v2/schemas/image" })).body as { name: string; properties: Body }
      assert.strictEqual(schema.name, "image")
      assert.containsAllKeys(schema.properties, ["id", "name", "status", "visibility", "checksum", "disk_format", "tags", "kernel_id"])
      for (const name of ["images", "member", "members"]) assert.strictEqual(yield* statusOf({ path: `/v2/schemas/${name}` }), 200)
      assert.strictEqual(yield* statusOf({ path: "/v2/schemas/toString" }), 404)
    }).pipe(Effect.provide(cloud)))

  const Anything = Schema.Union([Schema.Null, Schema.Boolean, Schema.Int, Schema.String, Schema.Array(Schema.String), Schema.Record(Schema.String, Schema.Int)])
  const Change = Schema.Union([
    Schema.Struct({
      op: Schema.Union([Schema.Literals(["add", "replace", "remove"]), Anything]),
      path: Schema.Union([Schema.Literals(["/name", "/tags", "/tags/-", "/tags/0", "/min_disk", "/visibility", "/x", "/__proto__", "/owner"]), Anything]),
      value: Anything
    }),
    Schema.Struct({ add: Anything, value: Anything })
  ])
  const Attribute = Schema.Tuple([
    Schema.Literals(["id", "name", "tags", "min_disk", "visibility", "owner", "disk_format", "__proto__", "toString", "member", "status"]),
    Anything
  ])
  const Query = Schema.Tuple([
    Schema.Literals(["limit", "marker", "sort", "sort_key", "sort_dir", "name", "tag", "size_min", "created_at", "protected", "__proto__"]),
    Schema.Union([Schema.String, Schema.Literals(["1", "id", "name:asc", "in:a", "gt:2026-01-01"])])
  ])
  it.effect.prop(
    "answers whatever it is asked, and never with a fault of its own",
    {
      path: Schema.Literals(["/v2/images", "/v2/images/x", "/v2/images/x/file", "/v2/images/x/members", "/v2/images/x/tags/t", "/v2/schemas/x"]),
      method: Schema.Literals(["GET", "POST", "PUT", "PATCH", "DELETE"]),
      attribute: Attribute,
      changes: Schema.Array(Change),
      query: Schema.Array(Query)
    },
    ({ attribute, changes, method, path, query }) =>
      Effect.gen(function*() {
        const { ask, create, patch } = yield* client
        const { id } = yield* create()
        const body = Object.fromEntries([attribute])
        for (const answer of [
          yield* ask({ path: path.replace("x", String(id)), method, body }),
          yield* patch(id, changes),
          yield* ask({ path: `/v2/images?${new URLSearchParams(query.map(([key, value]): [string, string] => [key, value]))}` }),
          yield* ask({ path: "/v2/images", body })
        ]) assert.isBelow(answer.status, 500)
      }).pipe(Effect.provide(cloud)),
    { arbitrary: { runs: 300 } }
  )
})
