/** A Redis that could not keep a cloud is refused when the store is opened, with the line that puts it right. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { TestClock } from "effect/testing"
import { keysOf } from "../../../src/runtime/redis/keys.ts"
import { aclLine } from "../../../src/runtime/redis/permissions.ts"
import { parseInfo, version } from "../../../src/runtime/redis/preflight.ts"
import type { Options } from "../../../src/runtime/redis/settings.ts"
import { describeRedis, redisServer } from "../../fixtures/redisServer.ts"
import { making, openStore } from "./use.ts"

const refusalOf = (options: Options) => Effect.flip(Effect.scoped(openStore(options)))

describeRedis("opening a store in Redis", () => {
  it.live("refuses a user name or password that is wrong or missing", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer({ conf: ["requirepass secret"], cliArgs: ["--no-auth-warning", "-a", "secret"] })
      for (const options of [{ url }, { url, password: "wrong" }, { url, username: "nobody", password: "secret" }]) {
        assert.deepInclude(yield* refusalOf(options), { reason: "credentials" })
      }
      yield* Effect.scoped(openStore({ url, password: "secret" }))
      yield* Effect.scoped(openStore({ url: url.replace("://", "://default:secret@") }))
    }))

  it.live("refuses a password where none is set", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      assert.deepInclude(yield* refusalOf({ url, password: "secret" }), { reason: "credentials" })
    }))

  it.live("a user with the permissions of the documented line works, with one less is told that line", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      const line = aclLine(keysOf("kilonova:cell1"), "nova")
      assert.strictEqual(yield* cli(...line.split(" "), ">secret"), "OK")
      const options = { url, username: "nova", password: "secret" }
      const store = yield* openStore(options)
      assert.strictEqual((yield* store.commit(making("1", 1)))[0]?._tag, "Applied")
      const { epoch } = yield* store.register({ address: "a", about: "{}", isHealthy: true, leaseMillis: 1000 })
      assert.strictEqual((yield* store.lock("a", epoch, ["s"])).length, 1)
      assert.strictEqual((yield* store.read(0, 9)).length, 1)
      assert.strictEqual((yield* store.follow(0, 9)).length, 1)
      for (const command of ["xadd", "hscan", "evalsha", "info"]) {
        assert.strictEqual(yield* cli("ACL", "SETUSER", "nova", `-${command}`), "OK")
        const { message, reason } = yield* refusalOf(options)
        assert.strictEqual(reason, "permissions")
        assert.include(message, command)
        assert.include(message, line)
        yield* cli("ACL", "SETUSER", "nova", `+${command}`)
      }
      assert.deepInclude(yield* refusalOf({ ...options, name: "another" }), { reason: "permissions" })
    }))

  const settings: ReadonlyArray<readonly [conf: string, reason: string, fix: string, options?: Partial<Options>]> = [
    ["maxmemory-policy allkeys-lru", "eviction", "CONFIG SET maxmemory-policy noeviction"],
    ["maxmemory-policy volatile-ttl", "eviction", "CONFIG SET maxmemory-policy noeviction"],
    ["appendonly no", "persistence", "CONFIG SET appendonly yes"],
    ["appendfsync everysec", "persistence", "CONFIG SET appendfsync always"],
    ["appendfsync no", "persistence", "CONFIG SET appendfsync everysec", { durability: "everysec" }],
    ["appendfsync no", "persistence", "CONFIG SET appendfsync everysec", { durability: "replica" }]
  ]
  for (const [conf, reason, fix, options] of settings) {
    it.live(`refuses ${conf} (durability ${options?.durability ?? "always"}), and the line it names is the cure`, () =>
      Effect.gen(function*() {
        const { cli, url } = yield* redisServer({ conf: [conf] })
        const refusal = yield* refusalOf({ url, ...options })
        assert.strictEqual(refusal.reason, reason)
        assert.include(refusal.message, fix)
        yield* cli(...fix.split(" "))
        yield* Effect.scoped(openStore({ url, ...options }))
      }))
  }

  it.live("keeps a cloud that may be lost in a Redis that writes nothing", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer({ conf: ["appendonly no"] })
      const store = yield* openStore({ url, requirePersistence: false })
      assert.strictEqual((yield* store.commit(making("1", 1)))[0]?._tag, "Applied")
    }))

  it.live("says which checks it could not make where CONFIG is forbidden", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      yield* cli("ACL", "SETUSER", "default", "-config")
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      yield* Effect.scoped(openStore({ url })).pipe(Effect.provide(Logger.layer([logger])))
      assert.match(lines.join("\n"), /Not checked at Redis: appendfsync, which must be always/)
    }))

  it.live("refuses a replica and names its master's place in INFO", () =>
    Effect.gen(function*() {
      const master = yield* redisServer()
      const replica = yield* redisServer({ conf: [`replicaof 127.0.0.1 ${master.port}`] })
      assert.deepInclude(yield* refusalOf({ url: replica.url }), { reason: "replica" })
    }))

  it.live("refuses one node of a cluster", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer({ conf: ["cluster-enabled yes"] })
      const refusal = yield* refusalOf({ url })
      assert.strictEqual(refusal.reason, "address")
      assert.include(refusal.message, "redis+cluster://")
    }))

  it.live("refuses a store of a newer format, and leaves it as it is", () =>
    Effect.gen(function*() {
      const { cli, url } = yield* redisServer()
      yield* Effect.scoped(openStore({ url }))
      yield* cli("HSET", keysOf("kilonova:cell1").meta, "format", "99")
      assert.deepInclude(yield* refusalOf({ url, acceptLoss: true }), { reason: "newer" })
      assert.strictEqual(yield* cli("HGET", keysOf("kilonova:cell1").meta, "timeline"), "1")
    }))

  // The clock of this test stands at 1970.
  it.effect("refuses a Redis whose clock is far from ours", () =>
    Effect.gen(function*() {
      const { url } = yield* TestClock.withLive(redisServer())
      assert.deepInclude(yield* refusalOf({ url }), { reason: "clock" })
    }))

  it.live("refuses an address where nobody listens, and a URL that is none", () =>
    Effect.gen(function*() {
      const server = yield* redisServer()
      yield* server.kill()
      assert.deepInclude(yield* refusalOf({ url: server.url }), { reason: "unreachable" })
      for (const url of ["http://host", "redis://a,b", "redis+sentinel://host:1", "redis://host:99999", "redis+cluster://h/1"]) {
        assert.deepInclude(yield* refusalOf({ url }), { reason: "address" })
      }
      assert.deepInclude(yield* refusalOf({ url: server.url, name: "a{b" }), { reason: "address" })
    }))

  it.live("begins a new timeline when loss is accepted, and writers of the old one are told", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      const before = yield* openStore({ url })
      yield* before.commit(making("1", 1))
      const { cloudId } = yield* before.head
      const after = yield* openStore({ url, acceptLoss: true })
      assert.deepInclude(yield* after.head, { cloudId, timeline: 2, position: 1 })
      assert.deepInclude(yield* Effect.flip(before.commit(making("2", 2))), { _tag: "StoreRolledBack" })
      assert.strictEqual((yield* after.commit(making("2", 1, { writer: "v" })))[0]?._tag, "Applied")
    }))
})

describeRedis("a store that was found to have lost commits", () => {
  it.live("is opened by nobody but who accepts the loss", () =>
    Effect.gen(function*() {
      const { url } = yield* redisServer()
      const finder = yield* openStore({ url })
      yield* finder.commit(making("1", 1))
      yield* finder.condemn
      assert.deepInclude(yield* refusalOf({ url }), { reason: "rolledBack" })
      assert.deepInclude(yield* (yield* openStore({ url, acceptLoss: true })).head, { timeline: 2, position: 1 })
      yield* finder.condemn
      assert.deepInclude(yield* (yield* openStore({ url })).head, { timeline: 2 })
    }))
})

describe("the version of Redis", () => {
  it("must be 7.0 or newer", () => {
    assert.include(version(parseInfo("# Server\r\nredis_version:6.2.14\r\n"))?.message, "6.2.14")
    assert.isUndefined(version(parseInfo("redis_version:7.0.0\r\n")))
    assert.isUndefined(version(parseInfo("redis_version:10.1.0\r\n")))
  })
})
