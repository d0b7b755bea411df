/** `kill -9` in the middle of much at once: many servers being made and deleted when the process ends. */
import { cpSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { login } from "../fixtures/api.ts"
import type { Api } from "../fixtures/api.ts"
import { freshFolder, startCloud } from "../fixtures/cloud.ts"
import { at, text } from "../fixtures/json.ts"
import { broken, isSettled, look } from "./invariants.ts"
import { clear, createBody, prepare, until } from "./life.ts"

const serversMax = 40

/** What was asked and what was promised, by the name of the server. */
interface Story {
  id: string | null
  deleteAsked: boolean
  deleted: boolean
}

/** One server among many: made, and every other one deleted, some of them before they are done. */
const live = (api: Api, name: string, index: number, story: Story): Effect.Effect<void, Error> =>
  Effect.gen(function*() {
    const made = yield* api.post("/compute/v2.1/servers", yield* createBody(api, name))
    const id = text(made, "server.id")
    story.id = id
    if (index % 4 !== 0) yield* until(api.get(`/compute/v2.1/servers/${id}`), (seen) => at(seen, "server.status") === "ACTIVE", name)
    if (index % 2 !== 0) return
    story.deleteAsked = true
    story.deleted = (yield* api.call("DELETE", `/compute/v2.1/servers/${id}`)).status === 204
  })

const quota = (api: Api) =>
  api.call("PUT", `/compute/v2.1/os-quota-sets/${api.projectId}`, {
    quota_set: { instances: serversMax * 2, cores: -1, ram: -1 }
  })

const kept = (stories: ReadonlyMap<string, Story>, found: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  [...stories].flatMap(([name, { deleteAsked, deleted, id }]) => {
    if (id === null) return []
    if (deleted) return found.has(id) ? [`${name} was to be deleted and is there`] : []
    if (!found.has(id)) return deleteAsked ? [] : [`${name} is gone`]
    return found.get(id) === name ? [] : [`${name} is called ${found.get(id)}`]
  })

describe("kill -9 under load", () => {
  it.live.each([23, 71, 113, 151])("at commit %i keeps every promise", (commit) =>
    Effect.gen(function*() {
      const prepared = yield* prepare
      const dataDir = join(yield* freshFolder, "data")
      yield* Effect.sync(() => cpSync(prepared.dataDir, dataDir, { recursive: true }))
      const cloud = yield* startCloud({ dataDir, env: { KILONOVA_CRASH: `after:${commit}` } })
      const api = yield* login(cloud)
      yield* quota(api)
      const stories = new Map<string, Story>()
      yield* Effect.forEach(Array.from({ length: serversMax }, (_, index) => index), (index) => {
        const story: Story = { id: null, deleteAsked: false, deleted: false }
        stories.set(`storm-${index}`, story)
        return Effect.ignore(live(api, `storm-${index}`, index, story))
      }, { concurrency: 16 })
      assert.deepStrictEqual(yield* cloud.exited, { code: null, signal: "SIGKILL" })

      const again = yield* startCloud({ dataDir })
      const after = yield* login(again)
      const settled = yield* until(look(after), isSettled, "work in flight")
      assert.deepStrictEqual(broken(settled, prepared.empty), [])
      assert.deepStrictEqual(kept(stories, new Map(settled.servers.map(({ id, name }) => [id, name]))), [])
      assert.deepStrictEqual(yield* clear(after, settled, prepared.empty), [])
    }), 120_000)
})
