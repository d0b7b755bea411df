import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import * as TestClock from "effect/testing/TestClock"
import { Accounts } from "../../../src/actors/identity/AccountsProtocol.ts"
import { assign, unassign } from "../../../src/actors/identity/grants.ts"
import { Identity } from "../../../src/actors/identity/IdentityProtocol.ts"
import { createDomain, createProject, removeDomain, updateDomain, updateProject } from "../../../src/actors/identity/projects.ts"
import { createUser, updateUser } from "../../../src/actors/identity/users.ts"
import type { ScopeRequest } from "../../../src/actors/identity/authentication.ts"
import { nameKey } from "../../../src/actors/identity/Directory.ts"
import * as IdentityService from "../../../src/actors/identity/IdentityService.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import { memoryJournal } from "../../fixtures/ownership.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import { adminPassword, adminToken, layer } from "../../fixtures/accounts.ts"

/** A journal that takes its time, so that changes made at once do overlap. */
const layerSlow = IdentityService.layer({ passwordCost: { logN: 4, blockSize: 8, parallel: 1 } }).pipe(
  Layer.provide(Layer.effect(
    Records,
    Effect.map(Records, (records) => ({ ...records, write: (changes) => Effect.andThen(Effect.yieldNow, records.write(changes)) }))
  )),
  Layer.provide(RecordsIndex.layer),
  Layer.provide(memoryJournal)
)

const draft = (fields: Record<string, string | boolean | null>) => ({ fields, extra: {} })
const kindOf = <A>(exit: Exit.Exit<A, { readonly kind: string }>) =>
  Exit.isSuccess(exit) ? "ok" : exit.cause.reasons.map((reason) => reason._tag === "Fail" ? reason.error.kind : reason._tag).join()

/** A cloud with the user `ada` (password `pw`), a member of project `p1`. */
const cloud = Effect.gen(function*() {
  const accounts = yield* Accounts
  const identity = yield* Identity
  const { projectId: adminProject, userId: admin } = yield* accounts.bootstrap({ password: adminPassword })
  const hash = yield* accounts.hash("pw")
  const user = yield* accounts.change((now, fresh) => createUser(now, fresh.id, draft({ name: "ada" }), "default", hash))
  const project = yield* accounts.change((now, fresh) => createProject(now, fresh.id, draft({ name: "p1" }), "default"))
  const actor = { kind: "user", id: user.id } as const
  const scope = { kind: "project", id: project.id } as const
  const member = accounts.directory.named("role", nameKey(null, "member"))!.id
  yield* accounts.change((now) => assign(now, actor, scope, member))
  const login = (password: string, request: ScopeRequest = { kind: "project", reference: { id: project.id } }) =>
    accounts.authenticate({
      proofs: [{ method: "password", user: { name: "ada", domain: { id: "default" } }, password }],
      scope: request
    })
  const verdict = (token: string) => Effect.map(Effect.exit(identity.verify(token)), kindOf)
  return { accounts, identity, adminProject, admin, user, project, actor, scope, member, login, verdict }
})

describe("IdentityService", () => {
  it.effect("says who a caller is, with implied roles written out", () =>
    Effect.gen(function*() {
      const { identity, login, project, user } = yield* cloud
      const caller = yield* identity.verify((yield* login("pw")).token)
      assert.deepStrictEqual(caller, {
        userId: user.id,
        userName: "ada",
        domainId: "default",
        projectId: project.id,
        projectName: "p1",
        roles: ["member", "reader"],
        isAdmin: false,
        systemScope: false,
        expiresAt: "1970-01-01T01:00:00.000Z"
      })
      const admin = yield* identity.verify(yield* adminToken("system"))
      assert.deepStrictEqual(
        [admin.roles, admin.isAdmin, admin.systemScope, admin.projectId],
        [["admin", "manager", "member", "reader"], true, true, null]
      )
    }).pipe(Effect.provide(layer)))

  it.effect("refuses wrong passwords, unknown users and foreign scopes in one way", () =>
    Effect.gen(function*() {
      const { accounts, adminProject, login } = yield* cloud
      const unknown = accounts.authenticate({
        proofs: [{ method: "password", user: { name: "nobody", domain: { id: "default" } }, password: "pw" }],
        scope: { kind: "unscoped" }
      })
      const failures = yield* Effect.forEach([
        login("wrong"),
        unknown,
        login("pw", { kind: "project", reference: { id: adminProject } }),
        login("pw", { kind: "project", reference: { id: "nowhere" } }),
        login("pw", { kind: "domain", reference: { id: "default" } }),
        login("pw", { kind: "system" })
      ], Effect.flip)
      for (const failure of failures) {
        assert.deepStrictEqual(
          [failure.kind, failure.message],
          ["unauthorized", "The request you have made requires authentication."]
        )
      }
    }).pipe(Effect.provide(layer)))

  it.effect("refuses a token with one character changed, anywhere", () =>
    Effect.gen(function*() {
      const { login, verdict } = yield* cloud
      const { token } = yield* login("pw")
      assert.strictEqual(yield* verdict(token), "ok")
      for (let index = 0; index < token.length; index++) {
        const forged = token.slice(0, index) + (token[index] === "A" ? "B" : "A") + token.slice(index + 1)
        assert.strictEqual(yield* verdict(forged), "unauthorized")
      }
      for (const junk of ["", ".", "a.b", `${token}.`, `${token}A`, token.slice(0, -1), "é.é", token.split(".")[0]!]) {
        assert.strictEqual(yield* verdict(junk), "unauthorized")
      }
    }).pipe(Effect.provide(layer)))

  it.effect("ends a token at its hour", () =>
    Effect.gen(function*() {
      const { login, verdict } = yield* cloud
      const { token } = yield* login("pw")
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(yield* verdict(token), "ok")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* verdict(token), "unauthorized")
    }).pipe(Effect.provide(layer)))

  it.effect("revokes one token and no other", () =>
    Effect.gen(function*() {
      const { accounts, login, verdict } = yield* cloud
      const [one, other] = [(yield* login("pw")).token, (yield* login("pw")).token]
      yield* accounts.revoke(one)
      assert.deepStrictEqual([yield* verdict(one), yield* verdict(other)], ["unauthorized", "ok"])
      yield* TestClock.adjust("2 hours")
      const later = (yield* login("pw")).token
      yield* accounts.revoke(later)
      assert.strictEqual([...accounts.directory.all("revocation")].length, 1, "what has expired anyway is forgotten")
    }).pipe(Effect.provide(layer)))

  it.effect("a role, a user, a project taken away end the tokens that rest on them", () =>
    Effect.gen(function*() {
      const { accounts, actor, login, member, scope, user, verdict } = yield* cloud
      const { token } = yield* login("pw")
      yield* accounts.change((now) => unassign(now, actor, scope, member))
      assert.strictEqual(yield* verdict(token), "unauthorized")
      yield* accounts.change((now) => assign(now, actor, scope, member))
      assert.strictEqual(yield* verdict(token), "ok")
      yield* accounts.change((now) => updateUser(now, user.id, draft({ enabled: false }), undefined))
      assert.strictEqual(yield* verdict(token), "unauthorized")
      yield* accounts.change((now) => updateUser(now, user.id, draft({ enabled: true }), undefined))
      assert.strictEqual(yield* verdict(token), "unauthorized", "what was ended stays ended")
    }).pipe(Effect.provide(layer)))

  it.effect("a disabled project or domain ends the tokens for it, for as long as it is disabled", () =>
    Effect.gen(function*() {
      const { accounts, login, project, verdict } = yield* cloud
      const { token } = yield* login("pw")
      const system = yield* adminToken("system")
      const verdicts: Array<string> = []
      for (const enabled of [false, true]) {
        yield* accounts.change((now) => updateProject(now, project.id, draft({ enabled })))
        verdicts.push(yield* verdict(token))
      }
      for (const enabled of [false, true]) {
        yield* accounts.change((now) => updateDomain(now, "default", draft({ enabled })))
        verdicts.push(yield* verdict(token))
        assert.strictEqual(yield* verdict(system), enabled ? "ok" : "unauthorized", "the user's own domain counts too")
      }
      assert.deepStrictEqual(verdicts, ["unauthorized", "ok", "unauthorized", "ok"])
    }).pipe(Effect.provide(layer)))

  it.effect("a domain that goes while a project comes leaves no project without a domain", () =>
    Effect.gen(function*() {
      const { accounts } = yield* cloud
      yield* accounts.change((now) => createDomain(now, "d1", draft({ name: "d1", enabled: false })))
      yield* Effect.all([
        Effect.exit(accounts.change((now) => removeDomain(now, "d1"))),
        Effect.exit(accounts.change((now, fresh) => createProject(now, fresh.id, draft({ name: "x" }), "d1")))
      ], { concurrency: "unbounded" })
      const lost = [...accounts.directory.all("project")].filter(({ domainId }) => accounts.directory.get("domain", domainId) === undefined)
      assert.deepStrictEqual(lost, [])
    }).pipe(Effect.provide(layerSlow)))

  it.effect("a changed password ends the tokens issued before", () =>
    Effect.gen(function*() {
      const { accounts, login, user, verdict } = yield* cloud
      const before = (yield* login("pw")).token
      assert.strictEqual(kindOf(yield* Effect.exit(accounts.changePassword(user.id, "wrong", "new"))), "unauthorized")
      assert.strictEqual(yield* verdict(before), "ok")
      yield* accounts.changePassword(user.id, "pw", "new")
      const after = (yield* login("new")).token
      assert.deepStrictEqual([yield* verdict(before), yield* verdict(after)], ["unauthorized", "ok"])
      assert.strictEqual(kindOf(yield* Effect.exit(login("pw"))), "unauthorized")
    }).pipe(Effect.provide(layer)))

  it.effect("a rescoped token lives no longer than the first and names its audit id", () =>
    Effect.gen(function*() {
      const { accounts, login, project } = yield* cloud
      const first = yield* login("pw", { kind: "unscoped" })
      yield* TestClock.adjust("30 minutes")
      const second = yield* accounts.authenticate({
        proofs: [{ method: "token", token: first.token }],
        scope: { kind: "project", reference: { name: "p1", domain: { name: "Default" } } }
      })
      const [a, b] = [first.standing.claims, second.standing.claims]
      assert.deepStrictEqual(b.scope, { kind: "project", id: project.id })
      assert.strictEqual(b.expiresAt, a.expiresAt)
      assert.strictEqual(b.auditIds[1], a.auditIds[0])
      assert.deepStrictEqual([...b.methods].sort(), ["password", "token"])
    }).pipe(Effect.provide(layer)))

  it.effect("bootstraps once; a password given later replaces the one set", () =>
    Effect.gen(function*() {
      const accounts = yield* Accounts
      const first = yield* accounts.bootstrap({})
      const count = () => [...accounts.directory.all("role")].length + [...accounts.directory.all("project")].length
      const before = count()
      assert.isAbove(first.password!.length, 20)
      assert.deepStrictEqual(yield* accounts.bootstrap({}), { ...first, password: null })
      assert.deepStrictEqual(yield* accounts.bootstrap({ password: first.password! }), { ...first, password: null })
      assert.deepStrictEqual(yield* accounts.bootstrap({ password: "another" }), { ...first, password: "another" })
      assert.strictEqual(count(), before)
    }).pipe(Effect.provide(layer)))

  it.effect("of many racing creations of one name exactly one wins", () =>
    Effect.gen(function*() {
      const { accounts } = yield* cloud
      const exits = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => index),
        () => Effect.exit(accounts.change((now, fresh) => createProject(now, fresh.id, draft({ name: "race" }), "default"))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(exits.map(kindOf).sort(), [...Array.from({ length: 19 }, () => "conflict"), "ok"])
    }).pipe(Effect.provide(layer)))
})
