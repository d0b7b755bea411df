/** `kill -9` at every durable step of creating and deleting a server: nothing that was promised is lost, nothing is left over. */
import { cpSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { login } from "../fixtures/api.ts"
import { freshFolder, startCloud } from "../fixtures/cloud.ts"
import type { Cloud } from "../fixtures/cloud.ts"
import { at, text } from "../fixtures/json.ts"
import { broken, isSettled, look } from "./invariants.ts"
import type { Sight } from "./invariants.ts"
import { clear, createBody, prepare, until } from "./life.ts"
import type { Prepared } from "./life.ts"

const stepsMin = 6
const stepsMax = 80

/** What the cloud had said yes to before it died. */
interface Promised {
  created: string | null
  /** Without an answer a delete may have been accepted, or not. */
  deleteAsked: boolean
  deleted: boolean
}

/** Creates a server and deletes it, writing down each promise as it is made; fails where the cloud dies. */
const live = (cloud: Cloud, promised: Promised): Effect.Effect<void, Error> =>
  Effect.gen(function*() {
    const api = yield* login(cloud)
    const made = yield* api.post("/compute/v2.1/servers", yield* createBody(api))
    const id = text(made, "server.id")
    promised.created = id
    yield* until(api.get(`/compute/v2.1/servers/${id}`), (server) => at(server, "server.status") === "ACTIVE", "create")
    promised.deleteAsked = true
    const answer = yield* api.call("DELETE", `/compute/v2.1/servers/${id}`)
    promised.deleted = answer.status === 204
    yield* until(api.call("GET", `/compute/v2.1/servers/${id}`), ({ status }) => status === 404, "delete")
  })

const kept = (promised: Promised, { servers }: Sight): ReadonlyArray<string> => {
  const found = servers.find(({ id }) => id === promised.created)
  if (promised.created === null) return []
  if (promised.deleted) return found === undefined ? [] : [`${found.id} was to be deleted and is ${found.status}`]
  if (found === undefined) return promised.deleteAsked ? [] : [`${promised.created} is gone`]
  return found.name === "phoenix" ? [] : [`${found.id} is called ${found.name}`]
}

/** One life with its end, and the next one: what the cloud did wrong; `null` when it did not die at all. */
const dies = (prepared: Prepared, crash: string) =>
  Effect.scoped(Effect.gen(function*() {
    const dataDir = join(yield* freshFolder, "data")
    yield* Effect.sync(() => cpSync(prepared.dataDir, dataDir, { recursive: true }))
    const promised: Promised = { created: null, deleteAsked: false, deleted: false }
    const first = yield* Effect.exit(Effect.flatMap(
      startCloud({ dataDir, env: { KILONOVA_CRASH: crash } }),
      (cloud) => Effect.flatMap(Effect.exit(live(cloud, promised)), (exit) =>
        Effect.as(exit._tag === "Success" ? cloud.kill("SIGKILL") : cloud.exited, exit._tag === "Success"))
    ))
    if (first._tag === "Success" && first.value) return null
    const again = yield* startCloud({ dataDir })
    const api = yield* login(again)
    const settled = yield* until(look(api), isSettled, "work in flight")
    const seen = [
      ...broken(settled, prepared.empty),
      ...kept(promised, settled),
      ...(yield* clear(api, settled, prepared.empty))
    ]
    return seen.map((problem) => `${crash} (${JSON.stringify(promised)}): ${problem}`)
  })).pipe(Effect.catch((error) => Effect.succeed([`${crash}: ${error.message}`])))

describe("kill -9", () => {
  for (const when of ["before", "after"]) {
    it.live(`${when} any commit of create and delete keeps every promise`, () =>
      Effect.gen(function*() {
        const prepared = yield* prepare
        const problems: Array<string> = []
        let step = 0
        for (let alive = false; !alive && step < stepsMax; step += 2) {
          const answers = yield* Effect.all(
            [dies(prepared, `${when}:${step + 1}`), dies(prepared, `${when}:${step + 2}`)],
            { concurrency: 2 }
          )
          problems.push(...answers.flatMap((answer) => answer ?? []))
          alive = answers.includes(null)
        }
        assert.deepStrictEqual(problems, [])
        assert.isAbove(step, stepsMin)
        assert.isBelow(step, stepsMax)
      }), 300_000)
  }
})
