/** What the reference said of mutated bodies and query strings, for every route there is: each verdict must be ours too. */
import { assert, describe, it } from "vitest"
import { operations } from "../../../../src/api/http/compute/allOperations.ts"
import { holds } from "../../../../src/api/http/Window.ts"
import { hasShared, readLines, readShared } from "../../../fixtures/shared.ts"

interface BodyGroup {
  readonly method: string
  readonly path: string
  readonly action: string
  readonly microversion: string
  readonly base: string | null
  readonly base_body: unknown
  readonly samples: ReadonlyArray<{ readonly s: string | null; readonly b: unknown; readonly ok: boolean }>
  readonly mutations: ReadonlyArray<readonly [op: string, path: ReadonlyArray<string | number>, value: unknown, ok: boolean]>
}
interface QueryGroup {
  readonly method: string
  readonly path: string
  readonly action?: string
  readonly microversion: string
  readonly tests: ReadonlyArray<readonly [query: Record<string, Array<string>>, ok: boolean]>
}

const shape = (path: string) => path.replaceAll(/\{\w+\}|:\w+/g, "*")
const minorOf = (version: string) => Number(version.split(".")[1])

/** What is gone refuses everything alike. */
const gone = 410

const rowFor = (method: string, path: string, action: string, version: number) =>
  operations.find((row) =>
    row.method === method && row.statusAt(version) !== gone && shape(row.path) === shape(path) && (row.action ?? "") === action && holds(row, version)
  )

const sample = (name: string): unknown => JSON.parse(readShared(`nova-api/samples/${name}`))

const mutated = (base: unknown, [op, path, value]: BodyGroup["mutations"][number]): unknown => {
  if (path.length === 0) return value
  const copy = structuredClone(base)
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string | number, unknown>)[key], copy) as Record<string | number, unknown>
  if (op === "del") delete parent[path.at(-1)!]
  else parent[path.at(-1)!] = structuredClone(value)
  return copy
}

describe.skipIf(!hasShared)("verdicts of the reference", () => {
  it("on bodies", () => {
    const wrong: Array<string> = []
    let checked = 0
    for (const group of readLines<BodyGroup>("nova-api/vectors/request-schema.jsonl")) {
      const version = minorOf(group.microversion)
      const row = rowFor(group.method, group.path, group.action, version)
      if (row === undefined) continue
      const compare = (body: unknown, expected: boolean) => {
        checked++
        const text = JSON.stringify(body)
        const refusal = row.bodyAt?.(version).check(JSON.parse(text)) ?? null
        if ((refusal === null) !== expected) wrong.push(`${row.method} ${row.path} 2.${version} ${expected} ${text.slice(0, 200)} ${refusal?.message.slice(0, 100) ?? ""}`)
      }
      for (const { b, ok, s } of group.samples) compare(s === null ? b : sample(s), ok)
      const base = group.base === null ? group.base_body : sample(group.base)
      for (const mutation of group.mutations) compare(mutated(base, mutation), mutation[3])
    }
    console.info(`${checked} bodies`)
    assert.deepStrictEqual(wrong, [])
  })

  it("on query strings", () => {
    const wrong: Array<string> = []
    let checked = 0
    for (const group of readLines<QueryGroup>("nova-api/vectors/query-schema.jsonl")) {
      const version = minorOf(group.microversion)
      const row = rowFor(group.method, group.path, group.action ?? "", version)
      if (row === undefined) continue
      for (const [query, expected] of group.tests) {
        checked++
        const refusal = row.queryAt?.(version).check(structuredClone(query)) ?? null
        if ((refusal === null) !== expected) wrong.push(`${row.method} ${row.path} 2.${version} ${expected} ${JSON.stringify(query)} ${refusal?.message ?? ""}`)
      }
    }
    console.info(`${checked} query strings`)
    assert.deepStrictEqual(wrong, [])
  })
})
