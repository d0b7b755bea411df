/** The master of the store is lost, and its replica made the master. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { login } from "../fixtures/api.ts"
import { startCluster } from "../fixtures/cluster.ts"
import type { Cluster } from "../fixtures/cluster.ts"
import { at, items } from "../fixtures/json.ts"
import { describeRedis, redisServer, until } from "../fixtures/redisServer.ts"
import type { RedisServer } from "../fixtures/redisServer.ts"
import { makeProxy } from "./proxy.ts"
import { eventually, testMillisMax, underLoad } from "./scenario.ts"

const name = "cloud"
const waitMillisMax = 20_000

const replicaOf = (master: RedisServer, conf: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const replica = yield* redisServer({ conf: [...conf, `replicaof 127.0.0.1 ${master.port}`] })
    yield* until(Effect.map(replica.cli("INFO", "replication"), (info) => info.includes("master_link_status:up")))
    return replica
  })

/** A master with its replica, and one sentinel that watches them. */
const watched = (conf: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const master = yield* redisServer({ conf })
    const replica = yield* replicaOf(master, conf)
    const sentinel = yield* redisServer({
      sentinel: true,
      conf: [
        `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
        `sentinel down-after-milliseconds ${name} 1000`,
        `sentinel failover-timeout ${name} 3000`
      ]
    })
    yield* until(Effect.map(sentinel.cli("SENTINEL", "MASTER", name), (told) => /num-slaves\n1/.test(told)))
    return { master, replica, url: `redis+sentinel://127.0.0.1:${sentinel.port}/${name}` }
  })

const isMaster = (server: RedisServer) => Effect.map(server.cli("ROLE"), (role) => role.startsWith("master"))

const within = <A, E>(what: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E | Error> =>
  Effect.timeoutOrElse(effect, { duration: waitMillisMax, orElse: () => Effect.fail(new Error(`${what}: not within ${waitMillisMax} ms`)) })

const createOn = ({ runners }: Cluster, server: string) =>
  Effect.gen(function*() {
    const api = yield* login(runners[0]!)
    const [image] = items(yield* api.get("/image/v2/images?name=tiny"), "images")
    return yield* api.post("/compute/v2.1/servers", {
      server: { name: server, flavorRef: "1", imageRef: at(image, "id"), networks: "none" }
    })
  })

describeRedis("a master killed under load, with --durability replica", () => {
  it.live("its replica takes over, and has all that was acknowledged", () =>
    Effect.gen(function*() {
      const { master, replica, url } = yield* watched(["appendfsync everysec"])
      const cluster = yield* startCluster({ redis: master, redisUrl: url, runnerArgs: ["--durability", "replica"] })
      const scenario = yield* underLoad("master lost", cluster)
      const { load } = scenario
      yield* Effect.sleep("3 seconds")
      yield* master.kill()
      const lostAt = load.nowMillis()
      yield* eventually("the replica is the master", isMaster(replica))
      // The durability asks for a replica, so there must be one again.
      yield* replicaOf(replica, ["appendfsync everysec"])
      const backAt = load.nowMillis()
      yield* eventually("a server is made again", Effect.sync(() => (load.ledger.createdAtMillis.at(-1) ?? 0) > backAt), 15_000)
      const againMillis = load.nowMillis() - lostAt
      yield* Effect.sleep("3 seconds")
      const { ledger } = yield* scenario.conclude()
      console.log(`  promoted, with a replica, after ${((backAt - lostAt) / 1000).toFixed(2)} s; a server was made after ${(againMillis / 1000).toFixed(2)} s`)
      assert.deepStrictEqual(ledger.failures.filter(({ why }) => !why.startsWith("503")), [])
    }), testMillisMax)
})

describeRedis("a replica that lags is made the master", () => {
  it.live("the loss is detected: runners end, start again only after one did with --accept-loss, and go on then", () =>
    Effect.gen(function*() {
      const master = yield* redisServer()
      const replica = yield* replicaOf(master, [])
      const proxy = yield* makeProxy(master.port)
      const cluster = yield* startCluster({ redis: master, redisUrl: `redis://127.0.0.1:${proxy.port}`, hosts: 3 })
      const [first, ...others] = cluster.runners
      yield* createOn(cluster, "kept")
      yield* Effect.sleep("1500 millis")
      // What comes now does not reach it. (Stopping its process would not do: what its machine has received, it reads later.)
      yield* replica.cli("REPLICAOF", "NO", "ONE")
      yield* createOn(cluster, "lost")
      // What every runner has seen, it has written down.
      yield* Effect.sleep("1500 millis")
      yield* master.kill()
      yield* proxy.turnTo(replica.port)

      for (const runner of cluster.runners) {
        const { code } = yield* within(`${runner.name} ends`, runner.exited)
        assert.strictEqual(code, 1, runner.name)
        assert.match(runner.log(), /lost acknowledged (commits|changes)/)
        assert.include(runner.log(), "--accept-loss")
      }
      const refused = yield* within("a start is refused", Effect.flip(first!.start()))
      assert.match(refused.message, /lost acknowledged (commits|changes)[^]*--accept-loss/)

      yield* within("a start that accepts the loss", first!.start("--accept-loss"))
      for (const runner of others) yield* within("another start", runner.start())
      const api = yield* login(first!)
      const listed = items(yield* api.get("/compute/v2.1/servers"), "servers").map((server) => at(server, "name"))
      assert.deepStrictEqual(listed, ["kept"])
      yield* createOn(cluster, "after")
    }), testMillisMax)
})
