/** The servers' routes over a whole cloud: actors, scheduler and simulated hosts behind them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { imageTable } from "../../../../../src/actors/image/Image.ts"
import { Identity } from "../../../../../src/actors/identity/IdentityProtocol.ts"
import { computeFace } from "../../../../../src/api/http/compute/computeFace.ts"
import { serverRoutes } from "../../../../../src/api/http/compute/servers/routes.ts"
import { nobody } from "../../../../../src/api/http/Face.ts"
import { aCloud, breathe } from "../../../../fixtures/asked.ts"
import { call } from "../../../../fixtures/http.ts"
import { at, items, text } from "../../../../fixtures/json.ts"

const image = {
  id: "70a599e0-31e7-49b7-b260-868f441e862b", name: "tiny", status: "active", visibility: "public", owner: null, isProtected: false,
  isHidden: false, containerFormat: "bare", diskFormat: "raw", minDisk: 0, minRam: 0, tags: [], members: [],
  properties: { hw_disk_bus: "virtio", mine: "own" }, sizeBytes: 512, checksum: null, hashAlgorithm: null, hashValue: null,
  createdAt: "2030-01-01T00:00:00.000Z", updatedAt: "2030-01-01T00:00:00.000Z"
} as const
const identity = Identity.of({
  verify: () => Effect.succeed({ ...nobody, userId: "user", projectId: "project", roles: ["admin", "member", "reader"], isAdmin: true }),
  hasProject: () => Effect.succeed(true)
})

const aFace = Effect.gen(function*() {
  const cloud = yield* aCloud()
  yield* cloud.records.write([{ table: imageTable, put: image, expect: "any" }])
  const face = yield* computeFace({ operations: serverRoutes }).pipe(
    Effect.provideService(Identity, identity),
    Effect.provideContext(cloud.context)
  )
  return (method: string, path: string, body?: unknown) =>
    call(face, {
      method, path: `/v2.1${path}`, headers: { "openstack-api-version": "compute latest" }, ...(body === undefined ? {} : { body })
    })
})

describe("servers, over a whole cloud", () => {
  it.effect("live from create to delete", () =>
    Effect.gen(function*() {
      const ask = yield* aFace
      const created = yield* ask("POST", "/servers", {
        server: { name: "vm", flavorRef: "tiny", imageRef: image.id, networks: "none", tags: ["a"], metadata: { k: "v" } }
      })
      assert.strictEqual(created.status, 202, created.text)
      const id = text(created.body, "server.id")
      const show = Effect.andThen(breathe, Effect.map(ask("GET", `/servers/${id}`), ({ body }) => at(body, "server") as Record<string, unknown>))
      const born = yield* show
      assert.deepInclude(born, { status: "ACTIVE", name: "vm", tags: ["a"], metadata: { k: "v" }, host_status: "UP" })
      assert.deepStrictEqual(at(born, "image.properties"), { hw_disk_bus: "virtio" })
      assert.match(String(born["OS-EXT-SRV-ATTR:host"]), /^sim-/)
      for (const [action, status] of [
        [{ "os-stop": null }, "SHUTOFF"], [{ "os-start": null }, "ACTIVE"], [{ pause: null }, "PAUSED"], [{ unpause: null }, "ACTIVE"],
        [{ suspend: null }, "SUSPENDED"], [{ resume: null }, "ACTIVE"], [{ reboot: { type: "SOFT" } }, "ACTIVE"],
        [{ reboot: { type: "HARD" } }, "ACTIVE"]
      ] as const) {
        assert.strictEqual((yield* ask("POST", `/servers/${id}/action`, action)).status, 202)
        assert.strictEqual((yield* show)["status"], status)
      }
      yield* ask("PUT", `/servers/${id}`, { server: { name: "renamed" } })
      yield* ask("PUT", `/servers/${id}/metadata`, { metadata: { x: "y" } })
      yield* ask("DELETE", `/servers/${id}/tags`)
      assert.deepInclude(yield* show, { name: "renamed", metadata: { x: "y" }, tags: [] })
      assert.strictEqual((yield* ask("POST", `/servers/${id}/action`, { "os-getConsoleOutput": {} })).status, 200)
      assert.deepStrictEqual(items((yield* ask("GET", "/servers")).body, "servers").map((one) => at(one, "name")), ["renamed"])
      assert.strictEqual((yield* ask("DELETE", `/servers/${id}`)).status, 204)
      yield* breathe
      assert.strictEqual((yield* ask("GET", `/servers/${id}`)).status, 404)
      const { body } = yield* ask("GET", `/servers/${id}/os-instance-actions`)
      assert.deepStrictEqual(items(body, "instanceActions").map((one) => at(one, "action")), [
        "delete", "reboot", "reboot", "resume", "suspend", "unpause", "pause", "start", "stop", "create"
      ])
    }))

  it.effect("come in numbers, up to the quota", () =>
    Effect.gen(function*() {
      const ask = yield* aFace
      const many = (more: object) =>
        ask("POST", "/servers", { server: { name: "vm", flavorRef: "tiny", imageRef: image.id, networks: "none", ...more } })
      assert.strictEqual((yield* many({ min_count: 3 })).status, 202)
      assert.strictEqual((yield* many({ min_count: 11 })).status, 403)
      yield* breathe
      const { body } = yield* ask("GET", "/servers/detail?sort_key=display_name&sort_dir=asc")
      assert.deepStrictEqual(items(body, "servers").map((one) => `${at(one, "name")} ${at(one, "status")}`), ["vm-1 ACTIVE", "vm-2 ACTIVE", "vm-3 ACTIVE"])
    }))

  it.effect("are refused, and leave nothing, when something they name is not there", () =>
    Effect.gen(function*() {
      const ask = yield* aFace
      const plain = { name: "vm", flavorRef: "tiny", imageRef: image.id, networks: "none" }
      for (const [more, words] of [
        [{ flavorRef: "nope" }, "Flavor nope could not be found."],
        [{ imageRef: "00000000-0000-4000-8000-000000000000" }, "Can not find requested image"],
        [{ key_name: "nope" }, "Invalid key_name provided."],
        [{ availability_zone: "nope" }, "The requested availability zone is not available"],
        [{ host: "nope" }, "Compute host nope could not be found."]
      ] as const) {
        const { body, status } = yield* ask("POST", "/servers", { server: { ...plain, ...more } })
        assert.deepStrictEqual([status, at(body, "badRequest.message")], [400, words])
      }
      assert.deepStrictEqual((yield* ask("GET", "/servers")).body, { servers: [] })
    }))
})
