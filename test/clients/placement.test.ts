/** Debian's placement commands of the unmodified `openstack` client, against a cloud as `npm start` gives it. */
import { existsSync } from "node:fs"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { startCloud } from "../fixtures/cloud.ts"
import { at, items, text } from "../fixtures/json.ts"
import { openstack } from "../fixtures/openstack.ts"
import type { Openstack } from "../fixtures/openstack.ts"
import { hasProgram, requires } from "../fixtures/require.ts"

const describePlacement = requires("the openstack client with its placement commands", {
  present: () => hasProgram("openstack") && existsSync("/usr/lib/python3/dist-packages/osc_placement"),
  install: "apt-get install --no-install-recommends python3-openstackclient python3-osc-placement"
})

class Client extends Context.Service<Client, Openstack>()("test/PlacementClient") {
  static readonly layer = Layer.effect(Client, Effect.flatMap(startCloud({ args: ["--hosts", "2"] }), openstack))
}

/** One column of a table whose rows are resource classes. */
const column = (rows: unknown, key: string) =>
  Object.fromEntries(items(rows).map((row) => [text(row, "resource_class"), at(row, key)]))

describePlacement("the openstack client's placement commands", () => {
  layer(Client.layer, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("show the hosts as providers", () =>
      Effect.gen(function*() {
        const { json, refusal } = yield* Client
        const providers = items(yield* json("resource provider list"))
        assert.deepStrictEqual(providers.map((provider) => text(provider, "name")), ["sim-0001", "sim-0002"])
        const uuid = text(providers[0], "uuid")
        assert.strictEqual(at(yield* json(`resource provider show ${uuid}`), "name"), "sim-0001")
        const inventories = yield* json(`resource provider inventory list ${uuid}`)
        assert.hasAllKeys(column(inventories, "total"), ["VCPU", "MEMORY_MB", "DISK_GB"])
        assert.strictEqual(column(inventories, "allocation_ratio")["VCPU"], 4)
        assert.strictEqual(at(yield* json(`resource provider inventory show ${uuid} MEMORY_MB`), "reserved"), 512)
        const traits = items(yield* json(`resource provider trait list ${uuid}`)).map((trait) => text(trait, "name"))
        assert.includeMembers(traits, ["COMPUTE_NODE", "HW_CPU_X86_AVX2"])
        assert.deepStrictEqual(yield* json("trait list --name in:COMPUTE_NODE,NO_SUCH"), [{ name: "COMPUTE_NODE" }])
        assert.include(items(yield* json("resource class list")).map((each) => text(each, "name")), "VGPU")
        assert.include(yield* refusal("resource provider show 00000000-0000-4000-8000-000000000000"), "404")
      }))

    it.effect("show a server's allocation while it lives", () =>
      Effect.gen(function*() {
        const { json, run } = yield* Client
        const server = yield* json("server create --flavor m1.tiny --image tiny --network private --wait placed")
        const [allocation] = items(yield* json(`resource provider allocation show ${text(server, "id")}`))
        assert.deepInclude(at(allocation, "resources") as object, { VCPU: 1, MEMORY_MB: 512 })
        const usage = json(`resource provider usage show ${text(allocation, "resource_provider")}`)
        assert.deepStrictEqual(column(yield* usage, "usage"), at(allocation, "resources"))
        yield* run("server delete --wait placed")
        assert.deepStrictEqual(column(yield* usage, "usage"), { VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 })
        assert.deepStrictEqual(yield* json(`resource provider allocation show ${text(server, "id")}`), [])
      }))

    it.effect("find candidates", () =>
      Effect.gen(function*() {
        const { json } = yield* Client
        const found = (query: string) => Effect.map(json(`allocation candidate list ${query}`), (rows) => items(rows).length)
        assert.strictEqual(yield* found("--resource VCPU=1 --resource MEMORY_MB=512"), 2)
        assert.strictEqual(yield* found("--resource VCPU=1 --limit 1"), 1)
        assert.strictEqual(yield* found("--resource VCPU=1 --forbidden COMPUTE_NODE"), 0)
      }))
  })
})
