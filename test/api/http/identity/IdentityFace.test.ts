import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TestClock from "effect/testing/TestClock"
import { Accounts } from "../../../../src/actors/identity/AccountsProtocol.ts"
import * as IdentityFace from "../../../../src/api/http/identity/IdentityFace.ts"
import { call, type CallOptions } from "../../../fixtures/http.ts"
import { adminPassword, adminToken, layer } from "../../../fixtures/accounts.ts"

/** JSON by paths: `at("token.roles.0.name")`; `each` gives the items of a list the same way. */
class Body {
  readonly json: unknown
  constructor(json: unknown) {
    this.json = json
  }
  at(path: string): unknown {
    return path.split(".").reduce<unknown>(
      (value, key) => typeof value === "object" && value !== null ? (value as { readonly [key: string]: unknown })[key] : undefined,
      this.json
    )
  }
  each(path: string): ReadonlyArray<Body> {
    return (this.at(path) as ReadonlyArray<unknown>).map((item) => new Body(item))
  }
}

/** Calls as the admin unless told otherwise; `body` is whatever JSON came back. */
const client = Effect.gen(function*() {
  const face = yield* IdentityFace.make
  const token = yield* adminToken()
  const send = (options: CallOptions) =>
    Effect.map(call(face, { token, ...options }), (answer) => ({ ...answer, body: new Body(answer.body) }))
  const get = (path: string, as: string | null = token) => send({ path, token: as })
  const login = (auth: object) => send({ path: "/v3/auth/tokens", token: null, body: { auth } })
  const password = (name: string, secret: string, scope?: object) =>
    login({
      identity: { methods: ["password"], password: { user: { name, domain: { id: "default" }, password: secret } } },
      ...(scope === undefined ? {} : { scope })
    })
  /** Makes a resource and answers its id. */
  const make = (plural: string, fields: object) =>
    Effect.map(send({ path: `/v3/${plural}`, body: { [plural.slice(0, -1)]: fields } }), ({ body, status }) => {
      assert.strictEqual(status, 201)
      return String(body.at(`${plural.slice(0, -1)}.id`))
    })
  return { send, get, login, password, make, token }
})

const test = (name: string, body: (api: Effect.Success<typeof client>) => Effect.Effect<void, unknown, Accounts>) =>
  it.effect(name, () => Effect.flatMap(client, body).pipe(Effect.provide(layer)))

const names = (items: unknown) => (items as ReadonlyArray<{ readonly name: string }>).map(({ name }) => name)

describe("versions", () => {
  test("are told to strangers, the list with 300", ({ get }) =>
    Effect.gen(function*() {
      const list = yield* get("/", null)
      assert.strictEqual(list.status, 300)
      assert.strictEqual(list.headers["location"], "http://cloud.test/identity/v3/")
      assert.deepStrictEqual(list.body.at("versions.values.0.links"), [{ rel: "self", href: "http://cloud.test/identity/v3/" }])
      for (const path of ["/v3", "/v3/"]) {
        const one = yield* get(path, null)
        assert.deepStrictEqual([one.status, one.body.at("version.id"), one.body.at("version.status")], [200, "v3.14", "stable"])
      }
    }))
})

describe("tokens", () => {
  test("carry scope, roles with the implied ones, and the catalog", ({ password }) =>
    Effect.gen(function*() {
      const { body, headers, status } = yield* password("admin", adminPassword, { project: { name: "admin", domain: { name: "Default" } } })
      assert.strictEqual(status, 201)
      assert.isAbove(headers["x-subject-token"]!.length, 50)
      assert.deepStrictEqual(body.at("token.methods"), ["password"])
      assert.deepStrictEqual(names(body.at("token.roles")), ["admin", "service", "manager", "member", "reader"])
      assert.strictEqual(body.at("token.project.name"), "admin")
      assert.deepStrictEqual(body.at("token.project.domain"), { id: "default", name: "Default" })
      assert.deepStrictEqual([body.at("token.issued_at"), body.at("token.expires_at")], ["1970-01-01T00:00:00.000000Z", "1970-01-01T01:00:00.000000Z"])
      assert.deepStrictEqual(
        body.each("token.catalog").map((service) => [service.at("type"), service.at("endpoints.0.url")]),
        [
          ["identity", "http://cloud.test/identity"],
          ["compute", "http://cloud.test/compute/v2.1"],
          ["placement", "http://cloud.test/placement"],
          ["image", "http://cloud.test/image"],
          ["network", "http://cloud.test/network"]
        ]
      )
      assert.deepStrictEqual(
        body.each("token.catalog.0.endpoints").map((endpoint) => [endpoint.at("interface"), endpoint.at("region_id")]),
        [["public", "RegionOne"], ["internal", "RegionOne"], ["admin", "RegionOne"]]
      )
    }))

  test("without a scope have neither roles nor catalog; system scope says so", ({ password }) =>
    Effect.gen(function*() {
      const { body } = yield* password("admin", adminPassword)
      for (const part of ["roles", "catalog", "project"]) assert.isUndefined(body.at(`token.${part}`))
      const system = (yield* password("admin", adminPassword, { system: { all: true } })).body.at("token.system")
      assert.deepStrictEqual(system, { all: true })
    }))

  test("are refused with 401 in Keystone's form", ({ get, password }) =>
    Effect.gen(function*() {
      for (const answer of [yield* password("admin", "wrong"), yield* password("nobody", "x"), yield* get("/v3/users", "forged"), yield* get("/v3/users", null)]) {
        assert.strictEqual(answer.status, 401)
        assert.deepStrictEqual(answer.body.json, {
          error: { code: 401, message: "The request you have made requires authentication.", title: "Unauthorized" }
        })
        assert.strictEqual(answer.headers["www-authenticate"], "Keystone uri=\"http://cloud.test/identity\"")
        assert.strictEqual(answer.headers["vary"], "X-Auth-Token")
        assert.match(answer.headers["x-openstack-request-id"]!, /^req-/)
      }
    }))

  test("are shown to whoever may validate them, until revoked", ({ get, make, password, send, token }) =>
    Effect.gen(function*() {
      const project = yield* make("projects", { name: "p" })
      const user = yield* make("users", { name: "ada", password: "pw", default_project_id: project })
      const member = (yield* get("/v3/roles?name=member")).body.at("roles.0.id")
      yield* send({ method: "PUT", path: `/v3/projects/${project}/users/${user}/roles/${member}` })
      const ada = (yield* password("ada", "pw")).headers["x-subject-token"]!
      const validate = (as: string, method: string, subject: string) =>
        send({ path: "/v3/auth/tokens", method, token: as, headers: { "x-subject-token": subject } })

      const seen = yield* validate(token, "GET", ada)
      assert.deepStrictEqual([seen.status, seen.body.at("token.user.name"), seen.body.at("token.project.name")], [200, "ada", "p"])
      assert.strictEqual(seen.headers["x-subject-token"], ada)
      assert.strictEqual((yield* validate(ada, "GET", ada)).status, 200)
      assert.strictEqual((yield* validate(ada, "GET", token)).status, 403)
      assert.strictEqual((yield* validate(token, "GET", "forged")).status, 404)
      assert.strictEqual((yield* validate(ada, "DELETE", token)).status, 403)
      assert.strictEqual((yield* validate(token, "DELETE", ada)).status, 204)
      assert.strictEqual((yield* validate(token, "GET", ada)).status, 404)
      assert.strictEqual((yield* get("/v3/auth/projects", ada)).status, 401)
    }))

  test("expire", ({ get }) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* get("/v3/auth/projects")).status, 200)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* get("/v3/auth/projects")).status, 401)
    }))

  test("list what they can be scoped to", ({ get, password }) =>
    Effect.gen(function*() {
      const unscoped = (yield* password("admin", adminPassword)).headers["x-subject-token"]!
      assert.deepStrictEqual(names((yield* get("/v3/auth/projects", unscoped)).body.at("projects")), ["admin"])
      assert.deepStrictEqual((yield* get("/v3/auth/domains", unscoped)).body.at("domains"), [])
      assert.deepStrictEqual((yield* get("/v3/auth/system", unscoped)).body.at("system"), [{ all: true }])
      assert.strictEqual((yield* get("/v3/auth/catalog", unscoped)).status, 403)
      assert.strictEqual((yield* get("/v3/auth/catalog")).body.each("catalog").length, 5)
    }))
})

describe("resources", () => {
  it.effect.each([
    ["domains", { name: "d1", enabled: false }, { description: "new" }],
    ["projects", { name: "p1", tags: ["a"] }, { name: "p2", tags: ["b"] }],
    ["users", { name: "u1", email: "a@b" }, { email: "c@d" }],
    ["groups", { name: "g1" }, { description: "new" }],
    ["roles", { name: "r1" }, { name: "r2", description: "new" }]
  ] as const)("%s are made, shown, listed, changed and removed", ([plural, fields, change]) =>
    Effect.gen(function*() {
      const { get, make, send } = yield* client
      const kind = plural.slice(0, -1)
      const id = yield* make(plural, fields)
      const path = `/v3/${plural}/${id}`
      const shown = (yield* get(path)).body.at(kind) as { readonly [name: string]: unknown }
      for (const [name, value] of Object.entries(fields)) assert.deepStrictEqual(shown[name], value)
      assert.deepStrictEqual(shown["links"], { self: `http://cloud.test/identity${path}` })
      assert.notProperty(shown, "passwordHash")
      const listed = (yield* get(`/v3/${plural}?name=${fields.name}`)).body
      assert.deepStrictEqual(listed.at(plural), [shown])
      assert.deepStrictEqual(listed.at("links"), {
        next: null, self: `http://cloud.test/identity/v3/${plural}?name=${fields.name}`, previous: null
      })
      assert.strictEqual((yield* send({ path: `/v3/${plural}`, body: { [kind]: fields } })).status, 409)
      const patched = yield* send({ method: "PATCH", path, body: { [kind]: change } })
      assert.deepStrictEqual(patched.body.at(kind), { ...shown, ...change })
      assert.strictEqual((yield* send({ method: "DELETE", path })).status, 204)
      const gone = yield* get(path)
      assert.deepStrictEqual(gone.body.json, { error: { code: 404, message: `Could not find ${kind}: ${id}.`, title: "Not Found" } })
    }).pipe(Effect.provide(layer)))

  test("filter by equality, by comparators and by truth", ({ get, make }) =>
    Effect.gen(function*() {
      for (const [name, enabled] of [["alpha", true], ["beta", true], ["Alphabet", false]] as const) yield* make("projects", { name, enabled })
      const found = (query: string) => Effect.map(get(`/v3/projects?${query}`), ({ body }) => names(body.at("projects")))
      assert.deepStrictEqual(yield* found("name=alpha"), ["alpha"])
      assert.deepStrictEqual(yield* found("name__contains=lpha"), ["alpha", "Alphabet"])
      assert.deepStrictEqual(yield* found("name__istartswith=alpha"), ["alpha", "Alphabet"])
      assert.deepStrictEqual(yield* found("name__startswith=alpha"), ["alpha"])
      assert.deepStrictEqual(yield* found("enabled=false"), ["Alphabet"])
      assert.deepStrictEqual(yield* found("enabled=0&name=alpha"), [])
      assert.deepStrictEqual(yield* found("domain_id=elsewhere"), [])
      assert.strictEqual((yield* found("unheard_of=1")).length, 5)
    }))

  test("come in pages that cover everything once", ({ get, make }) =>
    Effect.gen(function*() {
      for (let index = 0; index < 5; index++) yield* make("users", { name: `u${index}` })
      const seen: Array<string> = []
      let path: string | undefined = "/v3/users?limit=2"
      while (path !== undefined) {
        const { body }: { readonly body: Body } = yield* get(path)
        seen.push(...names(body.at("users")))
        assert.strictEqual(body.at("truncated") === true, body.at("links.next") !== null)
        path = (body.at("links.next") as string | null)?.replace("http://cloud.test/identity", "")
      }
      assert.deepStrictEqual(seen, ["admin", "u0", "u1", "u2", "u3", "u4"])
      for (const limit of ["0", "-1", "x", "1.5"]) assert.strictEqual((yield* get(`/v3/users?limit=${limit}`)).status, 400)
      assert.strictEqual((yield* get("/v3/users?marker=nobody")).status, 404)
    }))

  test("are hidden from those who may not see them, there or not", ({ get, make, password, send }) =>
    Effect.gen(function*() {
      const [project, other] = [yield* make("projects", { name: "p" }), yield* make("projects", { name: "q" })]
      const user = yield* make("users", { name: "ada", password: "pw", default_project_id: project })
      const member = (yield* get("/v3/roles?name=member")).body.at("roles.0.id")
      yield* send({ method: "PUT", path: `/v3/projects/${project}/users/${user}/roles/${member}` })
      const ada = (yield* password("ada", "pw")).headers["x-subject-token"]!
      const statuses = yield* Effect.forEach(
        [`projects/${project}`, `projects/${other}`, "projects/nowhere", "projects", `users/${user}`, "users/nobody", "roles", "role_assignments", "services", "regions"],
        (path) => Effect.map(get(`/v3/${path}`, ada), ({ status }) => `${status}`)
      )
      assert.deepStrictEqual(statuses.join(" "), "200 403 403 403 200 403 403 403 403 200")
      for (const path of [`/v3/projects/${project}`, "/v3/projects/nowhere", "/v3/domains/default", `/v3/roles/${member}`]) {
        const [kind] = path.split("/").at(2)!.split(/s$/)
        assert.strictEqual((yield* send({ method: "DELETE", path, token: ada })).status, 403)
        const change = { [kind!]: { description: "mine" } }
        assert.strictEqual((yield* send({ method: "PATCH", path, token: ada, body: change })).status, 403)
      }
      const refused = yield* send({ path: "/v3/projects", body: { project: { name: "mine" } }, token: ada })
      assert.deepStrictEqual(refused.body.json, {
        error: {
          code: 403, message: "You are not authorized to perform the requested action: identity:create_project.", title: "Forbidden"
        }
      })
    }))
})

describe("domains", () => {
  test("show a domain's reader what is in it and nothing else", ({ get, login, make, send }) =>
    Effect.gen(function*() {
      const domain = yield* make("domains", { name: "d1" })
      const user = yield* make("users", { name: "ada", password: "pw", domain_id: domain })
      yield* make("projects", { name: "inside", domain_id: domain })
      const reader = String((yield* get("/v3/roles?name=reader")).body.at("roles.0.id"))
      yield* send({ method: "PUT", path: `/v3/domains/${domain}/users/${user}/roles/${reader}` })
      const issued = yield* login({
        identity: { methods: ["password"], password: { user: { id: user, password: "pw" } } },
        scope: { domain: { name: "d1" } }
      })
      assert.deepStrictEqual(issued.body.at("token.domain"), { id: domain, name: "d1" })
      const token = issued.headers["x-subject-token"]!
      assert.deepStrictEqual(names((yield* get("/v3/projects", token)).body.at("projects")), ["inside"])
      assert.deepStrictEqual(names((yield* get("/v3/users", token)).body.at("users")), ["ada"])
      assert.strictEqual((yield* get("/v3/projects?domain_id=default", token)).status, 403)
      assert.strictEqual((yield* get("/v3/role_assignments", token)).body.each("role_assignments").length, 1)
      const disabled = yield* send({ method: "PATCH", path: `/v3/domains/${domain}`, body: { domain: { enabled: false } } })
      assert.strictEqual(disabled.status, 200)
      assert.strictEqual((yield* get("/v3/users", token)).status, 401)
    }))
})

describe("role assignments", () => {
  test("are made, checked, listed by every filter, and taken back", ({ get, make, send }) =>
    Effect.gen(function*() {
      const [project, user, group] = [yield* make("projects", { name: "p" }), yield* make("users", { name: "u" }), yield* make("groups", { name: "g" })]
      const member = (yield* get("/v3/roles?name=member")).body.at("roles.0.id")
      yield* send({ method: "PUT", path: `/v3/groups/${group}/users/${user}` })
      const paths = [
        `/v3/projects/${project}/users/${user}/roles/${member}`,
        `/v3/domains/default/groups/${group}/roles/${member}`,
        `/v3/system/users/${user}/roles/${member}`
      ]
      for (const path of paths) {
        assert.strictEqual((yield* get(path)).status, 404)
        assert.strictEqual((yield* send({ method: "PUT", path })).status, 204)
        assert.strictEqual((yield* send({ method: "HEAD", path })).status, 204)
        assert.deepStrictEqual(names((yield* get(path.slice(0, path.lastIndexOf("/")))).body.at("roles")), ["member"])
      }
      const found = (query: string) =>
        Effect.map(get(`/v3/role_assignments?${query}`), ({ body }) =>
          body.each("role_assignments").map((one) => [
            ["user", "group"].find((kind) => one.at(kind) !== undefined),
            one.at("role.name") ?? "-",
            ["project", "domain", "system"].find((kind) => one.at(`scope.${kind}`) !== undefined)
          ].join(" ")))
      assert.deepStrictEqual(yield* found("include_names"), [
        "user admin project", "user service project", "user admin system", "user member project", "group member domain", "user member system"
      ])
      assert.deepStrictEqual(yield* found(`user.id=${user}`), ["user - project", "user - system"])
      assert.deepStrictEqual(yield* found(`user.id=${user}&effective&include_names=True`), [
        "user member project", "user reader project", "user member domain", "user reader domain", "user member system", "user reader system"
      ])
      assert.deepStrictEqual(yield* found(`scope.project.id=${project}`), ["user - project"])
      assert.deepStrictEqual(yield* found("scope.domain.id=default"), ["group - domain"])
      assert.deepStrictEqual(yield* found(`scope.system=all&role.id=${member}`), ["user - system"])
      assert.deepStrictEqual(yield* found("scope.OS-INHERIT:inherited_to=projects"), [])
      const named = (yield* get(`/v3/role_assignments?include_names&scope.project.id=${project}`)).body.each("role_assignments")[0]!
      assert.deepStrictEqual([named.at("user.domain"), named.at("scope.project.domain")], [{ id: "default", name: "Default" }, { id: "default", name: "Default" }])
      assert.strictEqual(named.at("links.assignment"), `http://cloud.test/identity${paths[0]}`)
      assert.strictEqual((yield* get("/v3/role_assignments?user.id=a&group.id=b")).status, 400)
      for (const path of paths) {
        assert.strictEqual((yield* send({ method: "DELETE", path })).status, 204)
        assert.strictEqual((yield* send({ method: "DELETE", path })).status, 404)
      }
    }))

  test("of roles imply roles", ({ get, make, send }) =>
    Effect.gen(function*() {
      const [one, other] = [yield* make("roles", { name: "one" }), yield* make("roles", { name: "other" })]
      const path = `/v3/roles/${one}/implies/${other}`
      assert.strictEqual((yield* get(path)).status, 404)
      assert.strictEqual((yield* send({ method: "PUT", path })).status, 201)
      assert.strictEqual((yield* send({ method: "HEAD", path })).status, 204)
      assert.deepStrictEqual(names((yield* get(`/v3/roles/${one}/implies`)).body.at("role_inference.implies")), ["other"])
      const rules = (yield* get("/v3/role_inferences")).body.each("role_inferences")
      assert.deepStrictEqual(
        rules.map((rule) => `${rule.at("prior_role.name")}>${names(rule.at("implies"))}`),
        ["member>reader", "manager>member", "admin>manager", "one>other"]
      )
      assert.strictEqual((yield* send({ method: "DELETE", path })).status, 204)
    }))
})

describe("application credentials", () => {
  test("log in for one project, keep to it, and make no others", ({ get, login, make, password, send }) =>
    Effect.gen(function*() {
      const { body, headers } = yield* password("admin", adminPassword, { project: { name: "admin", domain: { id: "default" } } })
      const admin = body.at("token.user.id")
      const path = `/v3/users/${admin}/application_credentials`
      const made = yield* send({ path, token: headers["x-subject-token"]!, body: { application_credential: { name: "ci", roles: [{ name: "member" }] } } })
      assert.strictEqual(made.status, 201)
      const { id, secret } = made.body.at("application_credential") as { readonly id: string; readonly secret: string }
      assert.notInclude((yield* get(`${path}/${id}`)).text, secret)
      const with_ = (given: object, scope?: object) =>
        login({ identity: { methods: ["application_credential"], application_credential: given }, ...scope })
      const issued = yield* with_({ id, secret })
      assert.deepStrictEqual(names(issued.body.at("token.roles")), ["member", "reader"])
      assert.deepStrictEqual(issued.body.at("token.application_credential"), { id, name: "ci", restricted: true })
      assert.strictEqual((yield* with_({ name: "ci", user: { name: "admin", domain: { name: "Default" } }, secret })).status, 201)
      assert.strictEqual((yield* with_({ id, secret: "wrong" })).status, 401)
      assert.strictEqual((yield* with_({ id: "unknown", secret })).status, 401)
      assert.strictEqual((yield* with_({ id, secret }, { scope: { system: { all: true } } })).status, 401)
      const token = issued.headers["x-subject-token"]!
      assert.strictEqual((yield* send({ path, token, body: { application_credential: { name: "more" } } })).status, 403)
      const another = `/v3/users/${yield* make("users", { name: "other" })}/application_credentials`
      assert.strictEqual((yield* send({ path: another, body: { application_credential: { name: "x" } } })).status, 403)
      assert.strictEqual((yield* login({ identity: { methods: ["token"], token: { id: token } }, scope: { system: { all: true } } })).status, 403)
      assert.strictEqual((yield* send({ method: "DELETE", path: `${path}/${id}` })).status, 204)
      assert.strictEqual((yield* get("/v3/auth/projects", token)).status, 401)
    }))
})

describe("expiry", () => {
  test("ends an application credential and its tokens at the same moment", ({ get, login, send, token }) =>
    Effect.gen(function*() {
      const validated = yield* send({ path: "/v3/auth/tokens", headers: { "x-subject-token": token } })
      const path = `/v3/users/${validated.body.at("token.user.id")}/application_credentials`
      const fields = { name: "brief", expires_at: "1970-01-01T00:30:00.000000", secret: "s" }
      const id = (yield* send({ path, body: { application_credential: fields } })).body.at("application_credential.id")
      const use = login({ identity: { methods: ["application_credential"], application_credential: { id, secret: "s" } } })
      const issued = yield* use
      assert.strictEqual(issued.body.at("token.expires_at"), "1970-01-01T00:30:00.000000Z")
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual((yield* use).status, 401)
      assert.strictEqual((yield* get("/v3/auth/projects", issued.headers["x-subject-token"]!)).status, 401)
      assert.strictEqual((yield* get("/v3/auth/projects")).status, 200)
    }))
})

describe("passwords", () => {
  test("are changed by who knows the old one, with no token", ({ get, make, password, send }) =>
    Effect.gen(function*() {
      const user = yield* make("users", { name: "ada", password: "old" })
      const before = (yield* password("ada", "old")).headers["x-subject-token"]!
      const change = (original: unknown) =>
        send({ path: `/v3/users/${user}/password`, token: null, body: { user: { original_password: original, password: "new" } } })
      assert.strictEqual((yield* change("wrong")).status, 401)
      assert.strictEqual((yield* change(7)).status, 400)
      assert.strictEqual((yield* get("/v3/auth/projects", before)).status, 200)
      assert.strictEqual((yield* change("old")).status, 204)
      assert.strictEqual((yield* get("/v3/auth/projects", before)).status, 401)
      assert.deepStrictEqual([(yield* password("ada", "old")).status, (yield* password("ada", "new")).status], [401, 201])
    }))
})
