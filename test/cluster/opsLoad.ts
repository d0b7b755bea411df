/** A small load on whatever runners answer: servers made one after another, each third one stopped, each fourth deleted. */
import { Effect, Exit, Fiber } from "effect"
import type { Scope } from "effect"
import { login } from "../fixtures/api.ts"
import type { Api } from "../fixtures/api.ts"
import type { Runner } from "../fixtures/cluster.ts"
import { items, text } from "../fixtures/json.ts"

export interface Load {
  /** Servers whose create was acknowledged, by whom, and whether their deletion was. */
  readonly made: ReadonlyMap<string, { readonly via: Runner; isDeleted: boolean; isDeleteUnsure: boolean }>
  readonly add: (runner: Runner) => Effect.Effect<void, Error>
  /** No request is sent there any more. */
  readonly remove: (runner: Runner) => void
  /** Waits until that many more were made. */
  readonly more: (count: number) => Effect.Effect<void>
  readonly finish: Effect.Effect<void>
}

interface Target {
  readonly runner: Runner
  readonly api: Api
}

const apiOf = (runner: Runner): Effect.Effect<Api, Error> => Effect.eventually(login(runner))

const createBody = (api: Api) =>
  Effect.gen(function*() {
    const [image] = items(yield* api.get("/image/v2/images?name=tiny"), "images")
    const [network] = items(yield* api.get("/network/v2.0/networks?name=private"), "networks")
    return (name: string) => ({ server: { name, flavorRef: "1", imageRef: text(image, "id"), networks: [{ uuid: text(network, "id") }] } })
  })

const pauseMillis = 30

export const startLoad = (runners: ReadonlyArray<Runner>): Effect.Effect<Load, Error, Scope.Scope> =>
  Effect.gen(function*() {
    const targets: Array<Target> = []
    for (const runner of runners) targets.push({ runner, api: yield* apiOf(runner) })
    const api = targets[0]!.api
    for (const quota of ["instances", "cores", "ram"]) {
      yield* api.call("PUT", `/compute/v2.1/os-quota-sets/${api.projectId}`, { quota_set: { [quota]: -1 } })
    }
    const body = yield* createBody(api)
    const made = new Map<string, { readonly via: Runner; isDeleted: boolean; isDeleteUnsure: boolean }>()
    let turn = 0

    const next = () => targets[turn++ % targets.length]!
    const send = (method: string, path: string, payload?: unknown, target = next()) =>
      Effect.exit(target.api.call(method, path, payload))

    const step = Effect.gen(function*() {
      const count = turn
      const target = next()
      const reply = yield* send("POST", "/compute/v2.1/servers", body(`load-${count}`), target)
      if (Exit.isSuccess(reply) && reply.value.status === 202) {
        const id = text(reply.value.body, "server.id")
        made.set(id, { via: target.runner, isDeleted: false, isDeleteUnsure: false })
        if (count % 3 === 0) yield* send("POST", `/compute/v2.1/servers/${id}/action`, { "os-stop": null })
        if (count % 4 === 0) {
          const deleted = yield* send("DELETE", `/compute/v2.1/servers/${id}`)
          if (Exit.isFailure(deleted)) made.get(id)!.isDeleteUnsure = true
          else if (deleted.value.status === 204) made.get(id)!.isDeleted = true
        }
      }
      yield* Effect.sleep(pauseMillis)
    })
    let isFinished = false
    // What was asked is answered before the load ends: a deletion cut off would look like a loss.
    const fiber = yield* Effect.forkScoped(Effect.repeat(step, { until: () => isFinished }))
    return {
      made,
      add: (runner) => Effect.map(apiOf(runner), (own) => void targets.push({ runner, api: own })),
      remove: (runner) => {
        const index = targets.findIndex((target) => target.runner === runner)
        if (index >= 0) targets.splice(index, 1)
      },
      more: (count) =>
        Effect.suspend(() => {
          const wanted = made.size + count
          return Effect.repeat(Effect.as(Effect.sleep(pauseMillis), undefined), { until: () => made.size >= wanted }).pipe(Effect.asVoid)
        }),
      finish: Effect.suspend(() => {
        isFinished = true
        return Effect.asVoid(Fiber.join(fiber))
      })
    }
  })

/** What is not as it was promised, once nothing is under way any more. */
export const brokenPromises = (runner: Runner, load: Load): Effect.Effect<ReadonlyArray<string>, Error> =>
  Effect.gen(function*() {
    const api = yield* apiOf(runner)
    const servers = new Map<string, { status: string; task: unknown }>()
    let marker = ""
    for (;;) {
      const found = items(yield* api.get(`/compute/v2.1/servers/detail?limit=1000${marker}`), "servers")
      for (const server of found) {
        servers.set(text(server, "id"), { status: text(server, "status"), task: (server as Record<string, unknown>)["OS-EXT-STS:task_state"] })
      }
      if (found.length < 1000) break
      marker = `&marker=${text(found.at(-1), "id")}`
    }
    return [...load.made].flatMap(([id, { isDeleted, isDeleteUnsure }]) => {
      const server = servers.get(id)
      if (isDeleted) return server === undefined ? [] : [`${id} was deleted and is ${server.status}`]
      if (server === undefined) return isDeleteUnsure ? [] : [`${id} is lost`]
      return ["ACTIVE", "SHUTOFF"].includes(server.status) && server.task === null ? [] : [`${id} is ${server.status} (${String(server.task)})`]
    })
  })

const settleMillisMax = 20_000

/** Waits until all is as it was promised; answers what still is not when the time is up. */
export const settled = (runner: Runner, load: Load) =>
  brokenPromises(runner, load).pipe(
    Effect.repeat({ until: (broken) => broken.length === 0 }),
    Effect.timeoutOrElse({ duration: settleMillisMax, orElse: () => brokenPromises(runner, load) })
  )
