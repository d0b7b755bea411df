/** The first ten minutes of a user: the unmodified `openstack` client against a cloud as `npm start` gives it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { freshFolder, startCloud } from "../fixtures/cloud.ts"
import type { Cloud } from "../fixtures/cloud.ts"
import { at, items, text } from "../fixtures/json.ts"
import { describeOpenstack, openstack } from "../fixtures/openstack.ts"
import type { Openstack } from "../fixtures/openstack.ts"

class Client extends Context.Service<Client, Openstack & { readonly cloud: Cloud; readonly folder: string }>()("test/Client") {
  static readonly layer = Layer.effect(Client, Effect.gen(function*() {
    const folder = yield* freshFolder
    const cloud = yield* startCloud()
    return { ...(yield* openstack(cloud)), cloud, folder }
  }))
}

const names = (rows: unknown, key = "Name"): ReadonlyArray<unknown> => items(rows).map((row) => at(row, key))

/** Runs the command and waits for the status it leads to. */
const reaches = (client: Openstack, command: string, status: string) =>
  Effect.andThen(
    client.run(command),
    client.until(`server show ${command.split(" ").at(-1)}`, (server) =>
      at(server, "status") === status && at(server, "OS-EXT-STS:task_state") === null)
  )

describeOpenstack("the openstack client", () => {
  layer(Client.layer, { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("gets a token and finds every service in the catalog", () =>
      Effect.gen(function*() {
        const { cloud, json } = yield* Client
        const token = yield* json("token issue")
        assert.isAbove(text(token, "id").length, 30)
        const catalog = items(yield* json("catalog list"))
        assert.sameMembers(catalog.map((entry) => at(entry, "Type")), ["identity", "compute", "placement", "image", "network"])
        const compute = catalog.find((entry) => at(entry, "Type") === "compute")
        assert.include(JSON.stringify(compute), `${cloud.url}/compute/v2.1`)
      }))

    it.effect("manages projects, users and roles", () =>
      Effect.gen(function*() {
        const { json, run } = yield* Client
        const project = yield* json("project create --description shop floor")
        assert.strictEqual(at(project, "name"), "floor")
        yield* json("user create --project floor --password secret ann")
        yield* run("role add --project floor --user ann member")
        assert.include(names(yield* json("project list")), "floor")
        assert.sameMembers([...names(yield* json("user list"))], ["admin", "ann"])
        assert.includeMembers([...names(yield* json("role list"))], ["admin", "manager", "member", "reader"])
        const assigned = yield* json("role assignment list --user ann --names")
        assert.strictEqual(at(assigned, "0.Role"), "member")
        yield* run("user delete ann")
        yield* run("project delete floor")
        assert.notInclude(names(yield* json("project list")), "floor")
      }))

    it.effect("creates, lists, shows and deletes flavors", () =>
      Effect.gen(function*() {
        const { json, refusal, run } = yield* Client
        assert.includeMembers(
          [...names(yield* json("flavor list"))],
          ["m1.tiny", "m1.small", "m1.medium", "m1.large", "m1.xlarge"]
        )
        yield* json("flavor create --ram 256 --disk 1 --vcpus 2 --property hw:cpu_policy=shared odd")
        const shown = yield* json("flavor show odd")
        assert.deepStrictEqual(
          [at(shown, "ram"), at(shown, "disk"), at(shown, "vcpus")],
          [256, 1, 2]
        )
        assert.strictEqual((at(shown, "properties") as Record<string, unknown>)["hw:cpu_policy"], "shared")
        yield* run("flavor delete odd")
        assert.include(yield* refusal("flavor show odd"), "odd")
      }))

    it.effect("makes an image from a file and gets the same bytes back", () =>
      Effect.gen(function*() {
        const { folder, json, run } = yield* Client
        const file = join(folder, "image.raw")
        const copy = join(folder, "copy.raw")
        writeFileSync(file, "an image\n".repeat(4096))
        yield* json(`image create --disk-format raw --container-format bare --file ${file} --property colour=blue mine`)
        assert.includeMembers([...names(yield* json("image list"))], ["mine", "tiny"])
        const shown = yield* json("image show mine")
        assert.deepStrictEqual([at(shown, "status"), at(shown, "size")], ["active", 9 * 4096])
        yield* run(`image save --file ${copy} mine`)
        yield* run(`image delete mine`)
      }))

    it.effect("makes networks, subnets and key pairs", () =>
      Effect.gen(function*() {
        const { folder, json, run } = yield* Client
        yield* json("network create back")
        const subnet = yield* json("subnet create --network back --subnet-range 192.0.2.0/24 back-subnet")
        assert.strictEqual(at(subnet, "gateway_ip"), "192.0.2.1")
        assert.sameMembers([...names(yield* json("network list"))], ["private", "back"])
        const key = join(folder, "key.pub")
        writeFileSync(key, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB0tqN4Oh9Yr0Dl0d7dJm5iAi5T4DQ6oSJB8mVt0dGVz test\n")
        yield* json(`keypair create --public-key ${key} mine`)
        assert.deepStrictEqual(names(yield* json("keypair list")), ["mine"])
        yield* run("subnet delete back-subnet")
        yield* run("network delete back")
      }))

    it.effect("creates a server and sees it run", () =>
      Effect.gen(function*() {
        const { json, run } = yield* Client
        const made = yield* json(
          "server create --wait --image tiny --flavor m1.tiny --network private --key-name mine --property tier=web web"
        )
        assert.strictEqual(at(made, "status"), "ACTIVE")
        assert.match(JSON.stringify(at(made, "addresses")), /private.*10\.0\.\d+\.\d+/)
        assert.strictEqual(at(made, "key_name"), "mine")
        assert.deepStrictEqual(names(yield* json("server list")), ["web"])
        assert.notStrictEqual(yield* run("console log show web"), "")
      }))

    it.effect("drives a server through its life", () =>
      Effect.gen(function*() {
        const client = yield* Client
        yield* reaches(client, "server stop web", "SHUTOFF")
        yield* reaches(client, "server start web", "ACTIVE")
        yield* reaches(client, "server pause web", "PAUSED")
        yield* reaches(client, "server unpause web", "ACTIVE")
        yield* reaches(client, "server suspend web", "SUSPENDED")
        yield* reaches(client, "server resume web", "ACTIVE")
        yield* reaches(client, "server reboot --soft web", "ACTIVE")
        yield* reaches(client, "server reboot --hard web", "ACTIVE")
        assert.include(yield* client.refusal("server unpause web"), "409")
      }))

    it.effect("locks, describes and renames a server", () =>
      Effect.gen(function*() {
        const { json, once, run } = yield* Client
        yield* run("server lock web")
        assert.strictEqual(at(yield* once("--os-compute-api-version", "2.9", "server", "show", "web"), "locked"), true)
        yield* run("server unlock web")
        yield* run("server set --property colour=green web")
        yield* run("server unset --property tier web")
        assert.deepStrictEqual(at(yield* json("server show web"), "properties"), { colour: "green" })
        yield* run("server set --name shop web")
        assert.deepStrictEqual(names(yield* json("server list")), ["shop"])
        const log = items(yield* json("server event list shop")).map((entry) => at(entry, "Action"))
        assert.includeMembers(log, ["create", "stop", "start", "pause", "unpause", "suspend", "resume", "reboot"])
      }))

    it.effect("moves the server to another host as it runs", () =>
      Effect.gen(function*() {
        const client = yield* Client
        const hostOf = (server: unknown) => text(server, "OS-EXT-SRV-ATTR:host")
        const from = hostOf(yield* client.json("server show shop"))
        yield* client.run("server migrate --live-migration shop")
        const after = yield* client.until("server show shop", (server) => at(server, "OS-EXT-STS:task_state") === null)
        assert.strictEqual(at(after, "status"), "ACTIVE")
        assert.notStrictEqual(hostOf(after), from)
        const [move, ...others] = items(yield* client.once("--os-compute-api-version", "2.80", "server", "migration", "list"))
        assert.deepStrictEqual(["Status", "Type", "Source Compute", "Dest Compute"].map((key) => at(move, key)), ["completed", "live-migration", from, hostOf(after)])
        assert.isEmpty(others)
      }))

    it.effect("resizes the server, and takes it back", () =>
      Effect.gen(function*() {
        const client = yield* Client
        const waiting = (server: unknown) => at(server, "status") === "VERIFY_RESIZE"
        yield* client.run("server resize --flavor m1.small shop")
        yield* client.until("server show shop", waiting)
        yield* client.run("server resize revert shop")
        yield* client.until("server show shop", (server) => at(server, "status") === "ACTIVE")
        yield* client.run("server migrate shop")
        yield* client.until("server show shop", waiting)
        yield* client.run("server migration confirm shop")
        yield* client.until("server show shop", (server) => at(server, "status") === "ACTIVE")
        assert.include(yield* client.refusal("server resize --flavor m1.tiny shop"), "400")
      }))

    it.effect("looks at the hosts, services and zones", () =>
      Effect.gen(function*() {
        const { json } = yield* Client
        const hypervisors = items(yield* json("hypervisor list"))
        assert.strictEqual(hypervisors.length, 8)
        const first = text(hypervisors[0], "Hypervisor Hostname")
        assert.strictEqual(at(yield* json(`hypervisor show ${first}`), "hypervisor_hostname"), first)
        assert.strictEqual(at(yield* json("hypervisor stats show"), "count"), 8)
        const services = items(yield* json("compute service list"))
        assert.strictEqual(services.filter((service) => at(service, "Binary") === "nova-compute").length, 8)
        assert.include(names(yield* json("availability zone list --compute"), "Zone Name"), "nova")
      }))

    it.effect("shows quota, limits and usage that count the server", () =>
      Effect.gen(function*() {
        const { json } = yield* Client
        assert.strictEqual(at(yield* json("quota show"), "instances"), 10)
        const limits = items(yield* json("limits show --absolute"))
        const limit = (name: string) => at(limits.find((row) => at(row, "Name") === name), "Value")
        assert.deepStrictEqual([limit("totalInstancesUsed"), limit("totalCoresUsed"), limit("totalRAMUsed")], [1, 1, 512])
        assert.deepStrictEqual(names(at(yield* json("usage show"), "Servers"), "name"), ["shop"])
      }))

    it.effect("deletes the server and gets its quota back", () =>
      Effect.gen(function*() {
        const { json, run } = yield* Client
        yield* run("server delete --wait shop")
        assert.deepStrictEqual(items(yield* json("server list")), [])
        const limits = items(yield* json("limits show --absolute"))
        assert.strictEqual(at(limits.find((row) => at(row, "Name") === "totalInstancesUsed"), "Value"), 0)
        yield* run("keypair delete mine")
      }))
  })
})
