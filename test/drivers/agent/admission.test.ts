/** Who is let in: the rules that keep a stranger, or a taken-over hypervisor, from speaking for a host. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { dial } from "../../../src/drivers/agent/dial.ts"
import type { FromRunner } from "../../../src/drivers/agent/protocol.ts"
import { agentProof, nonce } from "../../../src/drivers/agent/proofs.ts"
import { keyOf, tokenOf } from "../../../src/actors/host/AgentCredential.ts"
import { claimOf, intrude } from "./intruder.ts"
import { makeWorld, pass, passUntil, quiet, startRunner, until } from "./world.ts"

const forged = tokenOf(new Uint8Array(32))

const cloud = Effect.gen(function*() {
  const world = yield* makeWorld
  const runner = yield* startRunner(world)
  const { token: a } = yield* runner.credentials.create("host-a")
  const { token: b } = yield* runner.credentials.create("host-b")
  return { world, runner, url: runner.url, a, b }
})

describe("an agent is refused", () => {
  const refusals: ReadonlyArray<readonly [string, (tokens: { readonly a: string; readonly b: string }) => { readonly host: string; readonly token: string }]> = [
    ["with a token nobody made", () => ({ host: "host-a", token: forged })],
    ["for a host nobody made a token for", () => ({ host: "host-c", token: forged })],
    ["with another host's token", ({ b }) => ({ host: "host-a", token: b })]
  ]
  it.effect.each(refusals)("%s, and told no more than that", ([, attempt]) =>
    Effect.gen(function*() {
      const { a, b, runner, url } = yield* cloud
      const tried = attempt({ a, b })
      const intruder = yield* intrude(url, tried)
      const ended = yield* intruder.hears("Ended")
      assert.deepStrictEqual([ended.reason, ended.message.replaceAll(tried.host, "HOST")], [
        "credential",
        `The credential of host HOST is wrong, revoked, or was never made: make one with "kilonova cluster token HOST" and give it to its agent`
      ])
      yield* until(intruder.isClosed)
      assert.deepStrictEqual(runner.fleet.hosts, [])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("with a token that was revoked, and with one that was replaced", () =>
    Effect.gen(function*() {
      const { a, b, runner, url } = yield* cloud
      yield* runner.credentials.revoke("host-a")
      yield* runner.credentials.create("host-b")
      for (const attempt of [{ host: "host-a", token: a }, { host: "host-b", token: b }]) {
        assert.strictEqual((yield* (yield* intrude(url, attempt)).hears("Ended")).reason, "credential")
      }
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("with a proof that was recorded on another connection", () =>
    Effect.gen(function*() {
      const { a, runner, url } = yield* cloud
      const first = yield* dial(url, null)
      const recorded = claimOf({ host: "host-a", token: a }, (yield* first.Hello()).nonce)
      const second = yield* dial(url, null)
      yield* second.Hello()
      const [message] = yield* Stream.runCollect(Stream.take(second.Attach(recorded), 1))
      assert.deepInclude(message, { _tag: "Ended", reason: "credential" })
      assert.deepStrictEqual(runner.fleet.hosts, [])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("without a nonce, and with one that was used", () =>
    Effect.gen(function*() {
      const { a, url } = yield* cloud
      const attachTwice = Effect.gen(function*() {
        const client = yield* dial(url, null)
        const { nonce: given } = yield* client.Hello()
        const heard: Array<FromRunner> = []
        for (const token of [forged, a]) {
          yield* Effect.ignoreCause(Stream.runForEach(client.Attach(claimOf({ host: "host-a", token }, given)), (message) =>
            Effect.sync(() => void heard.push(message))))
        }
        return heard
      })
      assert.deepStrictEqual((yield* attachTwice).map((message) => message._tag === "Ended" && message.reason), ["credential"])
      const client = yield* dial(url, null)
      const [message] = yield* Stream.runCollect(Stream.take(client.Attach(claimOf({ host: "host-a", token: a }, nonce())), 1))
      assert.deepInclude(message, { _tag: "Ended", reason: "handshake" })
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("when its proof was made for another name of an agent", () =>
    Effect.gen(function*() {
      const { a, url } = yield* cloud
      const client = yield* dial(url, null)
      const { nonce: given } = yield* client.Hello()
      const claim = { ...claimOf({ host: "host-a", token: a }, given), proof: agentProof(keyOf(a), given, "host-a", "somebody else") }
      const [message] = yield* Stream.runCollect(Stream.take(client.Attach(claim), 1))
      assert.deepInclude(message, { _tag: "Ended", reason: "credential" })
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("when its protocol is two versions away, by both numbers; one away is let in", () =>
    Effect.gen(function*() {
      const { a, runner, url } = yield* cloud
      const far = yield* intrude(url, { host: "host-a", token: a, claim: { protocol: 3 } })
      const { message, reason } = yield* far.hears("Ended")
      assert.strictEqual(reason, "version")
      assert.include(message, "speaks version 3 of the agent protocol, this runner version 1")
      yield* (yield* intrude(url, { host: "host-a", token: a, claim: { protocol: 2 } })).hears("Adopted")
      assert.deepStrictEqual(runner.fleet.hosts, ["host-a"])
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})

describe("a host has one agent", () => {
  it.effect("a second one is refused while the first answers", () =>
    Effect.gen(function*() {
      const { a, url } = yield* cloud
      const first = yield* intrude(url, { host: "host-a", token: a, claim: { agentId: "one" } })
      yield* first.hears("Adopted")
      yield* pass(10_000)
      const second = yield* intrude(url, { host: "host-a", token: a, claim: { agentId: "two" } })
      assert.deepInclude(yield* second.hears("Ended"), {
        reason: "busy", message: "Another agent is attached for host host-a, and answers: end that one first"
      })
      assert.isFalse(first.isClosed())
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("the same agent's newer connection takes the place of its older one", () =>
    Effect.gen(function*() {
      const { a, runner, url } = yield* cloud
      const first = yield* intrude(url, { host: "host-a", token: a })
      yield* first.hears("Adopted")
      const second = yield* intrude(url, { host: "host-a", token: a })
      yield* second.hears("Adopted")
      yield* until(first.isClosed)
      assert.deepStrictEqual(runner.fleet.hosts, ["host-a"])
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("one that does not answer is given up, and another may come", () =>
    Effect.gen(function*() {
      const { a, runner, url } = yield* cloud
      const mute = yield* intrude(url, { host: "host-a", token: a, isMute: true, claim: { agentId: "one" } })
      yield* mute.hears("Adopted")
      const millis = yield* passUntil(() => runner.fleet.hosts.length === 0, 10_000)
      assert.isAtLeast(millis, 2_500)
      assert.isAtMost(millis, 4_500)
      yield* (yield* intrude(url, { host: "host-a", token: a, claim: { agentId: "two" } })).hears("Adopted")
    }).pipe(Effect.scoped, Effect.provide(quiet)))

  it.effect("revoking its credential ends its attachment at once", () =>
    Effect.gen(function*() {
      const { a, runner, url } = yield* cloud
      const intruder = yield* intrude(url, { host: "host-a", token: a })
      yield* intruder.hears("Adopted")
      yield* runner.credentials.revoke("host-a")
      assert.deepStrictEqual(runner.fleet.hosts, [])
      assert.strictEqual((yield* intruder.hears("Ended")).reason, "credential")
      yield* until(intruder.isClosed)
    }).pipe(Effect.scoped, Effect.provide(quiet)))
})
