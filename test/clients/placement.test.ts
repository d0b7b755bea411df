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

/** What these tests make themselves. */
const made = (number: number) => `11111111-0000-4000-8000-${String(number).padStart(12, "0")}`

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

    it.effect("make providers with traits, classes, inventories and aggregates, and take them away", () =>
      Effect.gen(function*() {
        const { json, refusal, run } = yield* Client
        const parent = yield* json(`resource provider create rack --uuid ${made(1)}`)
        assert.deepInclude(parent as object, { uuid: made(1), name: "rack", root_provider_uuid: made(1) })
        yield* json(`resource provider create shelf --uuid ${made(2)} --parent-provider ${made(1)}`)
        assert.deepInclude((yield* json(`resource provider set ${made(2)} --name tray --parent-provider ${made(1)}`)) as object, { name: "tray", parent_provider_uuid: made(1) })
        assert.deepStrictEqual(items(yield* json(`resource provider list --in-tree ${made(2)}`)).map((each) => text(each, "name")), ["rack", "tray"])
        assert.include(yield* refusal(`resource provider delete ${made(1)}`), "child resource providers")

        yield* run("trait create CUSTOM_FAST")
        assert.deepStrictEqual(yield* json(`resource provider trait set ${made(1)} --trait CUSTOM_FAST --trait STORAGE_DISK_SSD`), [{ name: "CUSTOM_FAST" }, { name: "STORAGE_DISK_SSD" }])
        assert.include(yield* refusal("trait delete CUSTOM_FAST"), "in use")
        yield* run(`resource provider trait delete ${made(1)}`)
        yield* run("trait delete CUSTOM_FAST")
        assert.include(yield* refusal("trait delete STORAGE_DISK_SSD"), "standard trait")

        yield* run("resource class create CUSTOM_BOLT")
        yield* run("resource class set CUSTOM_NUT")
        assert.deepStrictEqual(yield* json("resource class show CUSTOM_NUT"), { name: "CUSTOM_NUT" })
        const set = yield* json(`resource provider inventory set ${made(1)} --resource CUSTOM_BOLT=8 --resource CUSTOM_BOLT:max_unit=4 --resource CUSTOM_NUT=2`)
        assert.deepStrictEqual(column(set, "total"), { CUSTOM_BOLT: 8, CUSTOM_NUT: 2 })
        assert.strictEqual(at(yield* json(`resource provider inventory class set ${made(1)} CUSTOM_NUT --total 3`), "total"), 3)
        assert.include(yield* refusal(`resource provider inventory set ${made(1)} --resource CUSTOM_BOLT=8 --resource CUSTOM_BOLT:reserved=9`), "reserved")
        const { generation } = (yield* json(`resource provider show ${made(1)}`)) as { readonly generation: number }
        yield* json(`resource provider aggregate set ${made(1)} --aggregate ${made(3)} --generation ${generation}`)
        assert.include(yield* refusal(`resource provider aggregate set ${made(1)} --aggregate ${made(3)} --generation ${generation}`), "generation already changed")
        assert.deepStrictEqual(yield* json(`resource provider aggregate list ${made(1)}`), [{ uuid: made(3) }])
        assert.deepStrictEqual(items(yield* json(`resource provider list --member-of ${made(3)}`)).map((each) => text(each, "name")), ["rack"])
      }))

    it.effect("claim what there is, and no more", () =>
      Effect.gen(function*() {
        const { json, refusal, run } = yield* Client
        const set = (consumer: number, amount: number) =>
          `resource provider allocation set ${made(consumer)} --allocation rp=${made(1)},CUSTOM_BOLT=${amount} --project-id p --user-id u --consumer-type TASK`
        const [held] = items(yield* json(set(50, 4)))
        assert.deepStrictEqual(at(held, "resources"), { CUSTOM_BOLT: 4 })
        assert.include(yield* refusal(set(51, 5)), "max_unit")
        yield* json(set(51, 4))
        assert.include(yield* refusal(set(52, 1)), "exceed the capacity")
        assert.deepStrictEqual(column(yield* json(`resource provider usage show ${made(1)}`), "usage"), { CUSTOM_BOLT: 8, CUSTOM_NUT: 0 })
        assert.include(JSON.stringify(yield* json(`resource provider show ${made(1)} --allocations`)), made(51))
        assert.include(yield* refusal(`resource provider inventory delete ${made(1)} --resource-class CUSTOM_BOLT`), "in use")
        assert.include(yield* refusal(`resource provider delete ${made(1)}`), "child resource providers")
        assert.deepStrictEqual(yield* json(`resource provider allocation unset ${made(51)} --resource-class CUSTOM_BOLT`), [])
        yield* run(`resource provider allocation delete ${made(50)}`)
        for (const provider of [2, 1]) yield* run(`resource provider delete ${made(provider)}`)
        for (const name of ["CUSTOM_BOLT", "CUSTOM_NUT"]) yield* run(`resource class delete ${name}`)
        assert.lengthOf(items(yield* json("resource provider list")), 2)
      }))

    it.effect("say of hosts what operators may say, and write no server's allocation", () =>
      Effect.gen(function*() {
        const { json, refusal, run } = yield* Client
        const [host] = items(yield* json("resource provider list"))
        const uuid = text(host, "uuid")
        yield* run("trait create CUSTOM_GOLD")
        const own = items(yield* json(`resource provider trait list ${uuid}`)).length
        assert.lengthOf(items(yield* json(`resource provider trait set ${uuid} --trait CUSTOM_GOLD`)), own + 1)
        assert.lengthOf(items(yield* json("allocation candidate list --resource VCPU=1 --required CUSTOM_GOLD")), 1)
        yield* json(`resource provider inventory set ${uuid} --amend --resource VCPU:allocation_ratio=8 --resource MEMORY_MB:reserved=1024`)
        const inventories = yield* json(`resource provider inventory list ${uuid}`)
        assert.deepInclude(column(inventories, "allocation_ratio"), { VCPU: 8, MEMORY_MB: 1 })
        assert.strictEqual(column(inventories, "reserved")["MEMORY_MB"], 1024)
        assert.include(yield* refusal(`resource provider inventory class set ${uuid} VCPU --total 1`), "what it measures")
        assert.include(yield* refusal(`resource provider delete ${uuid}`), "compute service delete")
        const server = text(yield* json("server create --flavor m1.tiny --image tiny --network private held"), "id")
        assert.include(yield* refusal(`resource provider allocation delete ${server}`), "is a server of this cloud")
        yield* run("server delete --wait held")
      }))
  })
})
