import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, text } from "../../../../fixtures/json.ts"
import { server, serverId } from "../../../../fixtures/servers.ts"
import { asReader, asStranger, makeAsk, put, world } from "./world.ts"

const base = `/servers/${serverId}`
const message = (body: unknown) => text(Object.values(body as object)[0], "message")

describe("/servers/:id/metadata", () => {
  it.effect("is read, added to, replaced and removed", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ metadata: { a: "1" } }))
      const metadata = Effect.map(ask("GET", `${base}/metadata`), ({ body }) => at(body, "metadata"))
      const steps = [
        yield* ask("POST", `${base}/metadata`, { body: { metadata: { b: "2" } } }),
        yield* ask("PUT", `${base}/metadata/a`, { body: { meta: { a: "9" } } }),
        yield* ask("GET", `${base}/metadata/a`),
        yield* ask("DELETE", `${base}/metadata/b`),
        yield* ask("PUT", `${base}/metadata`, { body: { metadata: { c: "3" } } })
      ]
      assert.deepStrictEqual(steps.map(({ body, status }) => [status, body]), [
        [200, { metadata: { a: "1", b: "2" } }], [200, { meta: { a: "9" } }], [200, { meta: { a: "9" } }], [204, null],
        [200, { metadata: { c: "3" } }]
      ])
      assert.deepStrictEqual(yield* metadata, { c: "3" })
    }).pipe(Effect.provide(world)))

  it.effect("is refused with the reason", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const said = (method: string, path: string, body?: unknown, token?: string) =>
        Effect.map(
          ask(method, `${base}/metadata${path}`, { ...(body === undefined ? {} : { body }), ...(token === undefined ? {} : { token }) }),
          ({ body, status }) => `${status} ${message(body)}`
        )
      yield* put(server({ metadata: {} }))
      assert.strictEqual(yield* said("GET", "/x"), "404 Metadata item was not found")
      assert.strictEqual(yield* said("DELETE", "/x"), "404 Metadata item was not found")
      assert.strictEqual(yield* said("PUT", "/x", { meta: { y: "1" } }), "400 Request body and URI mismatch")
      assert.match(yield* said("PUT", "/x", { meta: {} }), /^400 /)
      const many = Object.fromEntries(Array.from({ length: 129 }, (_, key) => [`k${key}`, "v"]))
      assert.strictEqual(yield* said("POST", "", { metadata: many }), "403 Maximum number of metadata items exceeds 128")
      assert.match(yield* said("POST", "", { metadata: { "a/b": "c" } }), /^400 /)
      assert.match(yield* said("POST", "", { metadata: {} }, asReader), /^403 Policy/)
      assert.match(yield* said("GET", "", undefined, asStranger), /^404 Instance/)
      yield* put(server({ vmState: "error" }))
      assert.strictEqual(
        yield* said("POST", "", { metadata: {} }),
        `409 Cannot 'update metadata' instance ${serverId} while it is in vm_state error`
      )
    }).pipe(Effect.provide(world)))
})

describe("/servers/:id/tags", () => {
  it.effect("are read, added, replaced and removed", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ tags: ["a"] }))
      const steps = [
        yield* ask("PUT", `${base}/tags/b%20c`),
        yield* ask("PUT", `${base}/tags/a`),
        yield* ask("GET", `${base}/tags/a`),
        yield* ask("GET", `${base}/tags`),
        yield* ask("DELETE", `${base}/tags/a`),
        yield* ask("PUT", `${base}/tags`, { body: { tags: ["x", "y"] } }),
        yield* ask("DELETE", `${base}/tags`),
        yield* ask("GET", `${base}/tags`)
      ]
      assert.deepStrictEqual(steps.map(({ body, status }) => [status, body]), [
        [201, null], [204, null], [204, null], [200, { tags: ["a", "b c"] }], [204, null], [200, { tags: ["x", "y"] }], [204, null],
        [200, { tags: [] }]
      ])
      assert.strictEqual(steps[0]!.headers["location"], `http://cloud.test/compute/v2.1${base}/tags/b%20c`)
    }).pipe(Effect.provide(world)))

  it.effect("are refused with the reason", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const said = (method: string, path: string, body?: unknown) =>
        Effect.map(ask(method, `${base}/tags${path}`, body === undefined ? {} : { body }), ({ body, status }) => `${status} ${message(body)}`)
      yield* put(server({ tags: Array.from({ length: 50 }, (_, at) => `t${at}`) }))
      assert.strictEqual(yield* said("GET", "/x"), `404 Server ${serverId} has no tag 'x'`)
      assert.strictEqual(yield* said("DELETE", "/x"), `404 Instance ${serverId} has no tag 'x'`)
      assert.strictEqual(yield* said("PUT", "/x"), "400 The number of tags exceeded the per-server limit 50")
      assert.match(yield* said("PUT", "/a%2Fb"), /^400 Tag 'a\/b' is invalid/)
      assert.match(yield* said("PUT", "/x", {}), /^400 /)
      assert.match(yield* said("PUT", "", { tags: ["a,b"] }), /^400 /)
      yield* put(server({ vmState: "building" }))
      assert.strictEqual(yield* said("PUT", "/x"), `409 Cannot 'update tag' instance ${serverId} while it is in vm_state building`)
      assert.strictEqual(yield* said("DELETE", ""), `409 Cannot 'delete tags' instance ${serverId} while it is in vm_state building`)
      assert.strictEqual((yield* ask("GET", `${base}/tags`, { version: 25 })).status, 404)
    }).pipe(Effect.provide(world)))
})

describe("what a server is plugged into", () => {
  const rows: ReadonlyArray<readonly [path: string, body: unknown, version?: number]> = [
    ["ips", { addresses: { private: [{ version: 4, addr: "192.168.1.30" }] } }],
    ["ips/private", { private: [{ version: 4, addr: "192.168.1.30" }] }],
    ["ips/other", "Instance is not a member of specified network"],
    ["os-interface", {
      interfaceAttachments: [{
        net_id: "3cb9bc59-5699-4588-a4b1-b87f96708bc6", port_id: "ce531f90-199f-48c0-816c-13e38010b442",
        mac_addr: "00:0c:29:0d:11:74", port_state: "ACTIVE", tag: "nic",
        fixed_ips: [{ subnet_id: "f8a6e8f8-c2ec-497c-9f23-da9616de54ef", ip_address: "192.168.1.30" }]
      }]
    }],
    ["os-interface/x", "Port id x could not be found."],
    ["os-security-groups", { security_groups: [] }],
    ["os-volume_attachments", { volumeAttachments: [] }],
    ["os-volume_attachments/x", `Instance ${serverId} is not attached to volume x`]
  ]
  it.effect("may be a network of any name", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const [nic] = server().nics
      yield* put(server({ nics: ["__proto__", "constructor"].map((label) => ({ ...nic!, label })) }))
      const { text } = yield* ask("GET", `${base}/ips`)
      const one = [{ version: 4, addr: "192.168.1.30" }]
      assert.strictEqual(text, `{"addresses":{"__proto__":${JSON.stringify(one)},"constructor":${JSON.stringify(one)}}}`)
    }).pipe(Effect.provide(world)))

  it.effect.each(rows.map(([path, expected]) => ({ path, expected })))("$path", ({ expected, path }) =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ networks: [{ networkId: "3cb9bc59-5699-4588-a4b1-b87f96708bc6", portId: null, fixedIp: null, tag: "nic" }] }))
      const { body, status } = yield* ask("GET", `${base}/${path}`)
      assert.deepStrictEqual([status, status === 200 ? body : message(body)], [typeof expected === "string" ? 404 : 200, expected])
      assert.strictEqual((yield* ask("GET", `${base}/${path}`, { token: asStranger })).status, 404)
    }).pipe(Effect.provide(world)))
})
