import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at } from "../../../fixtures/json.ts"
import { makeAsk, makeRawAsk, putHost, said, uuid, world } from "./world.ts"

const error = (body: unknown) => at(body, "errors.0") as Record<string, unknown>

describe("the placement face speaks its protocol", () => {
  it.effect("shows its versions to everybody", () =>
    Effect.gen(function*() {
      const ask = yield* makeRawAsk
      const shown = yield* ask({ path: "/", token: null })
      assert.strictEqual(shown.status, 200)
      assert.deepStrictEqual(shown.body, {
        versions: [{ id: "v1.0", status: "CURRENT", min_version: "1.0", max_version: "1.39", links: [{ rel: "self", href: "" }] }]
      })
      for (const token of [null, "forged"]) {
        for (const path of ["/resource_providers", "/nowhere"]) {
          const refused = yield* ask({ path, token })
          assert.strictEqual(refused.status, 401)
          assert.strictEqual(refused.headers["www-authenticate"], "Keystone uri=\"http://cloud.test/identity\"")
          assert.strictEqual(at(refused.body, "error.code"), 401)
        }
      }
    }).pipe(Effect.provide(world)))

  it.effect("speaks the version it is asked for, the oldest by default", () =>
    Effect.gen(function*() {
      const ask = yield* makeRawAsk
      const spoken = (header: string | undefined) =>
        Effect.map(
          ask({ path: "/resource_providers", headers: header === undefined ? {} : { "openstack-api-version": header } }),
          ({ headers, status }) => `${status} ${headers["openstack-api-version"]} ${headers["vary"]}`
        )
      assert.strictEqual(yield* spoken(undefined), "200 placement 1.0 openstack-api-version")
      assert.strictEqual(yield* spoken("placement 1.14"), "200 placement 1.14 openstack-api-version")
      assert.strictEqual(yield* spoken("placement latest"), "200 placement 1.39 openstack-api-version")
      assert.strictEqual(yield* spoken("compute 2.90, placement 1.3"), "200 placement 1.3 openstack-api-version")
      assert.strictEqual(yield* spoken("compute 2.90"), "200 placement 1.0 openstack-api-version")
      assert.strictEqual(yield* spoken("placement 1.40"), "406 undefined undefined")
      assert.strictEqual(yield* spoken("placement 2.0"), "406 undefined undefined")
      assert.strictEqual(yield* spoken("placement -1.0"), "406 undefined undefined")
      assert.strictEqual(yield* spoken("placement nonsense"), "400 undefined undefined")
    }).pipe(Effect.provide(world)))

  it.effect("says which versions there are when it does not speak the one asked for", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      for (const path of ["/", "/resource_providers", "/nowhere"]) {
        const refused = yield* ask(path, "1.99")
        assert.strictEqual(refused.status, 406)
        assert.deepInclude(error(refused.body), { status: 406, title: "Not Acceptable", min_version: "1.0", max_version: "1.39" })
        assert.notProperty(error(refused.body), "code")
      }
    }).pipe(Effect.provide(world)))

  it.effect("words errors as Placement does, with a code since 1.23", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const old = yield* ask(`/resource_providers/${uuid(9)}`, "1.22")
      assert.strictEqual(old.status, 404)
      assert.hasAllKeys(error(old.body), ["status", "title", "detail", "request_id"])
      assert.strictEqual(error(old.body)["request_id"], old.headers["x-openstack-request-id"])
      assert.include(error(old.body)["detail"] as string, uuid(9))
      const recent = yield* ask(`/resource_providers/${uuid(9)}`, "1.23")
      assert.deepInclude(error(recent.body), { status: 404, title: "Not Found", code: "placement.undefined_code" })
      assert.strictEqual(recent.headers["openstack-api-version"], "placement 1.23")
    }).pipe(Effect.provide(world)))

  it.effect("tells paths it does not have from methods it does not have", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const outcome = (method: string, path: string) =>
        Effect.map(ask(path, "1.39", { method }), ({ body, headers, status }) => `${status} ${headers["allow"]} ${error(body)["title"]}`)
      assert.strictEqual(yield* outcome("GET", "/nowhere"), "404 undefined Not Found")
      assert.strictEqual(yield* outcome("GET", "/reshaper"), "405 POST Method Not Allowed")
      assert.strictEqual(yield* outcome("GET", "/resource_providers/"), "404 undefined Not Found")
      assert.strictEqual(yield* outcome("HEAD", "/traits"), "405 GET Method Not Allowed")
      assert.strictEqual(yield* outcome("OPTIONS", "/traits"), "405 GET Method Not Allowed")
      assert.strictEqual(yield* outcome("PUT", "/resource_providers"), "405 GET, POST Method Not Allowed")
      assert.strictEqual(yield* outcome("PATCH", `/allocations/${uuid(1)}`), "405 GET, PUT, DELETE Method Not Allowed")
    }).pipe(Effect.provide(world)))

  it.effect("knows each path from the version that brought it", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const provider = `/resource_providers/${uuid(1)}`
      const since: ReadonlyArray<readonly [string, number]> = [
        ["/resource_providers", 0], [provider, 0], [`${provider}/inventories`, 0], [`${provider}/usages`, 0],
        [`${provider}/allocations`, 0], [`/allocations/${uuid(1)}`, 0], [`${provider}/aggregates`, 1], ["/resource_classes", 2],
        ["/resource_classes/VCPU", 2], ["/traits", 6], ["/traits/HW_CPU_X86_VMX", 6], [`${provider}/traits`, 6],
        ["/usages?project_id=project", 9], ["/allocation_candidates?resources=VCPU:1", 10]
      ]
      for (const [path, minor] of since) {
        if (minor > 0) assert.strictEqual((yield* ask(path, `1.${minor - 1}`)).status, 404, path)
        const found = yield* ask(path, `1.${minor}`)
        assert.include([200, 204], found.status, path)
        assert.notProperty(found.headers, "last-modified", path)
        assert.notProperty((yield* ask(path, "1.14")).headers, "cache-control", path)
        const recent = yield* ask(path, "1.15")
        assert.strictEqual(recent.headers["cache-control"], "no-cache", path)
        assert.match(recent.headers["last-modified"]!, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, path)
      }
      assert.strictEqual((yield* ask(provider)).headers["last-modified"], "Tue, 01 Jan 2030 10:00:00 GMT")
    }).pipe(Effect.provide(world)))

  it.effect("is for operators and services; a project's reader sees the project's usages", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* putHost(1)
      const status = (path: string, token: string) => Effect.map(ask(path, "latest", { token }), (answer) => answer.status)
      const provider = `/resource_providers/${uuid(1)}`
      const paths = [
        "/resource_providers", provider, ...["inventories", "inventories/VCPU", "usages", "allocations", "aggregates", "traits"].map((rest) => `${provider}/${rest}`),
        `/allocations/${uuid(1)}`, "/resource_classes", "/resource_classes/VCPU", "/traits", "/allocation_candidates?resources=VCPU:1"
      ]
      for (const path of paths) {
        assert.strictEqual(yield* status(path, "service"), 200, path)
        assert.strictEqual(yield* status(path, "manager,member,reader"), 403, path)
        assert.strictEqual(yield* status(path, "system:admin"), 403, path)
      }
      assert.strictEqual(yield* status("/usages?project_id=project", "reader"), 200)
      assert.strictEqual(yield* status("/usages?project_id=other", "reader"), 403)
      // Of two, the last one counts: for the policy too.
      assert.strictEqual(yield* status("/usages?project_id=project&project_id=other", "reader"), 403)
      assert.strictEqual(yield* status("/usages", "reader"), 403)
      assert.strictEqual(yield* status("/usages", "admin"), 400)
      assert.strictEqual(yield* status("/usages?project_id=other", "service"), 200)
      // Strangers do not learn what is there.
      assert.strictEqual(yield* status(`/resource_providers/${uuid(9)}`, "member"), 403)
    }).pipe(Effect.provide(world)))

  it.effect("answers JSON only, and wants bodies to say what they are", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const status = (accept: string, path = "/resource_providers") => Effect.map(ask(path, "latest", { headers: { accept } }), (answer) => answer.status)
      const wishes: ReadonlyArray<readonly [accept: string, status: number]> = [
        ["text/plain", 406], ["text/html, application/json;q=0", 406], ["application/*;q=0, */*", 406], ["application/json;charset=utf-8", 406],
        ["application/problem+json", 406], ["text/html, application/json;q=0.5", 200], ["*/*", 200], ["application/*", 200], ["", 200],
        // What cannot be read forbids nothing, and takes no longer.
        ["json", 200], ["application/json;q", 200], [`text/plain${";c= ".repeat(2000)};x`, 200]
      ]
      for (const [accept, expected] of wishes) {
        assert.strictEqual(yield* status(accept), expected, accept)
        // These have nothing to choose from.
        assert.strictEqual(yield* status(accept, "/"), 200, accept)
        assert.strictEqual(yield* status(accept, "/traits/COMPUTE_NODE"), 204, accept)
      }
      const refused = yield* ask("/resource_providers", "latest", { method: "GET", headers: { "content-length": "5" } })
      assert.strictEqual(refused.status, 400)
      assert.include(error(refused.body)["detail"] as string, "content-type")
    }).pipe(Effect.provide(world)))

  it.effect("writes errors in the form that is wanted", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const written = (accept: string, path = "/traits/NO_<b>") =>
        Effect.map(ask(path, "1.39", { headers: { accept } }), ({ headers, status, text }) => [status, headers["content-type"], text] as const)
      const sentence = "The resource could not be found."
      for (const accept of ["text/html", "text/*", "text/html, application/json", "html"]) {
        const [status, type, text] = yield* written(accept)
        assert.deepStrictEqual([status, type], [404, "text/html; charset=UTF-8"], accept)
        assert.include(text, `<h1>404 Not Found</h1>\n  ${sentence}<br /><br />\nNo such trait(s): NO_&lt;b&gt;.`)
      }
      for (const accept of ["text/plain", "application/json;q=0"]) {
        assert.deepStrictEqual(yield* written(accept), [404, "text/plain; charset=UTF-8", `404 Not Found\n\n${sentence}\n\n No such trait(s): NO_<b>.  `], accept)
      }
      for (const accept of ["application/json", "*/*", "", "text/html;q=0.1, application/json", "application/json, */*;q=0.9"]) {
        const [, type, text] = yield* written(accept)
        assert.strictEqual(type, "application/json", accept)
        assert.strictEqual(error(JSON.parse(text))["detail"], `${sentence}\n\n No such trait(s): NO_<b>.  `)
      }
      const notAllowed = yield* ask("/reshaper", "1.39")
      assert.strictEqual(
        error(notAllowed.body)["detail"],
        "The method GET is not allowed for this resource. \n\n The method specified is not allowed for this resource."
      )
    }).pipe(Effect.provide(world)))

  it.effect("looks at a body last, and only where it takes one", () =>
    Effect.gen(function*() {
      const act = (what: string, body: string, type = "application/json", token = "admin") =>
        Effect.flatMap(makeAsk, (ask) => {
          const [method = "", path = ""] = what.split(" ")
          return Effect.map(ask(path, "1.39", { method, body, token, headers: { "content-type": type } }), said)
        })
      yield* putHost(1)
      const provider = `/resource_providers/${uuid(1)}`
      const rows: ReadonlyArray<readonly [what: string, said: RegExp, type?: string, token?: string]> = [
        ["POST /resource_providers", /^400 .*Malformed JSON/],
        ["POST /resource_providers", /^403/, "application/json", "reader"],
        ["POST /resource_providers", /^415 .*text\/plain is not supported, use application\/json/, "text/plain; charset=utf-8"],
        ["POST /resource_providers", /^415/, "APPLICATION/JSON"],
        [`PUT /resource_providers/${uuid(9)}/inventories`, /^404/],
        [`PUT ${provider}/inventories`, /^400 .*Malformed JSON/],
        [`PUT /resource_providers/${uuid(9)}/traits`, /^400 .*Malformed JSON/],
        ["PUT /allocations/x", /^400 .*Malformed consumer_uuid: x/],
        [`PUT /usages`, /^405/],
        [`PUT /nowhere`, /^404/],
        ["PUT /traits/CUSTOM_A", /^201$/],
        ["PUT /resource_classes/CUSTOM_A", /^201$/, "text/plain"],
        ["DELETE /traits/CUSTOM_A", /^204$/],
        [`DELETE ${provider}/traits`, /^204$/]
      ]
      for (const [what, expected, type, token] of rows) assert.match(yield* act(what, "{not json", type, token), expected, what)
    }).pipe(Effect.provide(world)))
})
