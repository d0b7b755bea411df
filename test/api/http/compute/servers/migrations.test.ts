/** Moves of servers, as the compute API is asked for them and shows them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Migration } from "../../../../../src/actors/instance/Migration.ts"
import { computeFace } from "../../../../../src/api/http/compute/computeFace.ts"
import { routes } from "../../../../../src/api/http/compute/migrations/routes.ts"
import { serverRoutes } from "../../../../../src/api/http/compute/servers/routes.ts"
import { call } from "../../../../fixtures/http.ts"
import { at, items, text } from "../../../../fixtures/json.ts"
import { complaints } from "../../../../fixtures/responses.ts"
import { server, serverId } from "../../../../fixtures/servers.ts"
import { asAdmin, asMember, put, settle, world } from "./world.ts"

const uuid = (number: number) => `30000000-0000-4000-8000-00000000000${number}`
const migration = (number: number, more: Partial<Migration> = {}): Migration => ({
  id: uuid(number), number, type: "live-migration", status: "completed",
  source: { host: "compute-1", availabilityZone: "us-west" }, destination: { host: "compute-2", availabilityZone: "us-west" },
  wish: { host: null, isForced: false, copiesDisks: null }, requestId: "req-1", userId: "admin", projectId: "admins",
  createdAt: `2026-11-22T08:0${number}:00.123Z`, updatedAt: `2026-11-22T09:0${number}:00.456Z`, ...more
})
const work = {
  action: "liveMigrate", step: "migrate", generation: 4, requestId: "req-1", touchedAtMillis: 0, deadlineMillis: 1e15, attempt: 1,
  excludedHosts: []
} as const
const moving = server({
  taskState: "migrating", work, generation: 4,
  migrations: [migration(1), migration(2, { status: "error", destination: null })],
  migration: migration(3, { status: "running" })
})

const makeAsk = Effect.map(computeFace({ operations: [...serverRoutes, ...routes] }), (face) =>
  (method: string, path: string, version: number, body?: unknown, token = asAdmin) =>
    Effect.map(call(face, { method, path: `/v2.1${path}`, token, body, headers: { "openstack-api-version": `compute 2.${version}` } }), (answer) => {
      if (answer.status < 300 && answer.body !== null) {
        const action = body === undefined ? "" : Object.keys(body as object)[0]!
        assert.deepStrictEqual(complaints(method, path.split("?")[0]!, action, version, answer.body), [])
      }
      return answer
    }))
const numbers = (body: unknown) => items(body, "migrations").map((one) => (one as { id: number }).id)
const said = (body: unknown) => text(Object.values(body as object)[0], "message")

describe("GET /os-migrations", () => {
  it.effect("shows every version what it knows, and filters by it", () =>
    Effect.gen(function*() {
      yield* put(moving)
      const ask = yield* makeAsk
      const list = (query: string, version = 80) => Effect.map(ask("GET", `/os-migrations${query}`, version), ({ body }) => body)
      assert.deepStrictEqual(numbers(yield* list("", 1)), [1, 2, 3])
      assert.deepStrictEqual(numbers(yield* list("")), [3, 2, 1])
      assert.deepStrictEqual(numbers(yield* list("?status=error")), [2])
      assert.deepStrictEqual(numbers(yield* list("?host=compute-2")), [3, 1])
      assert.deepStrictEqual(numbers(yield* list("?source_compute=compute-2")), [])
      assert.deepStrictEqual(numbers(yield* list("?migration_type=resize", 1)), [])
      assert.deepStrictEqual(numbers(yield* list(`?instance_uuid=${serverId}&limit=2`)), [3, 2])
      assert.deepStrictEqual(numbers(yield* list(`?marker=${uuid(2)}`)), [1])
      assert.deepStrictEqual(numbers(yield* list("?changes-since=2026-11-22T09:02:00Z")), [3, 2])
      assert.deepStrictEqual(numbers(yield* list("?changes-before=2026-11-22T09:02:00Z")), [1])
      assert.deepStrictEqual(numbers(yield* list("?project_id=admins&user_id=nobody")), [])
      const first = at(yield* list("?limit=1"), "migrations.0") as { readonly [key: string]: unknown }
      assert.deepInclude(first, {
        uuid: uuid(3), source_compute: "compute-1", dest_node: "compute-2", old_instance_type_id: 1, status: "running", migration_type: "live-migration",
        project_id: "admins", instance_uuid: serverId
      })
      assert.match(at(first, "links.0.href") as string, new RegExp(`/servers/${serverId}/migrations/3$`))
      const early = at(yield* list("", 22), "migrations.2") as object
      assert.notInclude(Object.keys(early).join(), "migration_type")
    }).pipe(Effect.provide(world)))
})

describe("/servers/{id}/migrations", () => {
  const one = (number: number | string) => `/servers/${serverId}/migrations/${number}`

  it.effect("shows what is in progress, and says why nothing else", () =>
    Effect.gen(function*() {
      yield* put(moving)
      const ask = yield* makeAsk
      for (const version of [23, 58, 59, 79, 80, 104]) {
        assert.deepStrictEqual(numbers((yield* ask("GET", `/servers/${serverId}/migrations`, version)).body), [3])
        assert.strictEqual(at((yield* ask("GET", one(3), version)).body, "migration.status"), "running")
      }
      assert.strictEqual((yield* ask("GET", one(3), 22)).status, 404)
      assert.strictEqual(said((yield* ask("GET", one(1), 80)).body), `Live migration 1 for server ${serverId} is not in progress.`)
      assert.strictEqual(said((yield* ask("GET", one("x"), 80)).body), `In-progress live migration x is not found for server ${serverId}.`)
      assert.strictEqual((yield* ask("GET", one(3), 80, undefined, asMember)).status, 403)
    }).pipe(Effect.provide(world)))

  it.effect("aborts and forces what runs, by the rules of each version", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const force = { force_complete: null }
      yield* put(server())
      assert.strictEqual(said((yield* ask("DELETE", one(3), 80)).body), `Cannot 'abort live migration' instance ${serverId} while it is in task_state None`)
      yield* put(moving)
      assert.deepStrictEqual([(yield* ask("DELETE", one(9), 80)).status, (yield* ask("POST", `${one(9)}/action`, 80, force)).status], [404, 400])
      assert.strictEqual((yield* ask("POST", `${one(3)}/action`, 21, force)).status, 404)
      assert.strictEqual((yield* ask("POST", `${one(3)}/action`, 22, force)).status, 202)
      yield* put({ ...moving, work: { ...work, step: "prepare" }, migration: migration(3, { status: "preparing" }) })
      const early = yield* ask("DELETE", one(3), 64)
      assert.deepStrictEqual([early.status, said(early.body)], [
        400, `Migration 3 state of instance ${serverId} is preparing. Cannot abort live migration while the migration is in this state.`
      ])
      assert.strictEqual((yield* ask("DELETE", one(3), 65)).status, 202)
      yield* settle
      const log = (yield* ask("GET", `/servers/${serverId}/os-instance-actions`, 80)).body
      assert.deepStrictEqual(items(log, "instanceActions").map((line) => text(line, "action")).toSorted(), ["live_migration_cancel"])
      assert.strictEqual(at((yield* ask("GET", "/os-migrations?limit=1", 80)).body, "migrations.0.status"), "cancelled")
    }).pipe(Effect.provide(world)))
})

describe("POST os-migrateLive", () => {
  const path = `/servers/${serverId}/action`
  const body = (more: object = {}) => ({ "os-migrateLive": { host: null, block_migration: false, ...more } })
  const rows: ReadonlyArray<readonly [version: number, more: object, status: number]> = [
    [24, { disk_over_commit: false }, 202], [24, {}, 400], [24, { disk_over_commit: "no", block_migration: "auto" }, 400],
    [25, { block_migration: "auto" }, 202], [25, { disk_over_commit: false }, 400], [29, { force: false }, 400],
    [30, { host: "compute-2", force: true }, 202], [67, { force: true }, 400], [68, { host: "compute-2", force: true }, 400],
    [104, { host: "compute-2" }, 202], [104, { host: "" }, 400], [104, { host: 5 }, 400]
  ]
  it.effect.each(rows.map(([version, more, status]) => ({ version, more, status })))("at 2.$version $more: $status", ({ more, status, version }) =>
    Effect.gen(function*() {
      yield* put(server())
      const ask = yield* makeAsk
      assert.strictEqual((yield* ask("POST", path, version, body(more))).status, status)
    }).pipe(Effect.provide(world)))

  it.effect("is for who may, of servers that run, and shows in their states", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ vmState: "stopped" }))
      assert.strictEqual(said((yield* ask("POST", path, 104, body())).body), `Cannot 'os-migrateLive' instance ${serverId} while it is in vm_state stopped`)
      yield* put(server())
      assert.strictEqual((yield* ask("POST", path, 104, body(), asMember)).status, 403)
      yield* ask("POST", path, 104, body({ block_migration: "auto" }))
      const seen = () => Effect.map(ask("GET", `/servers/${serverId}`, 104), ({ body: shown }) =>
        ["status", "OS-EXT-STS:task_state", "OS-EXT-SRV-ATTR:host"].map((key) => at(shown, `server.${key}`)))
      assert.deepStrictEqual(yield* seen(), ["MIGRATING", "migrating", "compute-1"])
      for (let rounds = 0; rounds < 2; rounds++) yield* settle
      assert.deepStrictEqual(yield* seen(), ["ACTIVE", null, "compute-2"])
    }).pipe(Effect.provide(world)))
})

describe("POST migrate, resize and the words on them", () => {
  const path = `/servers/${serverId}/action`
  const rows: ReadonlyArray<readonly [version: number, action: object, status: number]> = [
    [1, { migrate: null }, 202], [55, { migrate: { anything: 1 } }, 202], [56, { migrate: null }, 202], [56, { migrate: { host: "compute-2" } }, 202],
    [56, { migrate: { anything: 1 } }, 400], [56, { migrate: {} }, 202], [104, { resize: { flavorRef: "2" } }, 202], [104, { resize: { flavorRef: 2 } }, 202],
    [104, { resize: {} }, 400], [104, { resize: { flavorRef: "" } }, 400], [104, { resize: { flavorRef: "2", size: 1 } }, 400],
    [104, { confirmResize: null }, 409], [104, { revertResize: null }, 409]
  ]
  it.effect.each(rows.map(([version, action, status]) => ({ version, action, status })))("at 2.$version $action: $status", ({ action, status, version }) =>
    Effect.gen(function*() {
      yield* put(server())
      const ask = yield* makeAsk
      assert.strictEqual((yield* ask("POST", path, version, action)).status, status)
    }).pipe(Effect.provide(world)))

  it.effect("shows where it stands", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const seen = () => Effect.map(ask("GET", `/servers/${serverId}`, 104), ({ body: shown }) =>
        ["status", "OS-EXT-SRV-ATTR:host"].map((key) => at(shown, `server.${key}`)))
      yield* ask("POST", path, 104, { resize: { flavorRef: "2" } })
      assert.deepStrictEqual(yield* seen(), ["RESIZE", "compute-1"])
      yield* settle
      assert.deepStrictEqual(yield* seen(), ["VERIFY_RESIZE", "compute-2"])
      const [waiting] = items((yield* ask("GET", "/os-migrations", 80)).body, "migrations")
      assert.deepInclude(waiting as object, { migration_type: "resize", status: "finished", old_instance_type_id: 1, new_instance_type_id: 2 })
      assert.deepStrictEqual(numbers((yield* ask("GET", `/servers/${serverId}/migrations`, 80)).body), [])
      assert.strictEqual((yield* ask("POST", path, 104, { revertResize: null }, asMember)).status, 202)
      assert.deepStrictEqual(yield* seen(), ["REVERT_RESIZE", "compute-2"])
      yield* settle
      assert.deepStrictEqual(yield* seen(), ["ACTIVE", "compute-1"])
      yield* ask("POST", path, 104, { migrate: null })
      yield* settle
      const confirmed = yield* ask("POST", path, 104, { confirmResize: null }, asMember)
      assert.deepStrictEqual([confirmed.status, confirmed.text], [204, ""])
      yield* settle
      assert.deepStrictEqual(yield* seen(), ["ACTIVE", "compute-2"])
      const said = yield* ask("POST", path, 104, { migrate: null }, asMember)
      assert.strictEqual(said.status, 403)
    }).pipe(Effect.provide(world)))
})
