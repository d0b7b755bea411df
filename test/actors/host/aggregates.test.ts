/** Aggregates and the zones of their hosts, over the true services and an empty cloud in memory. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { hosts } from "../../../src/actors/host/Host.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import { addHosts, asMember, makeAsk, world } from "../../fixtures/compute.ts"
import { server } from "../../fixtures/servers.ts"
import { put } from "../../api/http/compute/servers/world.ts"

const start = Effect.gen(function*() {
  yield* addHosts
  const ask = yield* makeAsk
  const records = yield* Records
  const make = (name: string, zone?: string) =>
    ask("POST", "/os-aggregates", { body: { aggregate: { name, ...(zone === undefined ? {} : { availability_zone: zone }) } } })
  const act = (id: number, action: string, argument: unknown) => ask("POST", `/os-aggregates/${id}/action`, { body: { [action]: argument } })
  const zoneOf = (hostname: string) => records.get(hosts, hostname)?.availabilityZone
  return { ask, make, act, zoneOf }
})

describe("host aggregates", () => {
  it.effect("give their hosts their zone, and take it back", () =>
    Effect.gen(function*() {
      const { act, ask, make, zoneOf } = yield* start
      yield* make("a", "london")
      assert.strictEqual((yield* act(1, "add_host", { host: "host-1" })).status, 200)
      assert.strictEqual(zoneOf("host-1"), "london")
      yield* ask("PUT", "/os-aggregates/1", { body: { aggregate: { availability_zone: "paris" } } })
      assert.strictEqual(zoneOf("host-1"), "paris")
      yield* act(1, "remove_host", { host: "host-1" })
      assert.strictEqual(zoneOf("host-1"), "nova")
    }).pipe(Effect.provide(world)))

  it.effect("refuse a host a second zone, twice the same host, and a name that is taken", () =>
    Effect.gen(function*() {
      const { act, ask, make, zoneOf } = yield* start
      yield* make("a", "london")
      yield* make("b", "paris")
      yield* make("c")
      yield* act(1, "add_host", { host: "host-1" })
      assert.strictEqual((yield* act(2, "add_host", { host: "host-1" })).status, 409)
      assert.strictEqual((yield* act(3, "add_host", { host: "host-1" })).status, 200)
      assert.strictEqual((yield* act(3, "add_host", { host: "host-1" })).status, 409)
      assert.strictEqual((yield* act(3, "set_metadata", { metadata: { availability_zone: "paris" } })).status, 400)
      assert.strictEqual((yield* make("a")).status, 409)
      assert.strictEqual((yield* ask("PUT", "/os-aggregates/2", { body: { aggregate: { name: "a" } } })).status, 409)
      assert.strictEqual(zoneOf("host-1"), "london")
    }).pipe(Effect.provide(world)))

  it.effect("move no server to another zone", () =>
    Effect.gen(function*() {
      const { act, make, zoneOf } = yield* start
      yield* put(server({ host: "host-1", availabilityZone: "nova" }))
      yield* make("a", "london")
      assert.strictEqual((yield* act(1, "add_host", { host: "host-1" })).status, 409)
      assert.strictEqual(zoneOf("host-1"), "nova")
    }).pipe(Effect.provide(world)))

  it.effect("answer what is not there, is not empty, is no number, or is for administrators", () =>
    Effect.gen(function*() {
      const { act, ask, make } = yield* start
      yield* make("a")
      yield* act(1, "add_host", { host: "host-1" })
      const statuses = yield* Effect.all([
        act(1, "add_host", { host: "nope" }), act(1, "remove_host", { host: "host-2" }), ask("GET", "/os-aggregates/7"),
        ask("GET", "/os-aggregates/x"), ask("DELETE", "/os-aggregates/1"), ask("GET", "/os-aggregates", { token: asMember })
      ])
      assert.deepStrictEqual(statuses.map(({ status }) => status), [404, 404, 404, 400, 400, 403])
      yield* act(1, "set_metadata", { metadata: { a: "b", c: "d" } })
      const { body } = yield* act(1, "set_metadata", { metadata: { a: null } })
      assert.deepInclude((body as { readonly aggregate: object }).aggregate, { metadata: { c: "d" }, hosts: ["host-1"] })
      yield* act(1, "remove_host", { host: "host-1" })
      assert.strictEqual((yield* ask("DELETE", "/os-aggregates/1")).status, 200)
    }).pipe(Effect.provide(world)))
})
