import { assert, describe, it } from "@effect/vitest"
import { cloudsYaml } from "../../../src/runtime/main/cloudsYaml.ts"
import { accountIn } from "../../../src/runtime/main/cloudClient.ts"

describe("the account of a clouds.yaml", () => {
  const password = `a"b\\c: #d`
  it("is read as it was written", () =>
    assert.deepStrictEqual(accountIn(cloudsYaml({ url: "http://a:1", username: "admin", password }), "kilonova"), {
      authUrl: "http://a:1/identity/v3", username: "admin", password, project: "admin"
    }))
  it("is that of the cloud that is named, and none of another", () => {
    const two = "clouds:\n  a:\n    auth:\n      auth_url: http://a/identity/v3\n      username: u\n      password: 'p'\n  b:\n    auth:\n      auth_url: http://b\n"
    assert.deepStrictEqual(accountIn(two, "a"), { authUrl: "http://a/identity/v3", username: "u", password: "p", project: "admin" })
    assert.isNull(accountIn(two, "b"))
    assert.isNull(accountIn(two, "c"))
  })
})
