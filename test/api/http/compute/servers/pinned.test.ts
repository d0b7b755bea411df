/** A flavor with dedicated CPUs, made and used through the API alone, on simulated hosts. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { imageTable } from "../../../../../src/actors/image/Image.ts"
import { Identity } from "../../../../../src/actors/identity/IdentityProtocol.ts"
import { type ComputeServices, operations } from "../../../../../src/api/http/compute/allOperations.ts"
import { computeFace } from "../../../../../src/api/http/compute/computeFace.ts"
import type { Needs } from "../../../../../src/api/http/compute/servers/asking.ts"
import { serverRoutes } from "../../../../../src/api/http/compute/servers/routes.ts"
import { nobody } from "../../../../../src/api/http/Face.ts"
import { parseTopologies } from "../../../../../src/drivers/simulated/topologies.ts"
import { aCloud, breathe } from "../../../../fixtures/asked.ts"
import { call } from "../../../../fixtures/http.ts"
import { at, items, text } from "../../../../fixtures/json.ts"

const fourCpus = parseTopologies(JSON.stringify([{
  name: "four", disk_gb: 100, numa: [{ id: 0, cpus: [0, 1, 2, 3], memory_mb: 4096, pages: [] }],
  cores: [0, 1].map((core) => ({ socket: 0, cpus: [core, core + 2] }))
}]))
const image = {
  id: "70a599e0-31e7-49b7-b260-868f441e862b", name: "tiny", status: "active", visibility: "public", owner: null, isProtected: false,
  isHidden: false, containerFormat: "bare", diskFormat: "raw", minDisk: 0, minRam: 0, tags: [], members: [], properties: {}, sizeBytes: 512,
  checksum: null, hashAlgorithm: null, hashValue: null, createdAt: "2030-01-01T00:00:00.000Z", updatedAt: "2030-01-01T00:00:00.000Z"
} as const
const identity = Identity.of({
  verify: () => Effect.succeed({ ...nobody, userId: "user", projectId: "project", roles: ["admin", "member", "reader"], isAdmin: true }),
  hasProject: () => Effect.succeed(true)
})

const aFace = Effect.gen(function*() {
  const cloud = yield* aCloud({ fleet: { hosts: 1, topologies: fourCpus._tag === "Success" ? fourCpus.success : [] } })
  yield* cloud.records.write([{ table: imageTable, put: image, expect: "any" }])
  const face = yield* computeFace<ComputeServices | Needs>({ operations: [...operations, ...serverRoutes] }).pipe(Effect.provideService(Identity, identity), Effect.provideContext(cloud.context))
  return (method: string, path: string, body?: unknown) =>
    Effect.tap(
      call(face, { method, path: `/v2.1${path}`, headers: { "openstack-api-version": "compute latest" }, ...(body === undefined ? {} : { body }) }),
      () => breathe
    )
})

const pins = (topology: unknown) => items(topology, "nodes").map((node) => Object.values(at(node, "cpu_pinning") as object))

describe("a flavor with dedicated CPUs", () => {
  it.effect("gives each server its own, as the API shows, and refuses the one too many", () =>
    Effect.gen(function*() {
      const ask = yield* aFace
      yield* ask("POST", "/flavors", { flavor: { id: "pinned", name: "pinned", vcpus: 2, ram: 256, disk: 1 } })
      const specs = yield* ask("POST", "/flavors/pinned/os-extra_specs", { extra_specs: { "hw:cpu_policy": "dedicated", "hw:cpu_threads": "2" } })
      assert.strictEqual(specs.status, 200, specs.text)
      const boot = Effect.fnUntraced(function*(name: string) {
        const made = yield* ask("POST", "/servers", { server: { name, flavorRef: "pinned", imageRef: image.id, networks: "none" } })
        assert.strictEqual(made.status, 202, made.text)
        const id = text(made.body, "server.id")
        return { id, server: at((yield* ask("GET", `/servers/${id}`)).body, "server"), topology: (yield* ask("GET", `/servers/${id}/topology`)).body }
      })
      const first = yield* boot("first")
      const second = yield* boot("second")
      assert.deepStrictEqual([first, second].map(({ server }) => at(server, "status")), ["ACTIVE", "ACTIVE"])
      assert.deepStrictEqual(first.topology, {
        nodes: [{ cpu_pinning: { "0": 0, "1": 2 }, host_node: 0, memory_mb: 256, siblings: [[0, 1]], vcpu_set: [0, 1] }], pagesize_kb: null
      })
      assert.deepStrictEqual(pins(second.topology), [[1, 3]])
      const third = yield* boot("third")
      assert.strictEqual(at(third.server, "status"), "ERROR")
      assert.match(text(third.server, "fault.message"), /^No valid host was found.*NUMATopologyFilter/)
      yield* ask("DELETE", `/servers/${first.id}`)
      assert.deepStrictEqual(pins((yield* boot("fourth")).topology), [[0, 2]])
    }))
})
