/** The credentials of agents, as operators make and end them. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { agentCredentials, isToken, keyOf } from "../../../src/actors/host/AgentCredential.ts"
import { AgentCredentials } from "../../../src/actors/host/AgentCredentialsProtocol.ts"
import * as AgentCredentialsService from "../../../src/actors/host/AgentCredentialsService.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import { memoryJournal } from "../../fixtures/ownership.ts"

const service = Effect.map(
  Layer.build(AgentCredentialsService.layer.pipe(Layer.provideMerge(RecordsIndex.layer), Layer.provide(memoryJournal))),
  (context) => ({ credentials: Context.get(context, AgentCredentials), records: Context.get(context, Records) })
)

describe("the credentials of agents", () => {
  it.effect("keep nothing from which the token could be read", () =>
    Effect.gen(function*() {
      const { credentials, records } = yield* service
      const { token } = yield* credentials.create("host-a")
      assert.isTrue(isToken(token))
      const kept = records.get(agentCredentials, "host-a")!
      assert.strictEqual(kept.key, keyOf(token))
      assert.notInclude(JSON.stringify([kept, credentials.list()]), token.slice(-20))
      assert.notInclude(JSON.stringify(credentials.list()), kept.key)
    }).pipe(Effect.scoped))

  it.effect("are one a host: a new one ends the old one, and a revoked one stays in the list", () =>
    Effect.gen(function*() {
      const { credentials, records } = yield* service
      const first = yield* credentials.create("b")
      yield* credentials.create("a")
      const second = yield* credentials.create("b")
      assert.notStrictEqual(first.token, second.token)
      assert.strictEqual(records.get(agentCredentials, "b")?.key, keyOf(second.token))
      yield* credentials.revoke("b")
      yield* credentials.revoke("b")
      assert.deepStrictEqual(credentials.list().map(({ hostname, revokedAt }) => [hostname, revokedAt !== null]), [["a", false], ["b", true]])
      yield* credentials.create("b")
      assert.isNull(records.get(agentCredentials, "b")!.revokedAt)
    }).pipe(Effect.scoped))

  it.effect("are refused for what is no hostname, and revoked only where there is one", () =>
    Effect.gen(function*() {
      const { credentials } = yield* service
      for (const hostname of ["", "../x", "a b", "x".repeat(256)]) {
        assert.strictEqual((yield* Effect.flip(credentials.create(hostname))).kind, "badRequest")
      }
      assert.strictEqual((yield* Effect.flip(credentials.revoke("nobody"))).kind, "notFound")
    }).pipe(Effect.scoped))
})
