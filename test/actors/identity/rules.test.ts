import { assert, describe, it } from "@effect/vitest"
import { draftOf, type Writable } from "../../../src/actors/identity/attributes.ts"
import { authRequestOf } from "../../../src/actors/identity/authentication.ts"
import { createCredential } from "../../../src/actors/identity/applicationCredentials.ts"
import { grantKey, systemScope } from "../../../src/actors/identity/Directory.ts"
import { assign, unassign } from "../../../src/actors/identity/grants.ts"
import {
  createDomain, createProject, removeDomain, removeProject, updateDomain, updateProject
} from "../../../src/actors/identity/projects.ts"
import { isRefusal } from "../../../src/actors/shared/Refusal.ts"
import { createRole, imply, removeRole, updateRole } from "../../../src/actors/identity/roleRules.ts"
import { rolesOn } from "../../../src/actors/identity/roles.ts"
import { standingOf } from "../../../src/actors/identity/standing.ts"
import { createGroup, createUser, removeUser, setMember, updateUser } from "../../../src/actors/identity/users.ts"
import { draft, makeCloud } from "../../fixtures/directory.ts"

const message = (value: unknown) => isRefusal(value) ? `${value.kind}: ${value.message}` : value

describe("token requests", () => {
  const password = { user: { name: "ada", domain: { id: "default" }, password: "pw" } }
  const identity = { methods: ["password"], password }
  const bad: ReadonlyArray<readonly [body: unknown, kind: string, says: RegExp]> = [
    [null, "badRequest", /auth in request body/],
    [[], "badRequest", /auth/],
    [{ auth: [] }, "badRequest", /auth/],
    [{ auth: {} }, "badRequest", /identity/],
    [{ auth: { identity: {} } }, "badRequest", /methods/],
    [{ auth: { identity: { methods: [7] } } }, "badRequest", /methods/],
    [{ auth: { identity: { methods: [] } } }, "unauthorized", /authentication/],
    [{ auth: { identity: { methods: ["password"] } } }, "badRequest", /password in identity/],
    [{ auth: { identity: { methods: ["magic"], magic: {} } } }, "unauthorized", /authentication/],
    [{ auth: { identity: { methods: ["__proto__"] } } }, "unauthorized", /authentication/],
    [{ auth: { identity: { methods: ["password"], password: {} } } }, "badRequest", /user in password/],
    [{ auth: { identity: { methods: ["password"], password: { user: { password: "x" } } } } }, "badRequest", /id or name/],
    [{ auth: { identity: { methods: ["password"], password: { user: { name: "a", password: "x" } } } } }, "badRequest", /domain in user/],
    [{ auth: { identity: { methods: ["password"], password: { user: { id: 7, password: "x" } } } } }, "badRequest", /user\/id/],
    [{ auth: { identity: { methods: ["password"], password: { user: { id: "u" } } } } }, "badRequest", /password in user/],
    [{ auth: { identity: { methods: ["token"], token: {} } } }, "badRequest", /id in token/],
    [{ auth: { identity, scope: [] } }, "badRequest", /scope/],
    [{ auth: { identity, scope: {} } }, "badRequest", /scope/],
    [{ auth: { identity, scope: { project: { id: "p" }, domain: { id: "d" } } } }, "badRequest", /scope/],
    [{ auth: { identity, scope: { project: { name: "p" } } } }, "badRequest", /domain in project/],
    [{ auth: { identity, scope: { project: {} } } }, "badRequest", /scope\/project/],
    [{ auth: { identity, scope: { system: {} } } }, "badRequest", /system/],
    [{ auth: { identity: { methods: ["application_credential"], application_credential: { id: "c" } } } }, "badRequest", /secret/],
    [{ auth: { identity: { methods: ["application_credential"], application_credential: { name: "c", secret: "s" } } } }, "badRequest", /user/],
    [
      { auth: { identity: { methods: ["application_credential"], application_credential: { id: "c", secret: "s" } }, scope: "unscoped" } },
      "unauthorized",
      /authentication/
    ]
  ]
  it.each(bad)("%j is refused", (body, kind, says) => {
    const refusal = authRequestOf(body)
    assert.isTrue(isRefusal(refusal))
    if (!isRefusal(refusal)) return
    assert.strictEqual(refusal.kind, kind)
    assert.match(refusal.message, says)
  })

  it.each([
    [undefined, { kind: "default" }],
    ["unscoped", { kind: "unscoped" }],
    [{ unscoped: {} }, { kind: "unscoped" }],
    [{ system: { all: true } }, { kind: "system" }],
    [{ domain: { name: "d" } }, { kind: "domain", reference: { name: "d" } }],
    [{ project: { name: "p", domain: { name: "d" } } }, { kind: "project", reference: { name: "p", domain: { name: "d" } } }]
  ] as const)("scope %j is %j", (scope, expected) => {
    const request = authRequestOf({ auth: { identity, ...(scope === undefined ? {} : { scope }) } })
    assert.deepStrictEqual(isRefusal(request) ? request : request.scope, expected)
  })
})

describe("drafts", () => {
  it.each<readonly [Writable, unknown, RegExp]>([
    ["project", undefined, /'project' is a required/],
    ["project", { project: [] }, /'project' is a required/],
    ["project", { project: {} }, /'name' is a required/],
    ["project", { project: { name: "" } }, /'name'.*short/],
    ["project", { project: { name: "  " } }, /'name'.*blank/],
    ["project", { project: { name: "x".repeat(65) } }, /'name'.*64/],
    ["project", { project: { name: 7 } }, /'name'.*string/],
    ["project", { project: { name: "p", enabled: "true" } }, /'enabled'/],
    ["project", { project: { name: "p", description: 7 } }, /'description'/],
    ["project", { project: { name: "p", tags: ["a", "a"] } }, /'tags'.*unique/],
    ["project", { project: { name: "p", tags: ["a,b"] } }, /'tags'/],
    ["project", { project: { name: "p", tags: Array.from({ length: 81 }, (_, index) => `t${index}`) } }, /'tags'.*80/],
    ["project", { project: { name: "p", options: { nope: true } } }, /'options'.*nope/],
    ["project", { project: { name: "p", parent_id: "a/b" } }, /'parent_id'/],
    ["user", { user: { name: "u", password: 7 } }, /'password'/],
    ["user", { user: { name: "u", options: { multi_factor_auth_enabled: true } } }, /'options'/],
    ["user", { user: { name: "x".repeat(256) } }, /'name'.*255/],
    ["role", { role: { name: "r", domain_id: 7 } }, /'domain_id'/],
    ["application_credential", { application_credential: { name: "a", color: "red" } }, /color/]
  ])("%s %j is refused", (kind, body, says) => {
    const refusal = draftOf(kind, body, "create")
    assert.isTrue(isRefusal(refusal))
    assert.match(isRefusal(refusal) ? refusal.message : "", says)
  })

  it("keeps what it does not know, except what the server writes", () =>
    assert.deepStrictEqual(
      draftOf("user", { user: { name: "u", email: "a@b", id: "mine", links: {}, password: "x" } }, "create"),
      { fields: { name: "u", password: "x" }, extra: { email: "a@b" } }
    ))
})

describe("projects and domains", () => {
  it("names are unique within their domain, not beyond it", () => {
    const { directory, run } = makeCloud()
    run(createDomain(directory, "d1", draft({ name: "d1" })))
    run(createProject(directory, "p1", draft({ name: "p" }), "default"))
    assert.strictEqual(run(createProject(directory, "p2", draft({ name: "p" }), "default")), "conflict")
    assert.isObject(run(createProject(directory, "p3", draft({ name: "p", domain_id: "d1" }), "default")))
    assert.strictEqual(run(createDomain(directory, "d2", draft({ name: "d1" }))), "conflict")
    assert.strictEqual(run(updateProject(directory, "project service", draft({ name: "p" }))), "conflict")
  })

  it("a tree has a domain, a depth, and no disabled branch", () => {
    const { directory, run } = makeCloud()
    run(createDomain(directory, "d1", draft({ name: "d1" })))
    const under = (id: string, parent: string) => run(createProject(directory, id, draft({ name: id, parent_id: parent }), "default"))
    for (const [id, parent] of [["a", "default"], ["b", "a"], ["c", "b"], ["d", "c"], ["e", "d"]] as const) assert.isObject(under(id, parent))
    assert.strictEqual(under("f", "e"), "forbidden", "too deep")
    assert.strictEqual(under("f", "nowhere"), "notFound")
    assert.strictEqual(run(createProject(directory, "g", draft({ name: "g", domain_id: "nowhere" }), "default")), "notFound")
    assert.strictEqual(run(createProject(directory, "g", draft({ name: "g", parent_id: "a", domain_id: "d1" }), "default")), "badRequest")
    assert.strictEqual(run(updateProject(directory, "a", draft({ enabled: false }))), "forbidden")
    assert.strictEqual(run(updateProject(directory, "a", draft({ parent_id: "b" }))), "forbidden")
    assert.strictEqual(run(removeProject(directory, "a")), "forbidden")
    assert.isObject(run(updateProject(directory, "e", draft({ enabled: false }))))
    run(removeProject(directory, "e"))
    assert.isObject(run(updateProject(directory, "d", draft({ enabled: false }))))
    assert.strictEqual(under("e", "d"), "badRequest", "a disabled branch")
  })

  it("what goes takes its grants and application credentials with it", () => {
    const { directory, run } = makeCloud()
    run(createDomain(directory, "d1", draft({ name: "d1" })))
    run(createProject(directory, "p", draft({ name: "p", domain_id: "d1" }), "default"))
    run(createUser(directory, "u", draft({ name: "u", domain_id: "d1" }), "default", null))
    run(assign(directory, { kind: "user", id: "u" }, { kind: "project", id: "p" }, "role member"))
    run(assign(directory, { kind: "user", id: "user admin" }, { kind: "project", id: "p" }, "role admin"))
    run(assign(directory, { kind: "user", id: "u" }, systemScope, "role reader"))
    const before = [...makeCloud().directory.all("grant")].length
    assert.strictEqual(run(removeDomain(directory, "d1")), "forbidden", "enabled")
    run(updateDomain(directory, "d1", draft({ enabled: false })))
    assert.isNull(run(removeDomain(directory, "d1")))
    assert.deepStrictEqual(
      [directory.get("project", "p"), directory.get("user", "u"), [...directory.all("grant")].length],
      [undefined, undefined, before]
    )
  })

  it("the immutable changes only after saying so", () => {
    const { directory, run } = makeCloud()
    run(createProject(directory, "p", draft({ name: "p", options: { immutable: true } }), "default"))
    assert.strictEqual(run(updateProject(directory, "p", draft({ name: "q" }))), "forbidden")
    assert.strictEqual(run(removeProject(directory, "p")), "forbidden")
    run(updateProject(directory, "p", draft({ options: { immutable: false } })))
    assert.isNull(run(removeProject(directory, "p")))
    assert.strictEqual(run(removeRole(directory, "role admin")), "forbidden")
    assert.strictEqual(run(updateRole(directory, "role admin", draft({ name: "root" }))), "forbidden")
  })
})

describe("roles", () => {
  it("reach a user through groups and implication", () => {
    const { directory, run } = makeCloud()
    const scope = { kind: "project", id: "project service" } as const
    run(createUser(directory, "u", draft({ name: "u" }), "default", null))
    run(createGroup(directory, "g", draft({ name: "g" }), "default"))
    run(assign(directory, { kind: "group", id: "g" }, scope, "role manager"))
    const names = () => rolesOn(directory, directory.get("user", "u")!, scope).map((role) => role.name)
    assert.deepStrictEqual(names(), [])
    run(setMember(directory, "g", "u", true))
    assert.deepStrictEqual(names(), ["manager", "member", "reader"])
    run(setMember(directory, "g", "u", false))
    assert.deepStrictEqual(names(), [])
  })

  it("imply no circle and never admin", () => {
    const { directory, run } = makeCloud()
    run(createRole(directory, "r", draft({ name: "r" })))
    assert.strictEqual(run(imply(directory, "role reader", "role manager")), "forbidden")
    assert.strictEqual(run(imply(directory, "r", "r")), "forbidden")
    assert.strictEqual(run(imply(directory, "r", "role admin")), "forbidden")
    assert.isNull(run(imply(directory, "r", "role member")))
    assert.strictEqual(run(imply(directory, "r", "nowhere")), "notFound")
  })

  it("given, taken, and gone with the role itself", () => {
    const { directory, run } = makeCloud()
    const actor = { kind: "user", id: "user admin" } as const
    run(createRole(directory, "r", draft({ name: "r" })))
    assert.isNull(run(assign(directory, actor, systemScope, "r")))
    assert.isNull(run(assign(directory, actor, systemScope, "r")), "twice is once")
    assert.deepStrictEqual(directory.get("grant", grantKey(actor, systemScope))!.roleIds, ["role admin", "r"])
    assert.strictEqual(run(assign(directory, actor, { kind: "project", id: "nowhere" }, "r")), "notFound")
    assert.strictEqual(run(assign(directory, { kind: "user", id: "nobody" }, systemScope, "r")), "notFound")
    assert.strictEqual(run(unassign(directory, actor, systemScope, "role reader")), "notFound", "implied is not assigned")
    assert.isNull(run(removeRole(directory, "r")))
    assert.deepStrictEqual(directory.get("grant", grantKey(actor, systemScope))!.roleIds, ["role admin"])
  })

  it("of one domain stay in it", () => {
    const { directory, run } = makeCloud()
    run(createDomain(directory, "d1", draft({ name: "d1" })))
    run(createRole(directory, "local", draft({ name: "admin", domain_id: "d1" })))
    const actor = { kind: "user", id: "user admin" } as const
    assert.strictEqual(run(assign(directory, actor, { kind: "project", id: "project admin" }, "local")), "forbidden")
    assert.strictEqual(run(assign(directory, actor, systemScope, "local")), "badRequest")
    assert.isNull(run(assign(directory, actor, { kind: "domain", id: "d1" }, "local")))
  })
})

describe("users", () => {
  it("lose their tokens when disabled or given another password, and only then", () => {
    const { directory, run } = makeCloud()
    const epochAfter = (fields: Record<string, string | boolean>, hash?: string | null) => {
      run(updateUser(directory, "user admin", draft(fields), hash))
      return directory.get("user", "user admin")!.epoch
    }
    assert.deepStrictEqual(
      [epochAfter({ name: "root" }), epochAfter({ enabled: true }), epochAfter({ enabled: false }), epochAfter({ enabled: true }), epochAfter({ description: "d" }, "h")],
      [0, 0, 1, 1, 2]
    )
    assert.strictEqual(run(updateUser(directory, "user admin", draft({ domain_id: "d1" }), undefined)), "badRequest")
    assert.isNull(run(removeUser(directory, "user admin")))
    assert.deepStrictEqual([...directory.all("grant")], [])
  })
})

describe("application credentials", () => {
  const { directory, apply, run } = makeCloud()
  run(createUser(directory, "u", draft({ name: "u" }), "default", null))
  const actor = { kind: "user", id: "u" } as const
  const scope = { kind: "project", id: "project service" } as const
  run(assign(directory, actor, scope, "role member"))
  const standing = standingOf(directory, {
    userId: "u", epoch: 0, methods: ["password"], scope, issuedAt: 0, expiresAt: 10, auditIds: ["a"], applicationCredentialId: null
  }, 1)!
  const create = (fields: object) =>
    createCredential(directory, { id: "c", now: 1_000_000, secretHash: "h" }, standing, { fields: { name: "c", ...fields }, extra: {} })

  it.each([
    [{ roles: [{ name: "admin" }] }, /unassigned role/],
    [{ roles: [{ id: "role admin" }] }, /unassigned role/],
    [{ roles: [{ name: "nope" }] }, /nope is not defined/],
    [{ roles: ["member"] }, /'roles'/],
    [{ expires_at: "soon" }, /Timestamp/],
    [{ expires_at: "1970-01-01T00:00:01" }, /before now/],
    [{ access_rules: [{ path: "/" }] }, /access rules/]
  ])("%j is refused", (fields, says) => assert.match(String(message(create(fields))), says))

  it("have the roles asked for with what they imply, or all of the token's", () => {
    const roleIds = (fields: object) => {
      const made = create(fields)
      return isRefusal(made) ? made.message : made.result.roleIds
    }
    assert.deepStrictEqual(roleIds({}), ["role member", "role reader"])
    assert.deepStrictEqual(roleIds({ roles: [{ name: "reader" }] }), ["role reader"])
    assert.deepStrictEqual(roleIds({ roles: [{ id: "role member" }] }), ["role member", "role reader"])
  })

  it("go when their user loses a role on the project", () => {
    const made = create({})
    if (isRefusal(made)) throw made
    apply(made.edits)
    assert.isDefined(directory.get("applicationCredential", "c"))
    assert.strictEqual((create({}) as { kind?: string }).kind, "conflict")
    run(unassign(directory, actor, scope, "role member"))
    assert.isUndefined(directory.get("applicationCredential", "c"))
  })
})
