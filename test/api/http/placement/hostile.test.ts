/** Whatever a request is, the answer is Placement's own: never a 500, and no state that breaks a law. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as bodies from "../../../../src/api/http/placement/bodies.ts"
import { operations } from "../../../../src/api/http/placement/placementFace.ts"
import { atVersion, holds } from "../../../../src/api/http/Window.ts"
import { at, items } from "../../../fixtures/json.ts"
import { bodyFor, type Draw, pick, rawBodies, seeded, strangeTexts } from "../../../fixtures/mutate.ts"
import { type Ask, generationOf, makeAsk, makeDo, putHost, putProvider, putServer, said, uuid, world } from "./world.ts"

type Row = (typeof operations)[number]
const perRow = 60
const newest = 39

const schemas: Readonly<Record<string, (typeof bodies)["newProvider"]>> = {
  "POST /resource_providers": bodies.newProvider,
  "PUT /resource_providers/:uuid": bodies.changedProvider,
  "POST /resource_providers/:uuid/inventories": bodies.newInventory,
  "PUT /resource_providers/:uuid/inventories": bodies.allInventories,
  "PUT /resource_providers/:uuid/inventories/:resource": bodies.changedInventory,
  "PUT /resource_providers/:uuid/aggregates": bodies.providerAggregates,
  "PUT /resource_providers/:uuid/traits": bodies.providerTraits,
  "POST /allocations": bodies.manyConsumers,
  "PUT /allocations/:consumer": bodies.oneConsumer,
  "POST /resource_classes": bodies.resourceClass,
  "PUT /resource_classes/:name": bodies.resourceClass,
  "POST /reshaper": bodies.reshaper
}

/** Bodies that are right but for what has been changed in them since. */
const right = (draw: Draw, generations: ReadonlyArray<number>): Readonly<Record<string, unknown>> => {
  const generation = pick(draw, [...generations, 0, -1, 1e300])
  const amount = pick(draw, [1, 2, 1e300, 2147483647])
  const inventory = { total: amount, reserved: pick(draw, [0, 1]), allocation_ratio: pick(draw, [1, 1e-300, -1, 3.4e38]) }
  const classes = { VCPU: inventory, [pick(draw, ["MEMORY_MB", "CUSTOM_A", "NO_SUCH"])]: inventory }
  const consumer = {
    allocations: { [pick(draw, [uuid(1), uuid(2), uuid(9)])]: { resources: { [pick(draw, ["VCPU", "CUSTOM_A", "MEMORY_MB"])]: amount } } },
    project_id: "p", user_id: "u", consumer_generation: pick(draw, [null, 1, 2]), consumer_type: "X"
  }
  const set = { resource_provider_generation: generation, inventories: classes }
  return {
    "PUT /resource_providers/:uuid": { name: pick(draw, ["host-1", "rp-2", "x"]), parent_provider_uuid: pick(draw, [null, uuid(1), uuid(2), uuid(3)]) },
    "POST /resource_providers/:uuid/inventories": { resource_class: "CUSTOM_A", ...inventory },
    "PUT /resource_providers/:uuid/inventories": set,
    "PUT /resource_providers/:uuid/inventories/:resource": { resource_provider_generation: generation, ...inventory },
    "PUT /resource_providers/:uuid/traits": { resource_provider_generation: generation, traits: [pick(draw, ["CUSTOM_T", "HW_CPU_X86_VMX", "x"])] },
    "PUT /resource_providers/:uuid/aggregates": { resource_provider_generation: generation, aggregates: [uuid(70)] },
    "PUT /allocations/:consumer": consumer,
    "POST /allocations": { [uuid(50)]: consumer, [pick(draw, [uuid(51), uuid(2001)])]: consumer },
    "POST /reshaper": { inventories: { [pick(draw, [uuid(1), uuid(2), uuid(3)])]: set }, allocations: { [uuid(50)]: consumer } }
  }
}

const known = [uuid(1), uuid(2), uuid(3), uuid(9), uuid(50), uuid(2001), "VCPU", "CUSTOM_A", "CUSTOM_T", "HW_CPU_X86_VMX"]
const values = [
  "VCPU:1", "VCPU:1,MEMORY_MB:5", "VCPU:99999999999999999999", "CUSTOM_A:1", "in:HW_CPU_X86_VMX,CUSTOM_T", "!CUSTOM_T", "in:", "!", ",", uuid(1),
  `in:${uuid(1)},${uuid(70)}`, `!in:${uuid(70)}`, "none", "isolate", "1", "0", "_A,_B", "p", "all", "startswith:CUSTOM_", "true"
]
const keys = [
  "resources", "resources1", "resources_A", "resources_B", "required", "required_A", "member_of", "member_of_A", "in_tree", "in_tree_A", "limit",
  "group_policy", "root_required", "same_subtree", "name", "uuid", "project_id", "user_id", "consumer_type", "associated", "__proto__", "resources__proto__"
]

/** As they stand: nobody encoded them. */
const rawQueries = [
  "?%", "?%ff=%ff", "?a=%zz", "?&&=&", "?resources=%0aVCPU:1", "?resources=VCPU:\uff11", "?limit=9".padEnd(400, "9"), `?required=${"!".repeat(500)}`,
  `?required=in:${"A,".repeat(500)}`, `?same_subtree=${",".repeat(500)}`, `?resources=${"VCPU:1,".repeat(500)}VCPU:1`, "?limit=x&limit=1&resources=VCPU:1"
]

const queryFor = (draw: Draw): string => {
  if (draw() < 0.06) return pick(draw, rawQueries)
  const pairs = Array.from({ length: Math.floor(draw() * 5) }, () =>
    `${encodeURIComponent(pick(draw, keys))}=${draw() < 0.05 ? "%ff" : encodeURIComponent((pick(draw, [...values, ...values, ...strangeTexts]) as string).toWellFormed())}`)
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

const versionFor = (draw: Draw, { since = 0, until = newest }: Row): number =>
  Math.min(newest, Math.max(0, pick(draw, [since, since - 1, until, until + 1, newest, newest, newest, Math.floor(draw() * newest)])))

const bodyOf = (draw: Draw, row: Row, version: number, generations: ReadonlyArray<number>): unknown => {
  if (row.method === "GET" || row.method === "DELETE") return undefined
  const name = `${row.method} ${row.path}`
  const mine = right(draw, generations)[name]
  if (draw() < 0.5 && mine !== undefined) return mine
  if (draw() < 0.1) return pick(draw, rawBodies)
  const schema = schemas[name] === undefined ? {} : atVersion(schemas[name]!, holds(row, version) ? version : row.since ?? 0)
  return bodyFor(draw, schema ?? {})
}

/** Laws of the state, whatever was asked. */
const checkLaws = Effect.fnUntraced(function*(ask: Ask) {
  const providers = items((yield* ask("/resource_providers")).body, "resource_providers")
  const uuids = providers.map((each) => String(at(each, "uuid")))
  for (const each of providers) {
    const own = String(at(each, "uuid"))
    const parent = at(each, "parent_provider_uuid")
    assert.isTrue(parent === null ? at(each, "root_provider_uuid") === own : uuids.includes(String(parent)), `${own} has a place`)
    const usages = at((yield* ask(`/resource_providers/${own}/usages`)).body, "usages") as Readonly<Record<string, number>>
    const allocations = at((yield* ask(`/resource_providers/${own}/allocations`)).body, "allocations") as Readonly<Record<string, unknown>>
    const sums: Record<string, number> = Object.fromEntries(Object.keys(usages).map((name) => [name, 0]))
    for (const held of Object.values(allocations)) {
      for (const [name, amount] of Object.entries(at(held, "resources") as Readonly<Record<string, number>>)) sums[name] = (sums[name] ?? NaN) + amount
    }
    assert.deepStrictEqual(usages, sums, `${own} gives what its consumers hold, of what it has`)
  }
})

describe("hostile requests", () => {
  it.effect("are answered at every row, and break no law", () =>
    Effect.gen(function*() {
      const act = yield* makeDo
      const ask = yield* makeAsk
      yield* putHost(1)
      yield* putServer(1)
      yield* putProvider(act, 2, { VCPU: 8, CUSTOM_A: 8 })
      yield* putProvider(act, 3, { VCPU: 8 }, 2)
      yield* act("PUT /traits/CUSTOM_T")
      const failed: Array<string> = []
      const statuses = new Map<number, number>()
      for (const [index, row] of operations.entries()) {
        const draw = seeded(index + 1)
        for (let turn = 0; turn < perRow; turn++) {
          const generations = yield* Effect.all([1, 2, 3].map((number) => generationOf(act, number)))
          const version = versionFor(draw, row)
          const path = row.path.replaceAll(/:\w+/g, () =>
            encodeURIComponent((draw() < 0.8 ? pick(draw, known) : pick(draw, strangeTexts) as string).toWellFormed()))
          const body = bodyOf(draw, row, version, generations)
          const answer = yield* ask(`${path}${queryFor(draw)}`, `1.${version}`, {
            method: row.method, token: pick(draw, ["admin", "admin", "service", "service", "reader"]), ...(body === undefined ? {} : { body })
          })
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          if (answer.status >= 500) failed.push(`${row.method} ${path} 1.${version} ${JSON.stringify(body)?.slice(0, 300)} → ${said(answer)}`)
          if (answer.status >= 400) assert.isString(at(answer.body, "errors.0.detail"), `${row.method} ${path}`)
        }
        yield* checkLaws(ask)
      }
      assert.deepStrictEqual(failed, [])
      for (const status of [200, 204, 400, 403, 404, 409]) assert.isAbove(statuses.get(status) ?? 0, 0, `some answers are ${status}`)
    }).pipe(Effect.provide(world)), 60_000)
})
