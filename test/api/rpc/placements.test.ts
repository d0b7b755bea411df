/** Decisions of the scheduler and dry runs, over RPC. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { KilonovaClient, layerSocket } from "../../../src/api/rpc/client.ts"
import { Kilonova } from "../../../src/runtime/Kilonova.ts"

describe("placements over RPC", () => {
  it.live("are explained, and tried without being made", () =>
    Effect.gen(function*() {
      const { admin, url } = Context.get(yield* Layer.build(Kilonova.layer({ fleet: { simulated: 2 } })), Kilonova)
      const token = yield* admin.token
      yield* Effect.gen(function*() {
        const client = yield* KilonovaClient
        const boot = yield* client.WhatIf({ question: { _tag: "Boot", flavorId: "1", imageId: null, zone: null } })
        assert.isTrue(boot._tag === "Boot" && boot.proof.outcome._tag === "Placed" && boot.capacity[0]!.servers > 1)
        const several = yield* client.WhatIf({ question: { _tag: "BootSeveral", flavorId: "1", imageId: null, zone: null, count: 2, groupPolicy: "anti-affinity" } })
        assert.isTrue(several._tag === "BootSeveral" && several.placed === 2 && several.hosts.length === 2)
        assert.deepStrictEqual(yield* client.ListServers({}), [])
        assert.deepInclude(yield* Effect.flip(client.WhatIf({ question: { _tag: "Migrate", server: "none", host: null } })), { kind: "notFound" })
        const drain = yield* client.WhatIf({ question: { _tag: "Drain", host: "sim-0001", premises: [] } })
        assert.isTrue(drain._tag === "Drain" && drain.plan.stuck.length === 0 && drain.plan.premises[0]?.host === "sim-0001")
        const { at = "", ...plan } = drain._tag === "Drain" ? drain.plan : assert.fail("no plan")
        const { against, waiting } = yield* client.AdvanceDrain({ drain: { ...plan, at, atOnce: 1 } })
        assert.deepStrictEqual([against, waiting], [[], []])
        assert.deepInclude(yield* Effect.flip(client.ExplainPlacement({ id: "none" })), { _tag: "Refusal", kind: "notFound" })
      }).pipe(Effect.provide(layerSocket({ url: url!, token })))
    }).pipe(Effect.scoped))
})
