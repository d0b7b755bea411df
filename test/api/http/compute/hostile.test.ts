/** Whatever a request is, the answer is the service's own: never a 500, never silence. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { operations } from "../../../../src/api/http/compute/allOperations.ts"
import { holds } from "../../../../src/api/http/Window.ts"
import type { Operation } from "../../../../src/api/http/compute/Operations.ts"
import { legacy, newest } from "../../../../src/api/http/compute/versions.ts"
import { addHosts, asAdmin, asMember, asReader, makeRawAsk, project, world } from "../../../fixtures/compute.ts"
import { bodyFor, type Draw, pick, rawBodies, seeded, strangeTexts } from "../../../fixtures/mutate.ts"

const perRow = 60
const known = ["1", "2", "host-1", "default", "enable", "force-down", project, "00000000-0000-4000-8000-000000000001", "own", "hw:numa_nodes"]

const versionFor = (draw: Draw, row: Operation<never>): number => {
  const edges = [legacy, 1, row.since ?? 1, (row.since ?? 1) - 1, row.until ?? newest, (row.until ?? newest) + 1, newest, Math.floor(draw() * newest)]
  return Math.min(newest, Math.max(0, pick(draw, edges)))
}

const requestFor = (draw: Draw, row: Operation<never>) => {
  const version = versionFor(draw, row)
  const at = holds(row, version) ? version : row.since ?? 1
  const path = row.path.replaceAll(/:\w+/g, () => encodeURIComponent((draw() < 0.6 ? pick(draw, known) : pick(draw, strangeTexts) as string).toWellFormed()))
  const keys = [...row.queryAt?.(at).properties ?? [], "zz", "limit", "marker", "user_id"]
  const query = Array.from({ length: Math.floor(draw() * 4) }, () =>
    `${encodeURIComponent(pick(draw, keys))}=${draw() < 0.1 ? "%ff" : encodeURIComponent((pick(draw, [...strangeTexts, "1", "asc"]) as string).toWellFormed())}`)
  const body = row.method === "GET" || row.method === "DELETE"
    ? undefined
    : draw() < 0.1
    ? pick(draw, rawBodies)
    : bodyFor(draw, row.bodyAt?.(at).schema ?? {})
  return { version, path: `${path}${query.length === 0 ? "" : `?${query.join("&")}`}`, body }
}

describe("hostile requests", () => {
  it.live("are answered at every row, and nothing of value is lost", () =>
    Effect.gen(function*() {
      yield* addHosts
      const ask = yield* makeRawAsk
      yield* ask("POST", "/v2.1/flavors", { token: asAdmin, body: { flavor: { name: "keep", ram: 1, vcpus: 1, disk: 0, id: "keep" } } })
      const failed: Array<string> = []
      const statuses = new Map<number, number>()
      for (const [index, row] of operations.entries()) {
        const draw = seeded(index + 1)
        for (let turn = 0; turn < perRow; turn++) {
          const { body, path, version } = requestFor(draw, row as Operation<never>)
          const edition = version === legacy ? "/v2" : "/v2.1"
          const headers: Record<string, string> = version === legacy ? {} : { "openstack-api-version": `compute 2.${version}` }
          const answer = yield* ask(row.method, `${edition}${path}`, { token: pick(draw, [asAdmin, asAdmin, asMember, asReader]), headers, body })
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          if (answer.status >= 500 && answer.status !== 501) failed.push(`${row.method} ${edition}${path} 2.${version} ${JSON.stringify(body)?.slice(0, 200)} → ${answer.status}`)
        }
      }
      assert.deepStrictEqual(failed, [])
      for (const status of [200, 400, 403, 404]) assert.isAbove(statuses.get(status) ?? 0, 0, `some answers are ${status}`)
      assert.strictEqual((yield* ask("GET", "/v2.1/flavors/keep", { token: asAdmin })).status, 200)
    }).pipe(Effect.provide(world)), 60_000)
})
