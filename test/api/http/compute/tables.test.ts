/** The tables against themselves, and against the reference's own table of routes. */
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { assert, describe, it } from "vitest"
import { operations } from "../../../../src/api/http/compute/allOperations.ts"
import { holds } from "../../../../src/api/http/Window.ts"
import { compile } from "../../../../src/api/http/compute/Policy.ts"
import { policies } from "../../../../src/api/http/compute/policies.ts"
import { serverRoutes } from "../../../../src/api/http/compute/servers/routes.ts"
import { newest, versions } from "../../../../src/api/http/compute/versions.ts"
import { hasShared, readShared } from "../../../fixtures/shared.ts"

const rows = [...operations, ...serverRoutes]
const compute = resolve(import.meta.dirname, "../../../../src/api/http/compute")

interface Span {
  readonly status: number
  readonly min: string | null
  readonly max: string | null
}
interface Route {
  readonly method: string
  readonly path: string
  readonly action: string
  readonly min: string
  readonly max: string | null
  readonly removed: boolean
  readonly success: ReadonlyArray<Span>
  readonly policies: ReadonlyArray<string>
}
const minor = (version: string | null, otherwise: number) => version === null ? otherwise : Number(version.split(".")[1])
const shape = (path: string) => path.replaceAll(/\{\w+\}|:\w+/g, "*")
const keyOf = (method: string, path: string, action: string | null) => `${method} ${shape(path)} ${action ?? ""}`

describe("the tables", () => {
  it("name policies that exist", () =>
    assert.deepStrictEqual(rows.flatMap(({ policy }) => policy !== null && !Object.hasOwn(policies, policy) ? [policy] : []), []))

  it("have policies that compile, and ask for no rule that is not there", () => {
    const { allows, names } = compile(policies)
    const caller = { userId: "u", userName: "u", domainId: "d", projectId: "p", projectName: "p", roles: ["member", "reader"], isAdmin: false, systemScope: false, expiresAt: "" }
    for (const name of names) assert.isBoolean(allows(name, caller, { projectId: "p", userId: "u" }))
    assert.isTrue(allows("project_reader_or_admin", caller, { projectId: "p" }))
    assert.isFalse(allows("project_reader_or_admin", caller, { projectId: "q" }))
    assert.isFalse(allows("project_reader_or_admin", { ...caller, systemScope: true }, { projectId: "p" }))
    assert.throws(() => compile({ a: "role:x and (role:y" }))
    assert.throws(() => compile({ a: "role:x role:y" }))
    assert.throws(() => compile({ a: "token:x" }))
    const own = compile({ a: "not role:x and (role:y or user_id:%(user_id)s)" })
    assert.deepStrictEqual(["x", "y", "z"].map((role) => own.allows("a", { ...caller, roles: [role] }, { userId: "v" })), [false, true, false])
  })

  it("give each version at most one row to a method, path and action", () => {
    const taken = new Set<string>()
    const twice: Array<string> = []
    for (const row of rows) {
      for (let version = 0; version <= newest; version++) {
        if (!holds(row, version)) continue
        const key = `${keyOf(row.method, row.path, row.action)} 2.${version}`
        if (taken.has(key)) twice.push(key)
        taken.add(key)
      }
    }
    assert.deepStrictEqual(twice, [])
  })

  it("list every version with one sentence", () => {
    assert.strictEqual(versions.length, 104)
    assert.deepStrictEqual(versions.filter(({ sentence }) => !/^[A-Z].*\.$/.test(sentence)), [])
    assert.strictEqual(new Set(versions.map(({ sentence }) => sentence)).size, 104)
  })

  it("are where version numbers are: no handler compares with one", () => {
    const handlers = readdirSync(compute, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && resolve(entry.parentPath) !== compute)
      .map((entry) => join(entry.parentPath, entry.name))
    assert.deepStrictEqual(handlers.filter((file) => /\bversion\s*([<>]|[!=]==)/.test(readFileSync(file, "utf8"))), [])
  })
})

describe.skipIf(!hasShared)("the reference's routes", () => {
  const routes = new Map<string, ReadonlyArray<Route>>()
  for (const route of hasShared ? JSON.parse(readShared("nova-api/schemas/index.json")) as Array<Route> : []) {
    const key = keyOf(route.method, route.path, route.action)
    routes.set(key, [...routes.get(key) ?? [], route])
  }
  const served = (route: Route, version: number) => minor(route.min, 1) <= version && version <= minor(route.max, newest)
  const statusOf = (route: Route, version: number) =>
    route.success.find((span) => minor(span.min, 0) <= version && version <= minor(span.max, newest))?.status

  it("hold for our rows: the same versions, statuses and policies", () => {
    const wrong: Array<string> = []
    for (const row of rows) {
      const key = keyOf(row.method, row.path, row.action)
      const theirs = routes.get(key)
      if (theirs === undefined) {
        wrong.push(`${key}: no such route`)
        continue
      }
      for (let version = 1; version <= newest; version++) {
        const ours = rows.some((other) => keyOf(other.method, other.path, other.action) === key && holds(other, version))
        const route = theirs.find((candidate) => served(candidate, version))
        if (ours !== (route !== undefined)) wrong.push(`${key} 2.${version}: ${ours ? "only here" : "not here"}`)
        if (!holds(row, version) || route === undefined) continue
        const status = route.removed ? 410 : statusOf(route, version)
        if (status !== row.statusAt(version)) wrong.push(`${key} 2.${version}: ${row.statusAt(version)}, not ${status}`)
        // Some ask one of several, by what the body names.
        if (!route.removed && (row.policy === null ? route.policies.length > 0 : !route.policies.includes(row.policy))) wrong.push(`${key} 2.${version}: ${row.policy}, not ${route.policies[0]}`)
      }
    }
    assert.deepStrictEqual([...new Set(wrong.map((line) => line.replace(/ 2\.\d+:/, ":")))], [])
  })
})
