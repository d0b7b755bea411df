import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, text } from "../../../../fixtures/json.ts"
import { server, serverId } from "../../../../fixtures/servers.ts"
import { InstanceIndex } from "../../../../../src/runtime/kernel/InstanceIndex.ts"
import { asAdmin, asReader, asStranger, type Ask, makeAsk, put, putHost, unknownImage, world } from "./world.ts"

const image = "70a599e0-31e7-49b7-b260-868f441e862b"
const minimal = { name: "a", imageRef: image, flavorRef: "1", networks: "none" as unknown }
const message = (body: unknown) => text(Object.values(body as object)[0], "message")
const create = (ask: Ask, more: object, options: Parameters<Ask>[2] = {}, top: object = {}) =>
  ask("POST", "/servers", { ...options, body: { server: { ...minimal, ...more }, ...top } })
const made = (body: unknown) => Effect.map(InstanceIndex, (index) => index.get(text(body, "server.id"))!)

describe("POST /servers", () => {
  it.effect("answers with where the server is and its password", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const { body, headers, status } = yield* create(ask, { security_groups: [{ name: "web" }] })
      const id = text(body, "server.id")
      assert.strictEqual(status, 202)
      assert.strictEqual(headers["location"], `http://cloud.test/compute/v2.1/servers/${id}`)
      const { adminPass, ...rest } = at(body, "server") as Record<string, unknown>
      assert.match(String(adminPass), /^(?=.*[2-9])(?=.*[A-HJ-NP-Z])(?=.*[a-km-z])[2-9A-HJ-NP-Za-km-z]{12}$/)
      assert.deepStrictEqual(rest, {
        id,
        links: [
          { rel: "self", href: `http://cloud.test/compute/v2.1/servers/${id}` },
          { rel: "bookmark", href: `http://cloud.test/compute/servers/${id}` }
        ],
        "OS-DCF:diskConfig": "MANUAL",
        security_groups: [{ name: "web" }]
      })
      const { body: plain } = yield* create(ask, { adminPass: "mine" })
      assert.deepStrictEqual([at(plain, "server.adminPass"), at(plain, "server.security_groups")], ["mine", [{ name: "default" }]])
      assert.isUndefined(at((yield* ask("GET", `/servers/${id}`)).body, "server.adminPass"))
    }).pipe(Effect.provide(world)))

  it.effect("takes every field over", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost()
      const { body } = yield* create(ask, {
        name: "box", flavorRef: "http://flavors.test/1?x", imageRef: image, description: "mine", hostname: "box.example",
        metadata: { a: "b" }, tags: ["x", "x", "y"], user_data: "aGk=", config_drive: "yes", "OS-DCF:diskConfig": "AUTO",
        accessIPv4: "1.2.3.4", accessIPv6: "::1", availability_zone: "us-west", key_name: "k",
        networks: [{ uuid: image, fixed_ip: "10.0.0.5", tag: "nic" }, { port: serverId }], host: "compute-1",
        security_groups: [{ name: "web" }, { name: "web" }]
      }, { token: asAdmin }, { "os:scheduler_hints": { same_host: serverId } })
      const one = yield* made(body)
      assert.deepInclude(one, {
        name: "box", description: "mine", hostname: "box.example", metadata: { a: "b" }, tags: ["x", "y"], userData: "aGk=",
        configDrive: true, diskConfig: "AUTO", accessIpV4: "1.2.3.4", accessIpV6: "::1", keyName: "k", imageId: image,
        securityGroups: ["web"],
        networks: [
          { networkId: image, portId: null, fixedIp: "10.0.0.5", tag: "nic" },
          { networkId: null, portId: serverId, fixedIp: null, tag: null }
        ]
      })
      assert.deepInclude(one.wish, { availabilityZone: "us-west", host: "compute-1", isForced: false, hints: { same_host: serverId } })
    }).pipe(Effect.provide(world)))

  it.effect("describes servers of old callers by their name", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const { networks: _, ...old } = minimal
      const { body } = yield* ask("POST", "/servers", { version: 18, body: { server: old } })
      assert.deepInclude(yield* made(body), { description: "a", networks: "auto" })
      const { body: newer } = yield* ask("POST", "/servers", { version: 19, body: { server: old } })
      assert.deepInclude(yield* made(newer), { description: null })
    }).pipe(Effect.provide(world)))

  it.effect("makes several, and answers with their reservation when asked", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const { body, headers } = yield* create(ask, { min_count: "2", max_count: 3, return_reservation_id: true })
      assert.deepStrictEqual([body, headers["location"]], [{ reservation_id: "r-abcdefgh" }, undefined])
      const index = yield* InstanceIndex
      assert.deepStrictEqual([...index.ofProject(null)].map((one) => one.name).sort(), ["a-1", "a-2", "a-3"])
    }).pipe(Effect.provide(world)))

  it.effect("boots from an image that a mapping names", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const device = { source_type: "image", destination_type: "local", boot_index: 0, uuid: image, delete_on_termination: true }
      for (const imageRef of ["", image]) {
        const { body } = yield* create(ask, { imageRef, block_device_mapping_v2: [device] })
        assert.strictEqual((yield* made(body)).imageId, image)
      }
    }).pipe(Effect.provide(world)))

  it.effect("forces a host for administrators, and the host decides the zone", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost()
      for (const [zone, expected] of [["us-west:compute-1", "us-west"], ["other:compute-1", null], ["us-west::compute-1", "us-west"]] as const) {
        const { body } = yield* create(ask, { availability_zone: zone }, { token: asAdmin })
        assert.deepInclude((yield* made(body)).wish, { host: "compute-1", isForced: true, availabilityZone: expected })
      }
    }).pipe(Effect.provide(world)))

  const volume = { source_type: "volume", destination_type: "volume", boot_index: 0, uuid: image }
  const port = { port: image }
  const refusals: ReadonlyArray<readonly [more: object, status: number, message: string | RegExp, options?: Parameters<Ask>[2]]> = [
    [{ imageRef: "" }, 400, "Missing imageRef attribute"],
    [{ imageRef: unknownImage }, 400, "Can not find requested image"],
    [{ min_count: 3, max_count: 2 }, 400, "min_count must be <= max_count"],
    [{ block_device_mapping_v2: [volume] }, 400, /^block_device_mapping_v2: a mapping of volume to volume is not supported/],
    [{ block_device_mapping: [{ volume_id: image }] }, 400, /^block_device_mapping: /],
    [{ block_device_mapping: [{}], block_device_mapping_v2: [volume] }, 400, /^Using different block_device_mapping syntaxes/],
    [{ availability_zone: "a:b:c:d" }, 400, "Invalid input received: Unable to parse availability_zone"],
    [{ availability_zone: "nova:compute-1" }, 403, "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed."],
    [{ host: "compute-1" }, 403, "Policy doesn't allow compute:servers:create:requested_destination to be performed."],
    [{ host: "compute-1", availability_zone: "nova:compute-1" }, 400, /mutually exclusive/, { token: asAdmin }],
    [{ networks: [{}] }, 400, "Bad network format: missing 'uuid'"],
    [{ networks: [{ uuid: "x" }] }, 400, "Bad networks format: network uuid is not in proper format (x)", { version: 36 }],
    [{ networks: [port, port] }, 400, `Port ID '${image}' was specified twice: you cannot attach a port multiple times.`],
    [{ networks: [{ ...port, fixed_ip: "10.0.0.1" }] }, 400, /cannot be used with port/],
    [{ networks: [port], max_count: 2 }, 400, /single configured port ID/],
    [{ networks: [{ uuid: image, fixed_ip: "10.0.0.1" }], max_count: 2 }, 400, /fixed_ip/],
    [{ hostname: "one", max_count: 2 }, 400, "Unable to allocate a single hostname to multiple instances"],
    [{ metadata: Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`k${at}`, "v"])) }, 403, "Maximum number of metadata items exceeds 128"],
    [{ min_count: "9".repeat(400) }, 403, /1000 servers at most/],
    [{ zz: 1 }, 400, /zz/],
    [{ tags: ["a/b"] }, 400, /tags|a\/b/],
    [{}, 403, "Policy doesn't allow os_compute_api:servers:create to be performed.", { token: asReader }]
  ]
  it.effect.each(refusals.map(([more, status, words, options]) => ({ more, status, words, options })))(
    "refuses $more with $status",
    ({ more, options, status, words }) =>
      Effect.gen(function*() {
        const ask = yield* makeAsk
        const { networks: _, ...old } = minimal
        const answer = options?.version === 36
          ? yield* ask("POST", "/servers", { ...options, body: { server: { ...old, ...more } } })
          : yield* create(ask, more, options)
        assert.strictEqual(answer.status, status, answer.text)
        if (typeof words === "string") assert.strictEqual(message(answer.body), words)
        else assert.match(message(answer.body), words)
        assert.strictEqual((yield* InstanceIndex).size(), 0)
      }).pipe(Effect.provide(world))
  )

  it.effect("takes the files of old callers and, as the reference by default, does not deliver them", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const { networks: _, ...old } = minimal
      const file = { path: "/etc/motd", contents: "aGk=" }
      const post = (more: object) => ask("POST", "/servers", { version: 1, body: { server: { ...old, ...more } } })
      assert.strictEqual((yield* post({ personality: [file] })).status, 202)
      assert.strictEqual((yield* post({ personality: [file], config_drive: true })).status, 400)
      assert.strictEqual((yield* post({ personality: Array.from({ length: 6 }, () => file) })).status, 403)
    }).pipe(Effect.provide(world)))
})

describe("PUT /servers/:id", () => {
  it.effect("changes what it names and answers with the server", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const update = (change: object, version = 104) => ask("PUT", `/servers/${serverId}`, { version, body: { server: change } })
      const { body, status } = yield* update({ name: "new", description: "d", hostname: "h", accessIPv4: "9.9.9.9", "OS-DCF:diskConfig": "MANUAL" })
      assert.strictEqual(status, 200)
      assert.deepInclude(at(body, "server") as object, {
        name: "new", description: "d", "OS-EXT-SRV-ATTR:hostname": "h", accessIPv4: "9.9.9.9", accessIPv6: "80fe::", "OS-DCF:diskConfig": "MANUAL"
      })
      assert.deepStrictEqual(at((yield* update({})).body, "server"), at(body, "server"))
      const { body: old } = yield* update({ name: "older" }, 1)
      assert.deepStrictEqual(at(old, "server.addresses"), { private: [{ version: 4, addr: "192.168.1.30" }] })
      assert.strictEqual((yield* update({ description: "x" }, 18)).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("pins a server to the zone it is in, or unpins it", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const pin = (zone: string | null) =>
        Effect.map(ask("PUT", `/servers/${serverId}`, { body: { server: { pinned_availability_zone: zone } } }), ({ body, status }) =>
          status === 200 ? at(body, "server.pinned_availability_zone") : `${status} ${message(body).slice(0, 20)}`)
      assert.deepStrictEqual(
        [yield* pin("us-west"), yield* pin("other"), yield* pin(null), yield* pin(null), yield* pin("other"), yield* pin("us-west")],
        ["us-west", "409 Cannot change pinned", null, null, "409 Server can only be p", "us-west"]
      )
    }).pipe(Effect.provide(world)))

  it.effect("is for members of the project", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const body = { server: { name: "x" } }
      assert.strictEqual((yield* ask("PUT", `/servers/${serverId}`, { body, token: asReader })).status, 403)
      assert.strictEqual((yield* ask("PUT", `/servers/${serverId}`, { body, token: asStranger })).status, 404)
    }).pipe(Effect.provide(world)))
})
