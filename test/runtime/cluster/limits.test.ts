/** Limits that are counted over records hold among processes that write at once. */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer } from "effect"
import { serverGroups } from "../../../src/actors/catalog/ServerGroup.ts"
import { ServerGroups } from "../../../src/actors/catalog/ServerGroupsProtocol.ts"
import * as ServerGroupsService from "../../../src/actors/catalog/ServerGroupsService.ts"
import { defaultQuota } from "../../../src/actors/project/quota.ts"
import * as ClusterJournal from "../../../src/runtime/cluster/ClusterJournal.ts"
import * as Doom from "../../../src/runtime/cluster/Doom.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import * as RedisStore from "../../../src/runtime/redis/RedisStore.ts"
import { alice } from "../../fixtures/callers.ts"
import { owningAll } from "../../fixtures/ownership.ts"
import { describeRedis, redisServer } from "../../fixtures/redisServer.ts"

const process = (url: string) =>
  Layer.build(Layer.fresh(
    ServerGroupsService.layer.pipe(
      Layer.provideMerge(RecordsIndex.layer),
      Layer.provide(owningAll("nobody", 0)),
      Layer.provide(ClusterJournal.layer),
      Layer.provide([RedisStore.layer({ url }), Layer.effect(Doom.Doom, Doom.make)])
    )
  ))

describeRedis("three processes at once", () => {
  it.live("make exactly as many server groups as the quota allows", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      const processes = yield* Effect.all([process(url), process(url), process(url)])
      const made = yield* Effect.forEach(
        processes.flatMap((one) => Array.from({ length: defaultQuota.server_groups }, () => one)),
        (one) => Effect.exit(Context.get(one, ServerGroups).create(alice, { name: "g", policy: "affinity", maxServerPerHost: null })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(made.filter(Exit.isSuccess).length, defaultQuota.server_groups)
      assert.strictEqual(Context.get(processes[0], Records).size(serverGroups), defaultQuota.server_groups)
    }).pipe(Effect.scoped))
})
