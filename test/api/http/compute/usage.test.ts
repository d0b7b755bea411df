import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Instance } from "../../../../src/actors/instance/Instance.ts"
import { overlaps, usageOf } from "../../../../src/actors/instance/usage.ts"
import { Journal } from "../../../../src/runtime/kernel/Journal.ts"
import { asMember, asStranger, makeAsk, otherProject, project, world } from "../../../fixtures/compute.ts"
import { server, serverId } from "../../../fixtures/servers.ts"

const hour = 3_600_000
const at = (iso: string) => Date.parse(iso)
const day = { start: at("2026-11-22T00:00:00Z"), stop: at("2026-11-23T00:00:00Z") }

describe("what a server took of a period", () => {
  const from = (launchedAt: string | null, terminatedAt: string | null = null) => server({ launchedAt, terminatedAt })
  it.each([
    ["runs since before", from("2026-11-21T00:00:00.000Z"), 24],
    ["was launched in it", from("2026-11-22T18:00:00.000Z"), 6],
    ["ended in it", from("2026-11-21T00:00:00.000Z", "2026-11-22T01:30:00.000Z"), 1.5],
    ["began and ended in it", from("2026-11-22T01:00:00.000Z", "2026-11-22T02:00:00.000Z"), 1],
    ["ended before", from("2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"), null],
    ["began after", from("2026-11-23T00:00:01.000Z"), null],
    ["never began", from(null), null]
  ])("%s", (_, one, hours) => {
    assert.strictEqual(overlaps(one, day), hours !== null)
    if (hours !== null) assert.strictEqual(usageOf(one, day, day.stop).hours, hours)
  })
})

const commit = (instance: Instance) =>
  Effect.flatMap(Journal, (journal) =>
    Effect.orDie(journal.commit({
      shard: "t", epoch: null, requestId: null, reply: null,
      appends: [{ stream: { type: "Instance", id: instance.id }, expectedVersion: 0, events: [], state: instance as never, pending: false }]
    })))

const setUp = Effect.gen(function*() {
  yield* TestClock.setTime(at("2026-11-22T10:07:00Z"))
  yield* commit(server({ launchedAt: "2026-11-22T08:07:00.000Z" }))
  yield* commit(server({ id: "1e44cc9c-e052-415d-afbf-469b0d384171", projectId: otherProject, launchedAt: "2026-11-22T09:07:00.000Z" }))
  return yield* makeAsk
})
const period = "start=2026-11-22T00:00:00&end=2026-11-23T00:00:00"

describe("usage", () => {
  it.effect("is summed for each project, up to now", () =>
    Effect.gen(function*() {
      const ask = yield* setUp
      const { tenant_usages: usages } = (yield* ask("GET", `/os-simple-tenant-usage?${period}&detailed=1`)).body as { tenant_usages: Array<Record<string, unknown>> }
      assert.deepStrictEqual(usages.map((usage) => [usage["tenant_id"], usage["total_hours"], usage["total_memory_mb_usage"]]), [[otherProject, 1, 512], [project, 2, 1024]])
      assert.deepStrictEqual(usages[1]!["server_usages"], [{
        hours: 2, flavor: "m1.tiny", instance_id: serverId, name: "new-server-test", tenant_id: project, memory_mb: 512, local_gb: 1,
        vcpus: 1, started_at: "2026-11-22T08:07:00.000000", ended_at: null, state: "active", uptime: 2 * hour / 1000
      }])
      assert.strictEqual(usages[1]!["stop"], "2026-11-22T10:07:00.000000")
      const plain = (yield* ask("GET", `/os-simple-tenant-usage?${period}`)).body as { tenant_usages: Array<object> }
      assert.notProperty(plain.tenant_usages[0]!, "server_usages")
    }).pipe(Effect.provide(world)))

  it.effect("of one project is its own to see", () =>
    Effect.gen(function*() {
      const ask = yield* setUp
      const one = `/os-simple-tenant-usage/${project}?${period}`
      const shown = (yield* ask("GET", one, { token: asMember })).body as { tenant_usage: { total_hours: number } }
      assert.strictEqual(shown.tenant_usage.total_hours, 2)
      assert.strictEqual((yield* ask("GET", one, { token: asStranger })).status, 403)
      assert.deepStrictEqual((yield* ask("GET", `/os-simple-tenant-usage/nobody?${period}`)).body, { tenant_usage: {} })
      assert.strictEqual((yield* ask("GET", "/os-simple-tenant-usage", { token: asMember })).status, 403)
    }).pipe(Effect.provide(world)))

  it.effect("comes in pages, later", () =>
    Effect.gen(function*() {
      const ask = yield* setUp
      const page = (yield* ask("GET", `/os-simple-tenant-usage?${period}&limit=1`)).body as { tenant_usages: Array<{ tenant_id: string }>; tenant_usages_links: Array<{ href: string }> }
      assert.deepStrictEqual(page.tenant_usages.map((usage) => usage.tenant_id), [otherProject])
      assert.include(page.tenant_usages_links[0]!.href, "marker=1e44cc9c-e052-415d-afbf-469b0d384171")
      const old = yield* ask("GET", `/os-simple-tenant-usage?${period}&limit=1`, { version: "2.39" })
      assert.deepStrictEqual(Object.keys(old.body as object), ["tenant_usages"])
      assert.strictEqual((yield* ask("GET", `/os-simple-tenant-usage?${period}&marker=none`)).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("refuses times that are none, and periods that end before they begin", () =>
    Effect.gen(function*() {
      const ask = yield* setUp
      for (const query of ["start=yesterday", "end=2026-11-22", "start=2026-13-01T00:00:00", "start=2026-11-22T00:00:00&end=2026-11-21T00:00:00", "start=2026-11-23T00:00:00"]) {
        assert.strictEqual((yield* ask("GET", `/os-simple-tenant-usage?${query}`)).status, 400, query)
      }
      assert.strictEqual((yield* ask("GET", "/os-simple-tenant-usage")).status, 200)
      assert.strictEqual((yield* ask("GET", "/os-simple-tenant-usage?start=2026-11-22+00:00:00.000000")).status, 200)
    }).pipe(Effect.provide(world)))
})
