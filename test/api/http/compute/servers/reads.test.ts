import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, items } from "../../../../fixtures/json.ts"
import { projectId, server, serverId } from "../../../../fixtures/servers.ts"
import { asAdmin, asMember, asReader, asStranger, makeAsk, otherProject, put, putHost, world } from "./world.ts"

const base = "http://cloud.test/compute"
const keysOf = (body: unknown, path: string) => Object.keys(at(body, path) as object).sort()

describe("GET /servers/:id", () => {
  it.effect("shows a running server to its owner, in the newest form", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ configDrive: true, wish: { ...server().wish, serverGroupId: "g", hints: { same_host: ["x"], query: "y" } } }))
      const { body, headers, status } = yield* ask("GET", `/servers/${serverId}`)
      assert.strictEqual(status, 200)
      assert.strictEqual(headers["content-type"], "application/json")
      assert.deepStrictEqual(body, {
        server: {
          id: serverId,
          name: "new-server-test",
          links: [
            { rel: "self", href: `${base}/v2.1/servers/${serverId}` },
            { rel: "bookmark", href: `${base}/servers/${serverId}` }
          ],
          status: "ACTIVE",
          tenant_id: projectId,
          user_id: "fake",
          metadata: { "My Server Name": "Apache1" },
          // sha224 of the project's id and the host's name
          hostId: "6ecda64e9c54aded9f07cf1f76501a94fcf2cc84e2f6d958a653bb1f",
          image: {
            id: "70a599e0-31e7-49b7-b260-868f441e862b",
            links: [{ rel: "bookmark", href: `${base}/images/70a599e0-31e7-49b7-b260-868f441e862b` }],
            properties: { architecture: "x86_64" }
          },
          flavor: {
            vcpus: 1, ram: 512, disk: 1, ephemeral: 0, swap: 0, original_name: "m1.tiny",
            extra_specs: { "hw:cpu_policy": "shared" }
          },
          created: "2026-11-22T08:06:57Z",
          updated: "2026-11-22T08:07:00Z",
          addresses: {
            private: [{
              version: 4, addr: "192.168.1.30", "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": "00:0c:29:0d:11:74"
            }]
          },
          accessIPv4: "1.2.3.4",
          accessIPv6: "80fe::",
          "OS-DCF:diskConfig": "AUTO",
          progress: 0,
          "OS-EXT-AZ:availability_zone": "us-west",
          config_drive: "True",
          key_name: null,
          "OS-SRV-USG:launched_at": "2026-11-22T08:07:00.030000",
          "OS-SRV-USG:terminated_at": null,
          security_groups: [{ name: "default" }],
          "OS-EXT-STS:task_state": null,
          "OS-EXT-STS:vm_state": "active",
          "OS-EXT-STS:power_state": 1,
          "os-extended-volumes:volumes_attached": [],
          locked: false,
          description: null,
          tags: [],
          trusted_image_certificates: null,
          server_groups: ["g"],
          locked_reason: null,
          "OS-EXT-SRV-ATTR:hostname": "new-server-test",
          pinned_availability_zone: "us-west",
          scheduler_hints: { same_host: ["x"], query: ["y"] }
        }
      })
    }).pipe(Effect.provide(world)))

  it.effect("links as it was asked, with or without the project", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const { body } = yield* ask("GET", `/${projectId}/servers/${serverId}`, { version: 1 })
      assert.deepStrictEqual(at(body, "server.links"), [
        { rel: "self", href: `${base}/v2.1/${projectId}/servers/${serverId}` },
        { rel: "bookmark", href: `${base}/${projectId}/servers/${serverId}` }
      ])
      assert.deepStrictEqual(at(body, "server.flavor"), {
        id: "1", links: [{ rel: "bookmark", href: `${base}/${projectId}/flavors/1` }]
      })
    }).pipe(Effect.provide(world)))

  it.effect("shows administrators the host and its state", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const hostStatus = Effect.map(ask("GET", `/servers/${serverId}`, { token: asAdmin }), ({ body }) => at(body, "server.host_status"))
      assert.strictEqual(yield* hostStatus, "")
      yield* putHost()
      assert.strictEqual(yield* hostStatus, "UP")
      yield* putHost({ isDisabled: true })
      assert.strictEqual(yield* hostStatus, "MAINTENANCE")
      yield* putHost({ isForcedDown: true, isDisabled: true })
      assert.strictEqual(yield* hostStatus, "DOWN")
      const { body } = yield* ask("GET", `/servers/${serverId}`, { token: asAdmin, version: 3 })
      assert.deepStrictEqual(
        keysOf(body, "server").filter((key) => key.startsWith("OS-EXT-SRV-ATTR:")).map((key) => [key.slice(16), at(body, `server.${key}`)]),
        [
          ["host", "compute-1"], ["hostname", "new-server-test"], ["hypervisor_hostname", "compute-1"],
          ["instance_name", "instance-0e44cc9c"], ["kernel_id", ""], ["launch_index", 0], ["ramdisk_id", ""],
          ["reservation_id", "r-h9trgqji"], ["root_device_name", "/dev/vda"], ["user_data", null]
        ]
      )
      assert.isFalse("host_status" in (at(body, "server") as object))
    }).pipe(Effect.provide(world)))

  it.effect("hides what a building server does not have yet", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ vmState: "building", taskState: "scheduling", host: null, availabilityZone: null, nics: [], launchedAt: null, imageId: null }))
      const { body } = yield* ask("GET", `/servers/${serverId}`)
      const seen = at(body, "server") as Record<string, unknown>
      assert.deepStrictEqual(
        [seen["status"], seen["addresses"], seen["hostId"], seen["image"], seen["OS-EXT-AZ:availability_zone"], "security_groups" in seen],
        ["BUILD", {}, "", "", "us-west", false]
      )
    }).pipe(Effect.provide(world)))

  it.effect("tells why a server is in error; the inner details to administrators alone", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const fault = { code: 500, message: "No valid host was found.", details: "a stack", createdAt: "2026-11-22T08:06:59.001Z" }
      yield* put(server({ vmState: "error", fault }))
      const faultFor = (token: string) => Effect.map(ask("GET", `/servers/${serverId}`, { token }), ({ body }) => at(body, "server.fault"))
      const shown = { code: 500, message: "No valid host was found.", created: "2026-11-22T08:06:59Z" }
      assert.deepStrictEqual(yield* faultFor(asMember), shown)
      assert.deepStrictEqual(yield* faultFor(asAdmin), { ...shown, details: "a stack" })
      yield* put(server({ vmState: "active", fault }))
      assert.isUndefined(yield* faultFor(asAdmin))
    }).pipe(Effect.provide(world)))

  it.effect("shows a changed server as it is now", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const name = Effect.map(ask("GET", `/servers/${serverId}`), ({ body }) => at(body, "server.name"))
      yield* put(server({ name: "before" }))
      assert.strictEqual(yield* name, "before")
      yield* put(server({ name: "after" }))
      assert.strictEqual(yield* name, "after")
    }).pipe(Effect.provide(world)))

  it.effect("is 404 for strangers, for the deleted and for the unknown", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const missing = (id: string) => ({ itemNotFound: { code: 404, message: `Instance ${id} could not be found.` } })
      assert.deepStrictEqual((yield* ask("GET", `/servers/${serverId}`, { token: asStranger })).body, missing(serverId))
      assert.deepStrictEqual((yield* ask("GET", "/servers/x")).body, missing("x"))
      assert.strictEqual((yield* ask("GET", `/servers/${serverId}`, { token: asReader })).status, 200)
      yield* put(server({ vmState: "deleted" }))
      assert.deepStrictEqual((yield* ask("GET", `/servers/${serverId}`, { token: asAdmin })).body, missing(serverId))
    }).pipe(Effect.provide(world)))
})

describe("GET /servers and /servers/detail", () => {
  const at2 = (second: number) => `2026-11-22T08:00:0${second}.000Z`
  const many = Effect.forEach([
    server({ id: "a", name: "web-1", createdAt: at2(1), updatedAt: at2(1), tags: ["red"] }),
    server({ id: "b", name: "web-2", createdAt: at2(2), updatedAt: at2(2), vmState: "stopped", locked: { by: "owner", reason: null } }),
    server({ id: "c", name: "db-1", createdAt: at2(3), updatedAt: at2(3), flavor: { ...server().flavor, id: "2" }, tags: ["red", "blue"] }),
    server({ id: "d", name: "gone", createdAt: at2(4), updatedAt: at2(4), vmState: "deleted" }),
    server({ id: "e", name: "theirs", createdAt: at2(5), updatedAt: at2(5), projectId: otherProject })
  ], put, { discard: true })

  interface Row {
    readonly query: string
    readonly found: string | number
    readonly version?: number
    readonly token?: string
  }
  const rows: ReadonlyArray<Row> = [
    { query: "", found: "cba" },
    { query: "", found: "cba", token: asAdmin },
    { query: "", found: "e", token: asStranger },
    { query: "all_tenants=1", found: "ecba", token: asAdmin },
    { query: "all_tenants", found: "ecba", token: asAdmin },
    { query: "all_tenants=false", found: "cba" },
    { query: "all_tenants=1", found: 403 },
    { query: "all_tenants=x", found: 400 },
    { query: `all_tenants=1&project_id=${otherProject}`, found: "e", token: asAdmin },
    { query: `all_tenants=1&tenant_id=${otherProject}`, found: "e", token: asAdmin },
    { query: `tenant_id=${otherProject}`, found: "cba" },
    { query: `project_id=${otherProject}`, found: "cba", token: asAdmin },
    { query: "name=web", found: "ba" },
    { query: "name=^b|1$", found: "ca" },
    { query: "name=(?P<x>db)", found: "c" },
    { query: "name=^(w%2B)%2Beb", found: "ba" },
    { query: `name=${"a".repeat(256)}`, found: 400 },
    { query: "status=SHUTOFF", found: "b" },
    { query: "status=active&status=shutoff", found: "cba" },
    { query: "status=FOO", found: 400 },
    { query: "status=FOO", found: "", version: 37 },
    { query: "status=DELETED", found: 403 },
    { query: "status=DELETED", found: "d", token: asAdmin },
    { query: "deleted=True", found: "cba" },
    { query: "deleted=True", found: "d", token: asAdmin },
    { query: "deleted=x", found: "cba", token: asAdmin },
    { query: "changes-since=2026-11-22T08:00:02Z", found: "dcb" },
    { query: "changes-since=2026-11-22T09:00:02%2B01:00", found: "dcb" },
    { query: "changes-before=2026-11-22T08:00:02Z", found: "ba" },
    { query: "changes-before=2026-11-22T08:00:02Z", found: "cba", version: 65 },
    { query: "changes-since=2026-11-22T08:00:03&changes-before=2026-11-22T08:00:02", found: 400 },
    { query: "changes-since=x", found: 400 },
    { query: "flavor=2", found: "c" },
    { query: "flavor=none", found: "" },
    { query: "image=70a599e0-31e7-49b7-b260-868f441e862b", found: "cba" },
    { query: "image=x", found: "" },
    { query: "ip=192.168.1", found: "cba" },
    { query: "ip=^10", found: "" },
    { query: "tags=red", found: "ca" },
    { query: "tags=red,blue", found: "c" },
    { query: "tags-any=blue,green", found: "c" },
    { query: "not-tags=red,blue", found: "ba" },
    { query: "not-tags-any=blue,red", found: "b" },
    { query: "tags=red", found: "cba", version: 25 },
    { query: "locked=true", found: "b" },
    { query: "locked=x", found: 400 },
    { query: "locked=true", found: "cba", version: 72 },
    { query: "host=other", found: "cba" },
    { query: "host=other", found: "", token: asAdmin },
    { query: "host=compute-1", found: "cba", token: asAdmin },
    { query: "vm_state=stopped", found: "b" },
    { query: "vm_state=stopped", found: "cba", version: 82 },
    { query: "hostname=nothing", found: "" },
    { query: "hostname=nothing", found: "cba", version: 89 },
    { query: "metadata=x", found: 400, token: asAdmin },
    { query: "metadata=x", found: "cba" },
    { query: "foo=bar", found: 400 },
    { query: "foo=bar", found: "cba", version: 74 },
    { query: "limit=2", found: "cb" },
    { query: "limit=0", found: "" },
    { query: "limit=-1", found: 400 },
    { query: "limit=9999", found: "cba" },
    { query: "limit=1&limit=2", found: "cb" },
    { query: "marker=c", found: "ba" },
    { query: "marker=x", found: 400 },
    { query: "marker=e", found: 400 },
    { query: "sort_key=display_name&sort_dir=asc", found: "cab" },
    { query: "sort_key=display_name&sort_dir=asc&marker=a", found: "b" },
    { query: "sort_dir=asc", found: "abc" },
    { query: "sort_key=uuid", found: "cba" },
    { query: "sort_key=uuid&sort_dir=up", found: 400 },
    { query: "sort_key=uuid&sort_dir=asc&sort_dir=asc", found: 400 },
    { query: "sort_key=host", found: 403 },
    { query: "sort_key=host", found: "cba", token: asAdmin },
    { query: "sort_key=memory_mb", found: "cba", version: 74 },
    { query: "sort_key=memory_mb", found: 400 }
  ]
  it.effect.each(rows.map((row) => ({ ...row, who: row.token?.split(" ")[0] ?? "fake" })))(
    "?$query (2.$version, $who) → $found",
    ({ found, query, token, version }) =>
      Effect.gen(function*() {
        const ask = yield* makeAsk
        yield* many
        for (const path of ["/servers", "/servers/detail"]) {
          const { body, status } = yield* ask("GET", `${path}?${query}`, {
            ...(token === undefined ? {} : { token }), ...(version === undefined ? {} : { version })
          })
          const seen = status === 200 ? items(body, "servers").map((one) => at(one, "id")).join("") : status
          assert.strictEqual(seen, found)
        }
      }).pipe(Effect.provide(world))
  )

  it.effect("a pattern that would run for ever is stopped", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ name: `${"a".repeat(60)}b` }))
      const { status, text } = yield* ask("GET", "/servers?name=^(a%2B)%2B$")
      assert.strictEqual(status, 400)
      assert.include(text, "take too long")
      assert.strictEqual((yield* ask("GET", "/servers?name=^(a%2B)%2Bb$")).status, 200)
    }).pipe(Effect.provide(world)))

  it.effect("short entries are id, name and links; long ones are as a show", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* many
      const { body: short } = yield* ask("GET", "/servers?limit=1")
      assert.deepStrictEqual(keysOf(short, "servers.0"), ["id", "links", "name"])
      for (const token of [asMember, asAdmin]) {
        const { body: long } = yield* ask("GET", "/servers/detail?limit=1", { token })
        const { body: shown } = yield* ask("GET", "/servers/c", { token })
        const { server_groups: _, ...expected } = at(shown, "server") as Record<string, unknown>
        assert.deepStrictEqual(at(long, "servers.0"), expected)
      }
    }).pipe(Effect.provide(world)))

  it.effect("a full page links to the next one", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* many
      const { body } = yield* ask("GET", `/${projectId}/servers/detail?limit=2&name=b`)
      assert.deepStrictEqual(at(body, "servers_links"), [
        { rel: "next", href: `${base}/v2.1/${projectId}/servers/detail?limit=2&name=b&marker=b` }
      ])
      const { body: rest } = yield* ask("GET", "/servers/detail?limit=2&name=b&marker=b")
      assert.deepStrictEqual(Object.keys(rest as object), ["servers"])
    }).pipe(Effect.provide(world)))
})
