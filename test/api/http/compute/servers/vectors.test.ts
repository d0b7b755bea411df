/** Every recorded verdict of the reference on bodies and query strings of these routes. */
import { assert, describe, it } from "vitest"
import { serverRoutes } from "../../../../../src/api/http/compute/servers/routes.ts"
import { holds } from "../../../../../src/api/http/Window.ts"
import { hasShared, readLines, readShared } from "../../../../fixtures/shared.ts"

type Path = ReadonlyArray<string | number>
type Mutation = readonly [op: "del" | "add" | "set", path: Path, value: unknown, accepted: boolean]
interface BodyGroup {
  readonly method: string
  readonly path: string
  readonly action: string
  readonly microversion: string
  readonly base: string | null
  readonly base_body: unknown
  readonly samples: ReadonlyArray<{ readonly s: string | null; readonly b: unknown; readonly ok: boolean }>
  readonly mutations: ReadonlyArray<Mutation>
}
interface QueryGroup {
  readonly method: string
  readonly path: string
  readonly microversion: string
  readonly tests: ReadonlyArray<readonly [Record<string, ReadonlyArray<string>>, boolean]>
}

const shape = (path: string) => path.replaceAll(/\{[^}]+\}|:\w+/g, "*")
const versionOf = (text: string) => Number(text.split(".")[1])
const rowFor = (method: string, path: string, action: string, version: number) =>
  serverRoutes.find((row) =>
    row.method === method && shape(row.path) === shape(path) && (row.action ?? "") === action && holds(row, version)
  )
const sample = (file: string): unknown => JSON.parse(readShared(`nova-api/samples/${file}`))

const mutate = (base: unknown, [op, path, value]: Mutation): unknown => {
  if (path.length === 0) return value
  const copy = structuredClone(base)
  const parent = path.slice(0, -1).reduce((node, step) => (node as Record<string | number, unknown>)[step], copy as unknown)
  const last = path.at(-1)!
  if (op === "del") delete (parent as Record<string | number, unknown>)[last]
  else (parent as Record<string | number, unknown>)[last] = value
  return copy
}

const bodyGroups = hasShared ? readLines<BodyGroup>("nova-api/vectors/request-schema.jsonl") : []
const queryGroups = hasShared ? readLines<QueryGroup>("nova-api/vectors/query-schema.jsonl") : []

describe.skipIf(bodyGroups.length === 0)("request bodies (needs the reference data)", () => {
  const groups = bodyGroups.flatMap((group) => {
    const version = versionOf(group.microversion)
    const row = rowFor(group.method, group.path, group.action, version)
    return row?.bodyAt == null ? [] : [{ group, check: row.bodyAt(version).check, title: `${group.path} ${group.action} ${group.microversion}` }]
  })
  it.each(groups.map((one) => [one.title, one] as const))("%s", (_, { check, group }) => {
    const base = group.base === null ? group.base_body : sample(group.base)
    const cases = [
      ...group.samples.map((one) => ({ body: one.s === null ? one.b : sample(one.s), ok: one.ok, what: one.s })),
      ...group.mutations.map((mutation) => ({ body: mutate(base, mutation), ok: mutation[3], what: mutation.slice(0, 3) }))
    ]
    assert.deepStrictEqual(
      cases.flatMap(({ body, ok, what }) => (check(structuredClone(body)) === null) === ok ? [] : [{ what, expected: ok }]),
      []
    )
  })
  it("covers the routes of servers", () => assert.isAtLeast(groups.length, 31))
})

describe.skipIf(queryGroups.length === 0)("query strings (needs the reference data)", () => {
  const groups = queryGroups.flatMap((group) => {
    const version = versionOf(group.microversion)
    const row = rowFor(group.method, group.path, "", version)
    return row?.queryAt == null ? [] : [{ group, check: row.queryAt(version).check, title: `${group.path} ${group.microversion}` }]
  })
  it.each(groups.map((one) => [one.title, one] as const))("%s", (_, { check, group }) =>
    assert.deepStrictEqual(
      group.tests.flatMap(([query, ok]) => (check(structuredClone(query)) === null) === ok ? [] : [{ query, expected: ok }]),
      []
    ))
  it("covers the routes of servers", () => assert.isAtLeast(groups.length, 30))
})
