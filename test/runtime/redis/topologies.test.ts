/** The other ways to run Redis: over TLS, with replicas, watched by sentinels, as a cluster. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import type { Store, StoreBatch } from "../../../src/runtime/kernel/Store.ts"
import { describeRedis, redisCluster, redisServer, temporaryFolder, until } from "../../fixtures/redisServer.ts"
import type { RedisServer } from "../../fixtures/redisServer.ts"
import { hasProgram, requires } from "../../fixtures/require.ts"
import { making, openStore } from "./use.ts"

const insist = (store: Store["Service"], batch: StoreBatch) =>
  Effect.retry(store.commit(batch), { while: ({ _tag }) => _tag === "StoreUnavailable", schedule: Schedule.spaced("20 millis") })

const replicaOf = (master: RedisServer) =>
  Effect.gen(function*() {
    const replica = yield* redisServer({ conf: [`replicaof 127.0.0.1 ${master.port}`] })
    yield* until(Effect.map(replica.cli("INFO", "replication"), (info) => info.includes("master_link_status:up")))
    return replica
  })

describeRedis("a store with replicas", () => {
  it.live("acknowledges when as many replicas as were asked for have it, and not before", () =>
    Effect.gen(function*() {
      const master = yield* redisServer({ conf: ["appendfsync everysec"] })
      const replica = yield* replicaOf(master)
      const store = yield* openStore({ url: master.url, durability: "replica", replicas: 1, commandMillis: 2_000 })
      assert.deepStrictEqual(yield* store.commit(making("1", 1)), [{ _tag: "Applied", position: 1 }])
      assert.strictEqual(yield* replica.cli("GET", "{kilonova:cell1}:position"), "1")
      yield* replica.kill("SIGSTOP")
      const refused = yield* Effect.flip(store.commit(making("2", 2)))
      assert.deepInclude(refused, { _tag: "StoreUnavailable" })
      assert.include(String(refused.cause), "0 of 1 replicas had it within 1000 ms")
      yield* replica.kill("SIGCONT")
      assert.deepStrictEqual(yield* insist(store, making("2", 2)), [{ _tag: "Applied", position: 2 }])
    }))
})

describeRedis("a store watched by sentinels", () => {
  it.live("is found at the new master after a failover, with all that was acknowledged", () =>
    Effect.gen(function*() {
      const master = yield* redisServer({ conf: ["appendfsync everysec"] })
      const replica = yield* replicaOf(master)
      const conf = [
        `sentinel monitor cloud 127.0.0.1 ${master.port} 2`,
        "sentinel down-after-milliseconds cloud 500",
        "sentinel failover-timeout cloud 3000"
      ]
      const sentinels = yield* Effect.all([0, 1, 2].map(() => redisServer({ sentinel: true, conf })), { concurrency: "unbounded" })
      for (const sentinel of sentinels) {
        yield* until(Effect.map(sentinel.cli("SENTINEL", "MASTER", "cloud"), (told) => /num-other-sentinels\n2/.test(told) && /num-slaves\n1/.test(told)))
      }
      const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")
      const store = yield* openStore({ url: `redis+sentinel://${hosts}/cloud`, durability: "replica", commandMillis: 1000 })
      yield* store.commit(making("1", 1))
      yield* master.kill("SIGKILL")
      const wrong = yield* Effect.flip(Effect.scoped(openStore({ url: `redis+sentinel://${hosts}/nobody` })))
      assert.include(wrong.message, "knows no master named nobody")
      // No replica is left to wait for: the failover is over when reads are answered.
      yield* until(Effect.map(replica.cli("ROLE"), (role) => role.startsWith("master")))
      yield* until(store.head.pipe(Effect.map(({ position }) => position === 1), Effect.catch(() => Effect.succeed(false))))
      const after = yield* openStore({ url: `redis+sentinel://${hosts}/cloud`, durability: "everysec" })
      assert.strictEqual((yield* insist(after, making("2", 2, { known: 1 })))[0]?._tag, "Applied")
      assert.strictEqual(yield* replica.cli("GET", "{kilonova:cell1}:position"), "2")
    }))

  it.live("a master that the sentinels have replaced is left, even if it does not know", () =>
    Effect.gen(function*() {
      const [before, after] = yield* Effect.all([redisServer(), redisServer()])
      const sentinel = yield* redisServer({ sentinel: true, conf: [`sentinel monitor cloud 127.0.0.1 ${before.port} 1`] })
      const store = yield* openStore({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/cloud` })
      assert.isNotEmpty((yield* store.head).cloudId)
      yield* sentinel.cli("SENTINEL", "REMOVE", "cloud")
      yield* sentinel.cli("SENTINEL", "MONITOR", "cloud", "127.0.0.1", String(after.port), "1")
      yield* until(store.head.pipe(Effect.map(({ cloudId }) => cloudId === ""), Effect.catch(() => Effect.succeed(false))))
    }))

  it.live("a demoted master is asked no more, not even for its head", () =>
    Effect.gen(function*() {
      const master = yield* redisServer()
      const other = yield* redisServer()
      const store = yield* openStore({ url: master.url, commandMillis: 500 })
      yield* store.commit(making("1", 1))
      yield* master.cli("REPLICAOF", "127.0.0.1", String(other.port))
      for (const asking of [Effect.asVoid(store.head), Effect.asVoid(store.commit(making("2", 2))), Effect.asVoid(store.load("thing", "1"))]) {
        assert.match(String((yield* Effect.flip(asking)).cause), /READONLY|is a replica/)
      }
      yield* master.cli("REPLICAOF", "NO", "ONE")
      yield* until(store.head.pipe(Effect.as(true), Effect.catch(() => Effect.succeed(false))))
    }))
})

describeRedis("a store in a Redis Cluster", () => {
  it.live("works from any of its nodes, and follows its slot when that moves", () =>
    Effect.gen(function*() {
      const nodes = yield* redisCluster
      const url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`
      const store = yield* openStore({ url, commandMillis: 1000 })
      yield* store.commit(making("1", 1))
      const { epoch } = yield* store.register({ address: "a", about: "{}", isHealthy: true, leaseMillis: 60_000 })
      assert.strictEqual((yield* store.lock("a", epoch, ["s"])).length, 1)
      yield* moveSlot(nodes, yield* nodes[0]!.cli("CLUSTER", "KEYSLOT", "{kilonova:cell1}:meta"))
      assert.strictEqual((yield* insist(store, making("2", 2, { known: 1 })))[0]?._tag, "Applied")
      assert.strictEqual((yield* store.read(0, 9)).length, 2)
    }))
})

/** As `redis-cli --cluster reshard` does, for one slot. */
const moveSlot = Effect.fnUntraced(function*(nodes: ReadonlyArray<RedisServer>, slot: string) {
  const counts = yield* Effect.all(nodes.map(({ cli }) => cli("CLUSTER", "COUNTKEYSINSLOT", slot)))
  const from = nodes[counts.findIndex((count) => count !== "0")]!
  const to = nodes.find((node) => node !== from)!
  const [fromId, toId] = [yield* from.cli("CLUSTER", "MYID"), yield* to.cli("CLUSTER", "MYID")]
  yield* to.cli("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId)
  yield* from.cli("CLUSTER", "SETSLOT", slot, "MIGRATING", toId)
  const keys = (yield* from.cli("CLUSTER", "GETKEYSINSLOT", slot, "100")).split("\n")
  assert.strictEqual(yield* from.cli("MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys), "OK")
  for (const node of nodes) yield* node.cli("CLUSTER", "SETSLOT", slot, "NODE", toId)
})

const describeTls = requires("redis-server and openssl", {
  present: () => ["redis-server", "redis-cli", "openssl"].every(hasProgram),
  install: "apt-get install redis-server redis-tools openssl"
})

const certificate = (folder: string, name: string): void => {
  const file = (suffix: string) => join(folder, `${name}.${suffix}`)
  execFileSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"],
    ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file("key"), "-out", file("crt")]
  ], { stdio: "ignore" })
}

describeTls("a store over TLS", () => {
  it.live("is opened with the certificate that vouches for it, and with no other", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      for (const name of ["own", "other"]) certificate(folder, name)
      const [crt, key] = [join(folder, "own.crt"), join(folder, "own.key")]
      const server = yield* redisServer({
        isTls: true,
        cliArgs: ["--tls", "--cacert", crt],
        conf: ["tls-auth-clients no", `tls-cert-file ${crt}`, `tls-key-file ${key}`]
      })
      const store = yield* openStore({ url: server.url, tlsCaFile: crt })
      assert.strictEqual((yield* store.commit(making("1", 1)))[0]?._tag, "Applied")
      const refusal = (options: { readonly url: string; readonly tlsCaFile?: string }) => Effect.flip(Effect.scoped(openStore(options)))
      assert.match((yield* refusal({ url: server.url })).message, /certificate/)
      assert.deepInclude(yield* refusal({ url: server.url, tlsCaFile: join(folder, "other.crt") }), { reason: "unreachable" })
      assert.match((yield* refusal({ url: server.url, tlsCaFile: join(folder, "none.crt") })).message, /tlsCaFile/)
      assert.match((yield* refusal({ url: server.url.replace("rediss", "redis"), tlsCaFile: crt })).message, /rediss/)
      yield* server.kill()
      yield* server.restart
      assert.strictEqual((yield* insist(store, making("2", 2)))[0]?._tag, "Applied")
    }))
})
