/** What the face takes, held against the routes, policies and schemas of the reference. */
import { assert, describe, it } from "vitest"
import * as bodies from "../../../../src/api/http/placement/bodies.ts"
import type { Bodies } from "../../../../src/api/http/placement/checkBody.ts"
import { operations } from "../../../../src/api/http/placement/placementFace.ts"
import { policies } from "../../../../src/api/http/placement/policies.ts"
import { candidatesQuery, providersQuery, type QueryRow, traitsQuery, usagesQuery } from "../../../../src/api/http/placement/queries.ts"
import { atVersion, holds } from "../../../../src/api/http/Window.ts"
import { hasShared, readShared } from "../../../fixtures/shared.ts"

type Schema = Readonly<Record<string, unknown>>
const table = (file: string) => readShared(`nova-api/${file}`).trim().split("\n").slice(1).map((line) => line.split("\t"))
const schemasOf = (file: string) => JSON.parse(readShared(`nova-api/placement-schemas/${file}.json`)) as Readonly<Record<string, Schema>>

const bodiesByName: ReadonlyArray<readonly [file: string, name: string, ours: Bodies, from: number, to: number]> = [
  ["resource_provider", "POST_RESOURCE_PROVIDER_SCHEMA", bodies.newProvider, 0, 13],
  ["resource_provider", "POST_RP_SCHEMA_V1_14", bodies.newProvider, 14, 39],
  ["resource_provider", "PUT_RESOURCE_PROVIDER_SCHEMA", bodies.changedProvider, 0, 13],
  ["resource_provider", "PUT_RP_SCHEMA_V1_14", bodies.changedProvider, 14, 39],
  ["inventory", "POST_INVENTORY_SCHEMA", bodies.newInventory, 0, 39],
  ["inventory", "BASE_INVENTORY_SCHEMA", bodies.changedInventory, 0, 39],
  ["inventory", "PUT_INVENTORY_SCHEMA", bodies.allInventories, 0, 39],
  ["resource_class", "POST_RC_SCHEMA_V1_2", bodies.resourceClass, 2, 39],
  ["trait", "SET_TRAITS_FOR_RP_SCHEMA", bodies.providerTraits, 6, 39],
  ["aggregate", "PUT_AGGREGATES_SCHEMA_V1_1", bodies.providerAggregates, 1, 18],
  ["aggregate", "PUT_AGGREGATES_SCHEMA_V1_19", bodies.providerAggregates, 19, 39],
  ["allocation", "ALLOCATION_SCHEMA", bodies.oneConsumer, 0, 7],
  ["allocation", "ALLOCATION_SCHEMA_V1_8", bodies.oneConsumer, 8, 11],
  ["allocation", "ALLOCATION_SCHEMA_V1_12", bodies.oneConsumer, 12, 27],
  ["allocation", "ALLOCATION_SCHEMA_V1_28", bodies.oneConsumer, 28, 33],
  ["allocation", "ALLOCATION_SCHEMA_V1_34", bodies.oneConsumer, 34, 37],
  ["allocation", "ALLOCATION_SCHEMA_V1_38", bodies.oneConsumer, 38, 39],
  ["allocation", "POST_ALLOCATIONS_V1_13", bodies.manyConsumers, 13, 27],
  ["allocation", "POST_ALLOCATIONS_V1_28", bodies.manyConsumers, 28, 33],
  ["allocation", "POST_ALLOCATIONS_V1_34", bodies.manyConsumers, 34, 37],
  ["allocation", "POST_ALLOCATIONS_V1_38", bodies.manyConsumers, 38, 39],
  ["reshaper", "POST_RESHAPER_SCHEMA", bodies.reshaper, 30, 33],
  ["reshaper", "POST_RESHAPER_SCHEMA_V1_34", bodies.reshaper, 34, 37],
  ["reshaper", "POST_RESHAPER_SCHEMA_V1_38", bodies.reshaper, 38, 39]
]

/** Without order, and without what says nothing: a rule of objects on numbers, that a minimum is 0, that anything else is an object. */
const normal = (schema: unknown): unknown => {
  if (typeof schema !== "object" || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(normal)
  const { additionalProperties: others, minProperties, required, ...rest } = schema as Schema
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, normal(value)])),
    ...(required === undefined ? {} : { required: (required as ReadonlyArray<string>).toSorted() }),
    ...(minProperties === undefined || minProperties === 0 ? {} : { minProperties }),
    ...(others === false && rest["type"] === "object" ? { additionalProperties: false } : {})
  }
}

describe.runIf(hasShared)("the placement face and the reference", () => {
  it("have the same routes", () => {
    const first = (rows: Iterable<readonly [route: string, since: number]>) => {
      const least = new Map<string, number>()
      for (const [route, since] of rows) least.set(route, Math.min(since, least.get(route) ?? Infinity))
      return [...least].toSorted()
    }
    const theirs = table("placement-routes.tsv").filter(([, path]) => path!.startsWith("/"))
      .map(([method, path, min]) => [`${method} ${path!.replaceAll(/\{\w+\}/g, ":")}`, Number(min!.slice(2))] as const)
    assert.deepStrictEqual(first(operations.map(({ method, path, since = 0 }) => [`${method} ${path.replaceAll(/:\w+/g, ":")}`, since])), first(theirs))
  })

  it("have the same policies", () => {
    assert.deepStrictEqual({ ...policies }, Object.fromEntries(table("placement-policies.tsv").map(([rule, check]) => [rule, check])))
  })

  for (const [file, name, ours, from, to] of bodiesByName) {
    it(`take the body ${name}`, () => {
      const theirs = normal(schemasOf(file)[name])
      for (const version of [from, to]) assert.deepStrictEqual(normal(atVersion(ours, version)), theirs, `1.${version}`)
    })
  }

  it("take the same queries", () => {
    const shown = (rows: ReadonlyArray<QueryRow>, version: number) => {
      const now = rows.filter((row) => holds(row, version))
      const single = now.filter(({ key, suffix }) => suffix === undefined && !now.some((other) => other.key === key && other.suffix !== undefined))
      return {
        properties: Object.fromEntries(single.map(({ key, rules = {} }) => [key, rules])),
        groups: now.flatMap(({ key, suffix }) => suffix === undefined ? [] : [`^${key}(${suffix.source.slice(1, -1)})?$`]).toSorted(),
        required: now.filter(({ isRequired }) => isRequired).map(({ key }) => key)
      }
    }
    const theirs = (schema: Schema) => ({
      properties: Object.fromEntries(Object.entries(schema["properties"] as Readonly<Record<string, Schema>>).map(([key, { type: _, minimum: __, ...rules }]) => {
        // A number's own rule: the pattern says as much.
        if (key === "limit") delete (rules as Record<string, unknown>)["minLength"]
        return [key, rules]
      })),
      groups: Object.keys((schema["patternProperties"] ?? {}) as object).toSorted(),
      required: (schema["required"] ?? []) as ReadonlyArray<string>
    })
    const rows: ReadonlyArray<readonly [file: string, name: string, ours: ReadonlyArray<QueryRow>, from: number, to: number]> = [
      ...([[0, 2], [3, 3], [4, 13], [14, 17], [18, 39]] as const).map(([from, to]) => ["resource_provider", `GET_RPS_SCHEMA_1_${from}`, providersQuery, from, to] as const),
      ...([[10, 15], [16, 16], [17, 20], [21, 24], [25, 30], [31, 32], [33, 34], [35, 35], [36, 39]] as const)
        .map(([from, to]) => ["allocation_candidate", `GET_SCHEMA_1_${from}`, candidatesQuery, from, to] as const),
      ["trait", "LIST_TRAIT_SCHEMA", traitsQuery, 6, 39],
      ["usage", "GET_USAGES_SCHEMA_1_9", usagesQuery, 9, 37],
      ["usage", "GET_USAGES_SCHEMA_V1_38", usagesQuery, 38, 39]
    ]
    for (const [file, name, ours, from, to] of rows) {
      for (const version of [from, to]) assert.deepStrictEqual(shown(ours, version), theirs(schemasOf(file)[name]!), `${name} at 1.${version}`)
    }
  })
})
