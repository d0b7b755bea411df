/** Every route of Placement from its first version to its last: there, under its policy, and not before. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { operations } from "../../../../src/api/http/placement/placementFace.ts"
import { policies } from "../../../../src/api/http/placement/policies.ts"
import { makeDo, putHost, putProvider, said, uuid, world } from "./world.ts"

interface Route {
  readonly route: string
  readonly since: number
  readonly until?: number
  /** Status at the first and at the last version. */
  readonly status: readonly [first: number, last: number]
  /** Before its first version, where that is no 404. */
  readonly before?: number
  readonly path?: string
  readonly body?: (version: number) => unknown
  readonly token?: string
}

const provider = `/resource_providers/${uuid(1)}`
const resources = { VCPU: 1 }
const listed = [{ resource_provider: { uuid: uuid(1) }, resources }]
const owner = { project_id: "p", user_id: "u" }
const consumer = (version: number, generation: number | null = null) => ({
  ...(version >= 8 ? owner : {}),
  allocations: version >= 12 ? { [uuid(1)]: { resources } } : listed,
  ...(version >= 28 ? { consumer_generation: generation } : {}),
  ...(version >= 38 ? { consumer_type: "X" } : {})
})
const generation = { resource_provider_generation: 2 }

const routes: ReadonlyArray<Route> = [
  { route: "GET /", since: 0, status: [200, 200] },
  { route: "GET /resource_classes", since: 2, status: [200, 200] },
  { route: "POST /resource_classes", since: 2, status: [201, 201], body: () => ({ name: "CUSTOM_NEW" }) },
  { route: "GET /resource_classes/:name", since: 2, status: [200, 200], path: "/resource_classes/VCPU" },
  { route: "PUT /resource_classes/:name", since: 2, until: 6, status: [200, 200], path: "/resource_classes/CUSTOM_OLD", body: () => ({ name: "CUSTOM_NEW" }) },
  { route: "PUT /resource_classes/:name", since: 7, status: [201, 201], path: "/resource_classes/CUSTOM_NEW", before: 415 },
  { route: "DELETE /resource_classes/:name", since: 2, status: [204, 204], path: "/resource_classes/CUSTOM_OLD" },
  { route: "GET /resource_providers", since: 0, status: [200, 200] },
  { route: "POST /resource_providers", since: 0, status: [201, 200], body: () => ({ name: "new" }) },
  { route: "GET /resource_providers/:uuid", since: 0, status: [200, 200], path: provider },
  { route: "DELETE /resource_providers/:uuid", since: 0, status: [204, 204], path: provider },
  { route: "PUT /resource_providers/:uuid", since: 0, status: [200, 200], path: provider, body: () => ({ name: "new" }) },
  { route: "GET /resource_providers/:uuid/inventories", since: 0, status: [200, 200], path: `${provider}/inventories` },
  { route: "POST /resource_providers/:uuid/inventories", since: 0, status: [201, 201], path: `${provider}/inventories`, body: () => ({ resource_class: "VGPU", total: 1 }) },
  { route: "PUT /resource_providers/:uuid/inventories", since: 0, status: [200, 200], path: `${provider}/inventories`, body: () => ({ ...generation, inventories: {} }) },
  { route: "DELETE /resource_providers/:uuid/inventories", since: 5, status: [204, 204], path: `${provider}/inventories`, before: 405 },
  { route: "GET /resource_providers/:uuid/inventories/:resource", since: 0, status: [200, 200], path: `${provider}/inventories/VCPU` },
  { route: "PUT /resource_providers/:uuid/inventories/:resource", since: 0, status: [200, 200], path: `${provider}/inventories/VCPU`, body: () => ({ ...generation, total: 1 }) },
  { route: "DELETE /resource_providers/:uuid/inventories/:resource", since: 0, status: [204, 204], path: `${provider}/inventories/VCPU` },
  { route: "GET /resource_providers/:uuid/usages", since: 0, status: [200, 200], path: `${provider}/usages` },
  { route: "GET /resource_providers/:uuid/aggregates", since: 1, status: [200, 200], path: `${provider}/aggregates` },
  {
    route: "PUT /resource_providers/:uuid/aggregates", since: 1, status: [200, 200], path: `${provider}/aggregates`,
    body: (version) => version >= 19 ? { ...generation, aggregates: [uuid(9)] } : [uuid(9)]
  },
  { route: "GET /resource_providers/:uuid/allocations", since: 0, status: [200, 200], path: `${provider}/allocations` },
  { route: "POST /allocations", since: 13, status: [204, 204], body: (version) => ({ [uuid(50)]: consumer(version) }) },
  { route: "GET /allocations/:consumer", since: 0, status: [200, 200], path: `/allocations/${uuid(51)}` },
  { route: "PUT /allocations/:consumer", since: 0, status: [204, 204], path: `/allocations/${uuid(50)}`, body: (version) => consumer(version) },
  { route: "DELETE /allocations/:consumer", since: 0, status: [204, 204], path: `/allocations/${uuid(51)}` },
  { route: "GET /allocation_candidates", since: 10, status: [200, 200], path: "/allocation_candidates?resources=VCPU:1" },
  { route: "GET /traits", since: 6, status: [200, 200] },
  { route: "GET /traits/:name", since: 6, status: [204, 204], path: "/traits/CUSTOM_OLD" },
  { route: "PUT /traits/:name", since: 6, status: [201, 201], path: "/traits/CUSTOM_NEW" },
  { route: "DELETE /traits/:name", since: 6, status: [204, 204], path: "/traits/CUSTOM_OLD" },
  { route: "GET /resource_providers/:uuid/traits", since: 6, status: [200, 200], path: `${provider}/traits` },
  { route: "PUT /resource_providers/:uuid/traits", since: 6, status: [200, 200], path: `${provider}/traits`, body: () => ({ ...generation, traits: ["CUSTOM_OLD"] }) },
  { route: "DELETE /resource_providers/:uuid/traits", since: 6, status: [204, 204], path: `${provider}/traits` },
  { route: "GET /usages", since: 9, status: [200, 200], path: "/usages?project_id=p" },
  {
    route: "POST /reshaper", since: 30, status: [204, 204], token: "service",
    body: (version) => ({ inventories: { [uuid(1)]: { ...generation, inventories: { VCPU: { total: 1 } } } }, allocations: { [uuid(50)]: consumer(version) } })
  }
]

const newest = 39
const pathOf = ({ path, route }: Route) => path ?? route.split(" ")[1]!
const methodOf = ({ route }: Route) => route.split(" ")[0]!

/** A provider at generation 2, a consumer of another one, a trait and a class of nobody. */
const setUp = Effect.gen(function*() {
  const act = yield* makeDo
  yield* putProvider(act, 1, { VCPU: 8 })
  yield* act(`PUT ${provider}/aggregates`, { aggregates: [], resource_provider_generation: 1 })
  yield* putHost(2)
  yield* act(`PUT /allocations/${uuid(51)}`, { ...consumer(newest), allocations: { [uuid(2)]: { resources } } })
  yield* act("PUT /traits/CUSTOM_OLD")
  yield* act("PUT /resource_classes/CUSTOM_OLD")
  return act
})

describe("operations", () => {
  it("are those of Placement, in its versions", () => {
    const expected = routes.map(({ route, since, until }) => `${route} ${since}-${until ?? ""}`).toSorted()
    assert.deepStrictEqual(operations.map(({ method, path, since = 0, until }) => `${method} ${path} ${since}-${until ?? ""}`).toSorted(), expected)
  })

  it("each ask a policy of their own name", () => {
    for (const { method, path, policy } of operations) {
      if (policy !== null) assert.property(policies, policy, `${method} ${path}`)
    }
    const named = new Set(operations.map(({ policy }) => policy))
    assert.deepStrictEqual(Object.keys(policies).filter((name) => name.startsWith("placement:") && !named.has(name)), [])
  })

  for (const each of routes) {
    const ask = (version: number, token = each.token ?? "admin") =>
      Effect.gen(function*() {
        const act = yield* setUp
        return yield* act(`${methodOf(each)} ${pathOf(each)}`, each.body?.(version), `1.${version}`, token)
      }).pipe(Effect.provide(world))
    const last = each.until ?? newest

    it.effect(`${each.route} is there from 1.${each.since} to 1.${last}`, () =>
      Effect.gen(function*() {
        for (const [index, version] of [each.since, last].entries()) {
          const answer = yield* ask(version)
          assert.strictEqual(said(answer), String(each.status[index]), `1.${version}`)
          assert.strictEqual(answer.headers["openstack-api-version"], `placement 1.${version}`)
          assert.strictEqual(answer.headers["vary"], "openstack-api-version")
        }
        if (each.since > 0) assert.strictEqual((yield* ask(each.since - 1)).status, each.before ?? 404)
        if (methodOf(each) === "GET") return
        assert.match(said(yield* ask(last, "reader")), /^403 .*placement:/)
      }))

    if (each.body === undefined) continue
    it.effect(`${each.route} says that it takes JSON alone`, () =>
      Effect.gen(function*() {
        const act = yield* setUp
        const answer = yield* act(`${methodOf(each)} ${pathOf(each)}`, undefined, `1.${last}`, each.token)
        assert.match(said(answer), /^415 .*(None|application\/json)/)
      }).pipe(Effect.provide(world)))
  }
})
