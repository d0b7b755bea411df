import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { Accounts } from "../../../src/actors/identity/AccountsProtocol.ts"
import type { Proof } from "../../../src/actors/identity/authentication.ts"
import * as IdentityService from "../../../src/actors/identity/IdentityService.ts"
import { Identity } from "../../../src/actors/identity/IdentityProtocol.ts"
import { provenBy } from "../../../src/actors/identity/ProofService.ts"
import { unauthenticated } from "../../../src/actors/identity/refusals.ts"
import { memoryJournal } from "../../fixtures/ownership.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import { makeCloud } from "../../fixtures/directory.ts"

describe("proofs", () => {
  it.effect.each<Proof>([
    { method: "password", user: { id: "nobody" }, password: "x" },
    { method: "password", user: { name: "nobody", domain: { id: "default" } }, password: "x" },
    { method: "password", user: { name: "admin", domain: { id: "nowhere" } }, password: "x" },
    { method: "password", user: { id: "user admin" }, password: "x" },
    { method: "application_credential", credential: { id: "none" }, secret: "x" },
    { method: "application_credential", credential: { name: "none" }, user: { id: "nobody" }, secret: "x" }
  ])("a wrong one costs one hash whether or not its user exists: %j", (proof) =>
    Effect.gen(function*() {
      let hashes = 0
      const prove = provenBy({
        directory: makeCloud().directory,
        inspect: () => Effect.fail(unauthenticated),
        matches: () => Effect.sync(() => ++hashes === 0)
      })
      const failure = yield* Effect.flip(prove(proof))
      assert.deepStrictEqual([failure, hashes], [unauthenticated, 1])
    }))
})

describe("restart", () => {
  const service = Layer.fresh(IdentityService.layer({ passwordCost: { logN: 4, blockSize: 8, parallel: 1 } })).pipe(
    Layer.provide(Layer.fresh(RecordsIndex.layer))
  )
  const login = Effect.gen(function*() {
    const accounts = yield* Accounts
    const { userId } = yield* accounts.bootstrap({ password: "pw" })
    const proof = { method: "password", user: { id: userId }, password: "pw" } as const
    return (yield* accounts.authenticate({ proofs: [proof], scope: { kind: "system" } })).token
  })

  it.effect("tokens stay good and revoked ones stay revoked", () =>
    Effect.gen(function*() {
      const [good, revoked] = yield* Effect.gen(function*() {
        const tokens = [yield* login, yield* login] as const
        yield* (yield* Accounts).revoke(tokens[1])
        return tokens
      }).pipe(Effect.provide(service))
      yield* Effect.gen(function*() {
        const identity = yield* Identity
        assert.isTrue((yield* identity.verify(good)).isAdmin)
        assert.isTrue(Exit.isFailure(yield* Effect.exit(identity.verify(revoked))))
      }).pipe(Effect.provide(service))
    }).pipe(Effect.provide(memoryJournal)))
})
