/** What becomes of commits when Redis, or the way to it, breaks. */
import { createConnection, createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Stream } from "effect"
import type { Store, StoreBatch } from "../../../src/runtime/kernel/Store.ts"
import { keysOf } from "../../../src/runtime/redis/keys.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { describeRedis, redisServer, until } from "../../fixtures/redisServer.ts"
import { making, openStore } from "./use.ts"

const keys = keysOf("kilonova:cell1")

/** Sends a batch until the store says what became of it, as a writer does. */
const insist = (store: Store["Service"], batch: StoreBatch) =>
  Effect.retry(store.commit(batch), { while: ({ _tag }) => _tag === "StoreUnavailable", schedule: Schedule.spaced("20 millis") })

/** A way to the server that loses what the server answers, from when it is told to until it is told otherwise. */
const lossyWay = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; lose: boolean; close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      const server = createServer((client) => {
        const upstream = createConnection({ port, host: "127.0.0.1" })
        for (const socket of [client, upstream]) {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("close", () => {
            client.destroy()
            upstream.destroy()
          })
        }
        client.on("data", (data) => upstream.write(data))
        upstream.on("data", (data) => {
          if (!way.lose) return client.write(data)
          way.lose = false
          client.destroy()
        })
      })
      const way = {
        url: "",
        lose: false,
        close: () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
      }
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(Object.assign(way, { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}` }))))
    }),
    (way) => Effect.sync(way.close)
  )

describeRedis("a store in Redis", () => {
  it.live("keeps what it acknowledged when Redis is killed and starts again, and finds it by itself", () =>
    Effect.gen(function*() {
      const server = yield* redisServer()
      const store = yield* openStore({ url: server.url })
      let acknowledged = 0
      const writing = yield* Effect.forkChild(Effect.gen(function*() {
        for (let number = 1; ; number++) {
          yield* insist(store, making(`${number}`, number, { known: acknowledged }))
          acknowledged = number
        }
      }))
      for (const crowd of [50, 150, 300]) {
        yield* until(Effect.sync(() => acknowledged >= crowd))
        yield* server.kill("SIGKILL")
        yield* server.restart
      }
      yield* until(Effect.sync(() => acknowledged >= 400))
      yield* Fiber.interrupt(writing)
      const ids = (yield* Stream.runCollect(store.scan("thing"))).map(({ id }) => id)
      for (let number = 1; number <= acknowledged; number++) assert.include(ids, `${number}`)
      const feed = yield* store.read(0, 10_000)
      assert.deepStrictEqual(feed.map(({ position }) => position), feed.map((_, index) => index + 1))
    }))

  it.live("a commit under way when Redis dies fails at once, and is not sent again by itself", () =>
    Effect.gen(function*() {
      const server = yield* redisServer()
      const store = yield* openStore({ url: server.url })
      yield* store.head
      yield* server.kill("SIGSTOP")
      const committing = yield* Effect.forkChild(Effect.flip(store.commit(making("1", 1))), { startImmediately: true })
      yield* server.kill("SIGKILL")
      assert.deepInclude(yield* Fiber.join(committing), { _tag: "StoreUnavailable", operation: "commit" })
      yield* server.restart
      yield* until(store.head.pipe(Effect.as(true), Effect.catch(() => Effect.succeed(false))))
      assert.strictEqual((yield* store.head).position, 0)
    }))

  it.live("a batch sent again after its answer was lost is applied once and answered alike", () =>
    Effect.gen(function*() {
      const server = yield* redisServer()
      const way = yield* lossyWay(server.port)
      const store = yield* openStore({ url: way.url })
      yield* store.commit(making("1", 1))
      way.lose = true
      assert.strictEqual((yield* Effect.flip(store.commit(making("2", 2))))._tag, "StoreUnavailable")
      yield* until(Effect.map(server.cli("GET", keys.position), (position) => position === "2"))
      assert.deepStrictEqual(yield* insist(store, making("2", 2)), [{ _tag: "Applied", position: 2 }])
      assert.strictEqual((yield* store.head).position, 2)
    }))

  it.live("a batch that arrives after a later one of its writer is refused", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      const store = yield* openStore({ url })
      yield* store.commit(making("2", 2))
      const late = yield* Effect.flip(store.commit(making("1", 1)))
      assert.deepInclude(late, { _tag: "StoreUnavailable" })
      assert.strictEqual((yield* store.head).position, 1)
    }))

  it.live("gives up a server that does not answer, and goes on when it does", () =>
    Effect.gen(function*() {
      const server = yield* redisServer()
      const store = yield* openStore({ url: server.url, commandMillis: 300 })
      yield* store.head
      yield* server.kill("SIGSTOP")
      assert.include(String((yield* Effect.flip(store.commit(making("1", 1)))).cause), "no answer within 300 ms")
      yield* server.kill("SIGCONT")
      assert.strictEqual((yield* insist(store, making("1", 1)))[0]?._tag, "Applied")
    }))

  it.live("a Redis without memory, or with too few replicas, is unavailable and says why", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      const store = yield* openStore({ url })
      yield* store.commit(making("1", 1))
      const reasonOf = (batch: StoreBatch) => Effect.map(Effect.flip(store.commit(batch)), ({ _tag, cause }) => `${_tag} ${cause}`)
      yield* cli("CONFIG", "SET", "maxmemory", "1mb")
      assert.match(yield* reasonOf(making("2", 2)), /StoreUnavailable.*OOM/)
      assert.strictEqual((yield* store.load("thing", "1"))?.version, 1)
      assert.strictEqual((yield* store.head).position, 1)
      yield* cli("CONFIG", "SET", "maxmemory", "0")
      yield* cli("CONFIG", "SET", "min-replicas-to-write", "1")
      assert.match(yield* reasonOf(making("2", 2)), /StoreUnavailable.*NOREPLICAS/)
      yield* cli("CONFIG", "SET", "min-replicas-to-write", "0")
      assert.deepStrictEqual(yield* store.commit(making("2", 2)), [{ _tag: "Applied", position: 2 }])
    }))

  it.live("waits to be opened for a Redis that reads its files, and is unavailable to who has it open", () =>
    Effect.gen(function*() {
      const server = yield* redisServer({ conf: ["key-load-delay 300"] })
      const store = yield* openStore({ url: server.url })
      const commits = Array.from({ length: 1000 }, (_, index) => making(`${index}`, 1).commits[0]!)
      yield* store.commit(making("", 1, { commits }))
      yield* server.kill("SIGKILL")
      const restarting = yield* Effect.forkChild(server.restart)
      const reason = store.head.pipe(Effect.as(""), Effect.catch(({ cause }) => Effect.succeed(String(cause))))
      yield* until(Effect.map(reason, (told) => told.includes("LOADING")))
      assert.strictEqual((yield* (yield* openStore({ url: server.url })).head).position, 1000)
      yield* Fiber.join(restarting)
    }))

  it.live("scripts that Redis has forgotten are given to it again", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      const store = yield* openStore({ url })
      yield* store.commit(making("1", 1))
      yield* cli("SCRIPT", "FLUSH")
      assert.strictEqual((yield* store.commit(making("2", 2)))[0]?._tag, "Applied")
    }))

  it.live("an emptied Redis is behind everybody, under no cloud's name", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      const store = yield* openStore({ url })
      yield* store.commit(making("1", 1))
      yield* cli("FLUSHALL")
      assert.deepInclude(yield* Effect.flip(store.commit(making("2", 2))), { _tag: "StoreRolledBack", position: 0 })
      assert.deepInclude(yield* store.head, { cloudId: "", position: 0 })
      const another = yield* openStore({ url })
      assert.deepInclude(yield* Effect.flip(store.commit(making("2", 3))), { _tag: "StoreRolledBack" })
      assert.deepInclude(yield* another.head, { position: 0, timeline: 1 })
    }))

  it.live("the feed keeps about as many entries as it was told, and positions go on", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      const store = yield* openStore({ url, history: 100 })
      const commits = Array.from({ length: 1000 }, (_, index) => making(`${index}`, 1).commits[0]!)
      yield* store.commit(making("", 1, { commits }))
      const { oldest, position } = yield* store.head
      assert.strictEqual(position, 1000)
      assert.isAbove(oldest, 700)
      assert.isAtMost(oldest, 901)
      assert.strictEqual((yield* store.read(0, 1))[0]?.position, oldest)
    }))

  it.live("requests and writers are forgotten in time", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      const store = yield* openStore({ url })
      const batch = making("1", 1)
      yield* store.commit({ ...batch, commits: [{ ...batch.commits[0]!, requestId: "r" }] })
      const remaining = (key: string) => Effect.map(cli("PTTL", key), Number)
      assert.closeTo(yield* remaining(keys.request(batch.commits[0]!.appends[0]!, "r")), Limits.requestsKeptMillis, 5_000)
      assert.closeTo(yield* remaining(keys.writer("w")), Limits.writerKeptMillis, 5_000)
    }))

  it.live("no key is without an owner's tag", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      const store = yield* openStore({ url, name: "mine" })
      yield* store.commit(making("1", 1))
      const { epoch } = yield* store.register({ address: "a", about: "{}", isHealthy: true, leaseMillis: 1000 })
      yield* store.lock("a", epoch, ["s"])
      const found = (yield* cli("KEYS", "*")).split("\n")
      assert.isAbove(found.length, 8)
      assert.deepStrictEqual(found.filter((key) => !key.startsWith("{mine}:")), [])
    }))
})
