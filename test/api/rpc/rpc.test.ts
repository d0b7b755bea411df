import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { KilonovaClient, layerHttp, layerSocket } from "../../../src/api/rpc/client.ts"
import { Kilonova } from "../../../src/runtime/Kilonova.ts"

const cloud = Effect.map(Layer.build(Kilonova.layer({ fleet: { simulated: 1 } })), Context.get(Kilonova))
const uuid = "11111111-2222-4333-8444-555555555555"

describe.each([["HTTP", layerHttp], ["a websocket", layerSocket]] as const)("RPC over %s", (_, layer) => {
  const withClient = <A, E>(use: (client: KilonovaClient["Service"]) => Effect.Effect<A, E>, token?: string) =>
    Effect.gen(function*() {
      const { admin, url } = yield* cloud
      const access = layer({ url: url!, token: token ?? (yield* admin.token) })
      return yield* Effect.flatMap(KilonovaClient, use).pipe(Effect.provide(access))
    }).pipe(Effect.scoped)

  it.live("refuses a forged token", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(withClient((client) => client.ListServers({}), "forged"))
      assert.deepInclude(error, { _tag: "Refusal", kind: "unauthorized" })
    }))

  it.live("tells what is wrong with a request, by kind and name", () =>
    withClient((client) =>
      Effect.gen(function*() {
        assert.deepInclude(yield* Effect.flip(client.GetServer({ id: uuid })), {
          _tag: "Refusal", kind: "notFound", message: `Instance ${uuid} could not be found.`
        })
        assert.deepInclude(yield* Effect.flip(client.CreateServer({ name: "a", flavorId: "none", networks: "none" })), {
          _tag: "Refusal", kind: "badRequest", message: "Flavor none could not be found."
        })
        assert.deepInclude(yield* Effect.flip(client.ListServers({ marker: uuid })), { _tag: "Refusal", kind: "badRequest" })
      })))

  it.live("pages newest first, and streams what happened from where one left off", () =>
    withClient((client) =>
      Effect.gen(function*() {
        const made = []
        for (const name of ["a", "b", "c"]) made.push(yield* client.CreateServer({ name, flavorId: "1", networks: "none" }))
        const first = yield* client.ListServers({ limit: 2 })
        const rest = yield* client.ListServers({ limit: 2, marker: first[1]!.id })
        assert.deepStrictEqual([...first, ...rest].map(({ name }) => name), ["c", "b", "a"])

        const isActive = (id: string) => (event: { serverId: string; status: string }) => event.serverId === id && event.status === "ACTIVE"
        const seen = yield* Stream.runCollect(client.Events({ after: 0 }).pipe(Stream.takeUntil(isActive(made[2]!.id))))
        const positions = seen.map(({ position }) => position)
        assert.deepStrictEqual(positions, positions.toSorted((a, b) => a - b))
        const again = yield* Stream.runCollect(
          client.Events({ after: positions[1]! }).pipe(Stream.takeUntil(isActive(made[2]!.id)))
        )
        assert.deepStrictEqual(again, seen.slice(2))
      })))
})
