/** Servers whose flavor and image contradict each other are refused when they are asked for, and nothing of them is kept. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { flavors } from "../../../src/actors/catalog/Flavor.ts"
import { imageTable } from "../../../src/actors/image/Image.ts"
import { Identity } from "../../../src/actors/identity/IdentityProtocol.ts"
import { computeFace } from "../../../src/api/http/compute/computeFace.ts"
import { serverRoutes } from "../../../src/api/http/compute/servers/routes.ts"
import { nobody } from "../../../src/api/http/Face.ts"
import { aCloud } from "../../fixtures/asked.ts"
import { call } from "../../fixtures/http.ts"
import { at } from "../../fixtures/json.ts"

type Words = { readonly [name: string]: string }

const image = {
  id: "70a599e0-31e7-49b7-b260-868f441e862b", name: "tiny", status: "active", visibility: "public", owner: null, isProtected: false,
  isHidden: false, containerFormat: "bare", diskFormat: "raw", minDisk: 0, minRam: 0, tags: [], members: [],
  sizeBytes: 512, checksum: null, hashAlgorithm: null, hashValue: null,
  createdAt: "2030-01-01T00:00:00.000Z", updatedAt: "2030-01-01T00:00:00.000Z"
} as const
const identity = Identity.of({
  verify: () => Effect.succeed({ ...nobody, userId: "user", projectId: "project", roles: ["member", "reader"] }),
  hasProject: () => Effect.succeed(true)
})

/** Asks for a server of a flavor with these extra specs and an image with these properties. */
const create = (extraSpecs: Words, properties: Words = {}) =>
  Effect.gen(function*() {
    const cloud = yield* aCloud({ hosts: 1 })
    const tiny = cloud.records.get(flavors, "tiny")!
    yield* cloud.records.write([{ table: flavors, put: { ...tiny, vcpus: 2, extraSpecs }, expect: "any" }])
    yield* cloud.records.write([{ table: imageTable, put: { ...image, properties }, expect: "any" }])
    const face = yield* computeFace({ operations: serverRoutes }).pipe(
      Effect.provideService(Identity, identity), Effect.provideContext(cloud.context))
    const answer = yield* call(face, {
      method: "POST", path: "/v2.1/servers", headers: { "openstack-api-version": "compute latest" },
      body: { server: { name: "vm", flavorRef: "tiny", imageRef: image.id, networks: "none" } }
    })
    return { answer, servers: cloud.index.size() }
  })

describe("a server's hardware", () => {
  it.effect.each<[string, Words, Words, RegExp]>([
    ["a policy without what it needs", { "hw:cpu_thread_policy": "require" }, {}, /hw:cpu_thread_policy=require needs hw:cpu_policy=dedicated or mixed/],
    ["an image that asks for more than the flavor", { "hw:cpu_policy": "shared" }, { hw_cpu_policy: "dedicated" }, /hw_cpu_policy=dedicated asks for more/],
    ["nodes that do not divide the flavor", { "hw:numa_nodes": "3" }, {}, /do not divide evenly among 3 NUMA nodes: say what each gets/],
    ["an image that is no number", {}, { hw_numa_nodes: "two" }, /hw_numa_nodes is 'two', it must be a whole number/]
  ])("is refused with 400 for %s", ([, extraSpecs, properties, message]) =>
    Effect.gen(function*() {
      const { answer, servers } = yield* create(extraSpecs, properties)
      assert.strictEqual(answer.status, 400, answer.text)
      assert.match(String(at(answer.body, "badRequest.message")), message)
      assert.strictEqual(servers, 0)
    }))

  it.effect("that makes sense is accepted", () =>
    Effect.gen(function*() {
      const { answer } = yield* create({ "hw:cpu_policy": "dedicated", "hw:numa_nodes": "2" }, { hw_cpu_thread_policy: "prefer" })
      assert.strictEqual(answer.status, 202, answer.text)
    }))
})
