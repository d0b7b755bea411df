import { assert, describe, it } from "@effect/vitest"
import { cloudsYaml, exportLines, urlOf } from "../../../src/runtime/main/cloudsYaml.ts"

describe("clouds.yaml", () => {
  it("names the cloud, its user, project and domain", () =>
    assert.strictEqual(
      cloudsYaml({ url: "http://127.0.0.1:8774", username: "admin", password: `a"b\\c: #d` }),
      [
        "clouds:",
        "  kilonova:",
        "    auth:",
        `      auth_url: "http://127.0.0.1:8774/identity/v3"`,
        `      username: "admin"`,
        `      password: "a\\"b\\\\c: #d"`,
        "      project_name: admin",
        "      user_domain_name: Default",
        "      project_domain_name: Default",
        "    region_name: RegionOne",
        "    identity_api_version: 3",
        ""
      ].join("\n")
    ))

  it.each([
    ["127.0.0.1", "http://127.0.0.1:1"],
    ["0.0.0.0", "http://127.0.0.1:1"],
    ["::", "http://[::1]:1"],
    ["fd00::5", "http://[fd00::5]:1"],
    ["cloud.example", "http://cloud.example:1"]
  ])("of a cloud that listens on %s points at %s", (host, url) => assert.strictEqual(urlOf(host, 1), url))

  it("survives the shell whatever the folder is called", () =>
    assert.deepStrictEqual(exportLines("/it's here/clouds.yaml"), [
      `export OS_CLIENT_CONFIG_FILE='/it'\\''s here/clouds.yaml'`,
      "export OS_CLOUD=kilonova"
    ]))
})
