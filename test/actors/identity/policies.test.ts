import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "../../../src/actors/identity/Directory.ts"
import { systemScope } from "../../../src/actors/identity/Directory.ts"
import { assign } from "../../../src/actors/identity/grants.ts"
import { type Action, enforce, policies, type Target } from "../../../src/actors/identity/policies.ts"
import { createDomain, createProject } from "../../../src/actors/identity/projects.ts"
import { standingOf, type Standing } from "../../../src/actors/identity/standing.ts"
import { createUser } from "../../../src/actors/identity/users.ts"
import { draft, makeCloud } from "../../fixtures/directory.ts"

/** Callers: role and scope. Each is user `u` of domain `d1`; the project `p1` is in `d1` too. */
const callers: ReadonlyArray<readonly [label: string, role: string, scope: Scope]> = [
  ["A", "admin", { kind: "project", id: "p1" }],
  ["m", "member", { kind: "project", id: "p1" }],
  ["s", "service", { kind: "project", id: "p1" }],
  ["R", "reader", systemScope],
  ["d", "reader", { kind: "domain", id: "d1" }],
  ["D", "manager", { kind: "domain", id: "d1" }]
]

const standingWith = (role: string, scope: Scope): Standing => {
  const cloud = makeCloud()
  cloud.run(createDomain(cloud.directory, "d1", draft({ name: "d1" })))
  cloud.run(createProject(cloud.directory, "p1", draft({ name: "p1", domain_id: "d1" }), "default"))
  cloud.run(createUser(cloud.directory, "u", draft({ name: "u", domain_id: "d1" }), "default", null))
  assert.isNull(cloud.run(assign(cloud.directory, { kind: "user", id: "u" }, scope, `role ${role}`)))
  return standingOf(cloud.directory, {
    userId: "u", epoch: 0, methods: ["password"], scope, issuedAt: 0, expiresAt: 10, auditIds: ["a"], applicationCredentialId: null
  }, 1)!
}

const inside: Target = { userId: "x", projectId: "p1", domainId: "d1", domainIds: ["d1", "d1"], roleName: "member" }
const outside: Target = { userId: "x", projectId: "p2", domainId: "d2", domainIds: ["d1", "d2"], roleName: "member" }
const own: Target = { ...outside, userId: "u" }

/** One letter for each caller that is let through; a dot for each that is not. */
const matrix = (target: Target, actions: ReadonlyArray<Action>) => {
  const standings = callers.map(([label, role, scope]) => [label, standingWith(role, scope)] as const)
  return actions.map((action) =>
    `${standings.map(([label, standing]) => enforce(action, standing, target) === undefined ? label : ".").join("")} ${action}`
  )
}

const checks = (target: Target, expected: string) => {
  const lines = expected.trim().split("\n").map((line) => line.trim())
  assert.deepStrictEqual(matrix(target, lines.map((line) => line.split(" ")[1] as Action)), lines)
}

describe("policies", () => {
  it("inside the caller's own project and domain", () =>
    checks(inside, `
      A.sR.. validate_token
      A..R.. check_token
      A..... revoke_token
      A..RdD list_domains
      AmsRdD get_domain
      A..... create_domain
      A..RdD list_projects
      AmsRdD get_project
      A....D create_project
      A....D delete_project
      A..RdD list_users
      A..RdD get_user
      A....D create_user
      A....D update_user
      A..RdD list_groups
      A....D add_user_to_group
      A..R.D list_roles
      A..... create_role
      A..... create_implied_role
      A..RdD list_role_assignments
      A..RdD list_grants
      A....D create_grant
      A..... create_system_grant_for_user
      A..R.. list_application_credentials
      ...... create_application_credential
      A..... delete_application_credential
      A..R.. list_services
      AmsRdD list_regions
    `))

  it("in another project and domain", () =>
    checks(outside, `
      A..R.. list_domains
      A..R.. get_domain
      A..R.. get_project
      A..... create_project
      A..R.. list_users
      A..R.. get_user
      A..... update_user
      A..R.. list_grants
      A..... create_grant
    `))

  it("on what is the caller's own, wherever", () =>
    checks(own, `
      AmsRdD validate_token
      AmsRdD check_token
      AmsRdD revoke_token
      AmsRdD get_user
      A..... update_user
      AmsRdD list_user_projects
      AmsRdD list_application_credentials
      AmsRdD create_application_credential
      AmsRdD delete_application_credential
    `))

  it("a domain's manager cannot hand out admin", () => {
    const manager = standingWith("manager", { kind: "domain", id: "d1" })
    assert.isUndefined(enforce("create_grant", manager, inside))
    assert.isDefined(enforce("create_grant", manager, { ...inside, roleName: "admin" }))
  })

  it("no action is left without a rule", () =>
    assert.deepStrictEqual(Object.entries(policies).filter(([, rules]) => rules.length === 0), []))
})
