/** What the crash tests share: a cloud to start from, a server to ask for, and an empty cloud to end with. */
import { Effect } from "effect"
import { login } from "../fixtures/api.ts"
import type { Api } from "../fixtures/api.ts"
import { startCloud } from "../fixtures/cloud.ts"
import { items, text } from "../fixtures/json.ts"
import { beyond, look } from "./invariants.ts"
import type { Sight } from "./invariants.ts"

const settleMillisMax = 20_000

/** Asks again and again; each answer takes milliseconds, and a cloud that never settles is a failure in itself. */
export const until = <A>(ask: Effect.Effect<A, Error>, isSo: (answer: A) => boolean, what: string): Effect.Effect<A, Error> =>
  ask.pipe(
    Effect.repeat({ until: isSo }),
    Effect.timeoutOrElse({
      duration: settleMillisMax,
      orElse: () => Effect.flatMap(ask, (last) => Effect.fail(new Error(`${what}: still ${JSON.stringify(last)}`)))
    })
  )

export const createBody = (api: Api, name = "phoenix") =>
  Effect.gen(function*() {
    const [image] = items(yield* api.get("/image/v2/images?name=tiny"), "images")
    const [network] = items(yield* api.get("/network/v2.0/networks?name=private"), "networks")
    return {
      server: { name, flavorRef: "1", imageRef: text(image, "id"), networks: [{ uuid: text(network, "id") }] }
    }
  })

/** Deletes what there is and answers what is left of it. */
export const clear = (api: Api, sight: Sight, before: Sight) =>
  Effect.gen(function*() {
    for (const { id } of sight.servers) yield* api.call("DELETE", `/compute/v2.1/servers/${id}`)
    const empty = yield* until(look(api), ({ servers }) => servers.length === 0, "the last delete")
    const rest = { quota: empty.quota, ports: empty.ports, hosts: beyond(empty, before) }
    const nothing = {
      quota: { instances: 0, cores: 0, memoryMb: 0 }, ports: [], hosts: { servers: 0, vcpus: 0, memoryMb: 0 }
    }
    return JSON.stringify(rest) === JSON.stringify(nothing) ? [] : [`left over: ${JSON.stringify(rest)}`]
  })

/** A cloud with flavors, network and image, stopped. */
export const prepare = Effect.gen(function*() {
  const cloud = yield* startCloud()
  const empty = yield* Effect.flatMap(login(cloud), look)
  yield* cloud.kill("SIGTERM")
  return { dataDir: cloud.dataDir, empty }
})
export type Prepared = Effect.Success<typeof prepare>
