/** Several runners that meet an empty store at the same time. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { login } from "../fixtures/api.ts"
import { makeCluster } from "../fixtures/cluster.ts"
import { items } from "../fixtures/json.ts"
import { describeRedis } from "../fixtures/redisServer.ts"

describeRedis("three runners started at once on an empty Redis", () => {
  it.live("make one network, one image, one administrator and one set of flavors, and each has them when it says that it is ready", () =>
    Effect.gen(function*() {
      const cluster = yield* makeCluster({ hosts: 1 })
      yield* Effect.forEach(cluster.runners, (runner) =>
        Effect.gen(function*() {
          yield* runner.start()
          const api = yield* login(runner)
          const count = (path: string, list: string) => Effect.map(api.get(path), (found) => items(found, list).length)
          const seen = {
            networks: yield* count("/network/v2.0/networks?name=private", "networks"),
            subnets: yield* count("/network/v2.0/subnets", "subnets"),
            images: yield* count("/image/v2/images?name=tiny&status=active", "images"),
            administrators: yield* count("/identity/v3/users?name=admin", "users"),
            projects: yield* count("/identity/v3/projects?name=admin", "projects"),
            flavors: yield* count("/compute/v2.1/flavors", "flavors")
          }
          assert.deepStrictEqual(seen, { networks: 1, subnets: 1, images: 1, administrators: 1, projects: 1, flavors: 5 }, runner.name)
        }), { concurrency: "unbounded" })
    }), 30_000)
})
