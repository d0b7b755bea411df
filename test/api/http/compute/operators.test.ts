/** What operators see of hosts: services, hypervisors, zones. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fields as hypervisorFields } from "../../../../src/api/http/compute/hypervisors/fields.ts"
import { fields as serviceFields } from "../../../../src/api/http/compute/services/fields.ts"
import { keysAt } from "../../../../src/api/http/compute/Fields.ts"
import { addHosts, asMember, makeAsk, world } from "../../../fixtures/compute.ts"

const operators = Effect.andThen(addHosts, makeAsk)
const hypervisor = (number: number) => `00000000-0000-4000-8000-00000000000${number}`
const service = (number: number) => `00000000-0000-4000-9000-00000000000${number}`
const rows = <A = Record<string, unknown>>(answer: { readonly body: unknown }, key: string) => (answer.body as Record<string, Array<A>>)[key]!

describe("services", () => {
  it("show these keys at the edges of their versions", () => {
    const old = ["binary", "host", "id", "zone", "status", "state", "updated_at", "disabled_reason"]
    assert.deepStrictEqual(keysAt(serviceFields, 10, "show"), old)
    for (const version of [11, 52, 53, 104]) assert.deepStrictEqual(keysAt(serviceFields, version, "show"), [...old, "forced_down"])
  })

  it.effect("are listed and filtered; one for each host", () =>
    Effect.gen(function*() {
      const ask = yield* operators
      const shown = (yield* ask("GET", "/os-services")).body as { services: Array<{ binary: string; host: string; state: string; zone: string }> }
      assert.deepStrictEqual(shown.services.map(({ binary, host, state, zone }) => [binary, host, state, zone]), [
        ["nova-scheduler", "kilonova", "up", "internal"],
        ["nova-conductor", "kilonova", "up", "internal"],
        ["nova-compute", "host-1", "up", "nova"],
        ["nova-compute", "host-2", "down", "nova"],
        ["nova-compute", "host-3", "up", "far"]
      ])
      assert.deepStrictEqual(rows(yield* ask("GET", "/os-services?host=host-1&binary=nova-compute", { version: "2.1" }), "services").map((row) => row["id"]), [3])
      assert.deepStrictEqual(rows(yield* ask("GET", "/os-services?host=host-1"), "services").map((row) => row["id"]), [service(1)])
      assert.strictEqual((yield* ask("GET", "/os-services", { token: asMember })).status, 403)
    }).pipe(Effect.provide(world)))

  it.effect("are disabled and forced down by UUID", () =>
    Effect.gen(function*() {
      const ask = yield* operators
      const update = (body: unknown, id = service(1)) => ask("PUT", `/os-services/${id}`, { body })
      const disabled = (yield* update({ status: "disabled", disabled_reason: "new disks" })).body as { service: Record<string, unknown> }
      assert.deepInclude(disabled.service, { status: "disabled", disabled_reason: "new disks", state: "up", forced_down: false })
      const down = (yield* update({ forced_down: "true" })).body as { service: Record<string, unknown> }
      assert.deepInclude(down.service, { status: "disabled", state: "down", forced_down: true })
      const enabled = (yield* update({ status: "enabled", forced_down: false })).body as { service: Record<string, unknown> }
      assert.deepInclude(enabled.service, { status: "enabled", disabled_reason: null, state: "up" })
      for (const body of [{}, { disabled_reason: "x" }, { status: "enabled", disabled_reason: "x" }, { status: "x" }]) {
        assert.strictEqual((yield* update(body)).status, 400)
      }
      assert.strictEqual((yield* update({ status: "enabled" }, "1")).status, 400)
      assert.strictEqual((yield* update({ status: "enabled" }, service(9))).status, 404)
      assert.strictEqual((yield* update({ status: "disabled" }, "4b494c4f-0000-4000-8000-000000000001")).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("were disabled and forced down by action", () =>
    Effect.gen(function*() {
      const ask = yield* operators
      const act = (action: string, more: object = {}, version = "2.11") =>
        ask("PUT", `/os-services/${action}`, { version, body: { host: "host-1", binary: "nova-compute", ...more } })
      assert.deepStrictEqual((yield* act("disable")).body, { service: { host: "host-1", binary: "nova-compute", status: "disabled" } })
      assert.deepStrictEqual((yield* act("disable-log-reason", { disabled_reason: "x" })).body, { service: { host: "host-1", binary: "nova-compute", status: "disabled", disabled_reason: "x" } })
      assert.strictEqual((yield* act("disable-log-reason")).status, 400)
      assert.deepStrictEqual((yield* act("enable")).body, { service: { host: "host-1", binary: "nova-compute", status: "enabled" } })
      assert.deepStrictEqual((yield* act("force-down", { forced_down: true })).body, { service: { host: "host-1", binary: "nova-compute", forced_down: true } })
      assert.strictEqual((yield* act("force-down", {}, "2.10")).status, 404)
      assert.strictEqual((yield* act("nonsense")).status, 404)
      assert.strictEqual((yield* act("toString")).status, 404)
      assert.strictEqual((yield* act("enable", { host: "nowhere" })).status, 404)
      assert.strictEqual((yield* act("enable", { binary: "nova-scheduler" })).status, 400)
    }).pipe(Effect.provide(world)))

  it.effect("are forgotten with their hypervisor", () =>
    Effect.gen(function*() {
      const ask = yield* operators
      assert.strictEqual((yield* ask("DELETE", "/os-services/x")).status, 400)
      assert.strictEqual((yield* ask("DELETE", `/os-services/${service(9)}`)).status, 404)
      assert.strictEqual((yield* ask("DELETE", `/os-services/${service(3)}`)).status, 204)
      assert.strictEqual((yield* ask("DELETE", "/os-services/4", { version: "2.52" })).status, 204)
      assert.deepStrictEqual(rows(yield* ask("GET", "/os-hypervisors"), "hypervisors").map((row) => row["hypervisor_hostname"]), ["host-1"])
    }).pipe(Effect.provide(world)))
})

describe("hypervisors", () => {
  it("show these keys at the edges of their versions", () => {
    const head = ["id", "hypervisor_hostname", "state", "status", "hypervisor_type", "hypervisor_version", "host_ip", "service"]
    const counts = ["vcpus", "memory_mb", "local_gb", "vcpus_used", "memory_mb_used", "local_gb_used", "free_ram_mb", "free_disk_gb", "current_workload", "running_vms", "disk_available_least", "cpu_info"]
    for (const version of [1, 27, 28, 52, 53, 87]) assert.deepStrictEqual(keysAt(hypervisorFields, version, "detail"), [...head, ...counts])
    assert.deepStrictEqual(keysAt(hypervisorFields, 88, "detail"), [...head, "uptime"])
    assert.deepStrictEqual(keysAt(hypervisorFields, 104, "index"), head.slice(0, 4))
  })

  it.effect("are listed, shown and counted", () =>
    Effect.gen(function*() {
      const ask = yield* operators
      for (const version of ["2.1", "2.28", "2.33", "2.53", "2.75", "2.88", "latest"]) {
        for (const path of ["/os-hypervisors", "/os-hypervisors/detail"]) {
          const listed = yield* ask("GET", path, { version })
          assert.deepStrictEqual(rows(listed, "hypervisors").map((row) => [row["hypervisor_hostname"], row["state"]]), [["host-1", "up"], ["host-2", "down"], ["host-3", "up"]])
        }
      }
      const old = (yield* ask("GET", "/os-hypervisors/1", { version: "2.27" })).body as { hypervisor: Record<string, unknown> }
      assert.deepInclude(old.hypervisor, { id: 1, free_ram_mb: 32_256, memory_mb_used: 512, vcpus: 16, running_vms: 0 })
      assert.include(old.hypervisor["cpu_info"] as string, "\"model\":\"Nehalem\"")
      const shown = (yield* ask("GET", `/os-hypervisors/${hypervisor(1)}?with_servers=true`)).body as { hypervisor: Record<string, unknown> }
      assert.deepInclude(shown.hypervisor, { id: hypervisor(1), uptime: null, servers: [] })
      const statistics = (yield* ask("GET", "/os-hypervisors/statistics", { version: "2.87" })).body as { hypervisor_statistics: Record<string, unknown> }
      assert.deepInclude(statistics.hypervisor_statistics, { count: 3, vcpus: 48, local_gb: 1500 })
    }).pipe(Effect.provide(world)))

  it.effect("are found by name and page", () =>
    Effect.gen(function*() {
      const ask = yield* operators
      const status = (path: string, version = "latest") => Effect.map(ask("GET", path, { version }), (answer) => answer.status)
      const found = yield* ask("GET", "/os-hypervisors?hypervisor_hostname_pattern=ST-2")
      assert.deepStrictEqual(rows(found, "hypervisors").map((row) => row["id"]), [hypervisor(2)])
      assert.deepStrictEqual(rows(yield* ask("GET", "/os-hypervisors/st-2/search", { version: "2.52" }), "hypervisors").map((row) => row["id"]), [2])
      assert.deepStrictEqual(rows(yield* ask("GET", "/os-hypervisors/st-2/servers", { version: "2.52" }), "hypervisors").map((row) => Object.keys(row).length), [4])
      assert.strictEqual(yield* status("/os-hypervisors?hypervisor_hostname_pattern=none"), 404)
      assert.strictEqual(yield* status("/os-hypervisors?hypervisor_hostname_pattern=host&limit=1"), 400)
      assert.strictEqual(yield* status("/os-hypervisors/host/search"), 404)
      const page = yield* ask("GET", "/os-hypervisors?limit=1&marker=1", { version: "2.33" })
      assert.deepStrictEqual(rows(page, "hypervisors").map((row) => row["id"]), [2])
      assert.deepStrictEqual(rows(page, "hypervisors_links").map((row) => row["href"]), ["http://cloud.test/compute/v2.1/os-hypervisors?limit=1&marker=2"])
      assert.strictEqual(rows(yield* ask("GET", "/os-hypervisors?limit=1", { version: "2.32" }), "hypervisors").length, 3)
      assert.strictEqual(yield* status("/os-hypervisors?marker=x"), 400)
      assert.strictEqual(yield* status("/os-hypervisors/x"), 400)
      assert.strictEqual(yield* status(`/os-hypervisors/${hypervisor(9)}`), 404)
      assert.strictEqual(yield* status("/os-hypervisors/x", "2.52"), 404)
      assert.strictEqual(yield* status("/os-hypervisors/1/uptime", "2.52"), 501)
      assert.strictEqual(yield* status("/os-hypervisors/2/uptime", "2.52"), 400)
      assert.strictEqual(yield* status("/os-hypervisors/statistics"), 404)
    }).pipe(Effect.provide(world)))
})

describe("availability zones", () => {
  it.effect("are where the hosts are", () =>
    Effect.gen(function*() {
      const ask = yield* operators
      const zone = (zoneName: string, available: boolean) => ({ zoneName, zoneState: { available }, hosts: null })
      assert.deepStrictEqual((yield* ask("GET", "/os-availability-zone", { token: asMember })).body, { availabilityZoneInfo: [zone("far", true), zone("nova", true)] })
      yield* ask("PUT", `/os-services/${service(3)}`, { body: { status: "disabled" } })
      assert.deepStrictEqual((yield* ask("GET", "/os-availability-zone")).body, { availabilityZoneInfo: [zone("nova", true), zone("far", false)] })
      const detail = rows<{ zoneName: string; hosts: Record<string, object> | null }>(yield* ask("GET", "/os-availability-zone/detail"), "availabilityZoneInfo")
      assert.deepStrictEqual(detail.map((row) => [row.zoneName, Object.keys(row.hosts ?? {})]), [["internal", ["kilonova"]], ["nova", ["host-1", "host-2"]], ["far", []]])
      assert.strictEqual((yield* ask("GET", "/os-availability-zone/detail", { token: asMember })).status, 403)
    }).pipe(Effect.provide(world)))
})
