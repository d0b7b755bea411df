/** Golden key lists at the edges: what each version adds to, and takes from, the version before it. */
import { assert, describe, it } from "@effect/vitest"
import { keysAt } from "../../../../../src/api/http/compute/Fields.ts"
import { fields, hostFields } from "../../../../../src/api/http/compute/servers/fields.ts"
import { actionFields, eventFields } from "../../../../../src/api/http/compute/servers/instanceActions.ts"
import { interfaceFields } from "../../../../../src/api/http/compute/servers/parts.ts"
import { newest } from "../../../../../src/api/http/compute/versions.ts"

type Keys = (version: number) => ReadonlySet<string>
const server = (view: string): Keys => (version) =>
  new Set([...keysAt(fields, version, view), ...keysAt(hostFields, version, view)])

/** `9 +locked`, one line for each version that differs from the one before. */
const edges = (keys: Keys): ReadonlyArray<string> =>
  Array.from({ length: newest - 1 }, (_, at) => at + 2).flatMap((version) => {
    const [before, after] = [keys(version - 1), keys(version)]
    const changes = [
      ...[...after].filter((key) => !before.has(key)).map((key) => `+${key}`),
      ...[...before].filter((key) => !after.has(key)).map((key) => `-${key}`)
    ]
    return changes.length === 0 ? [] : [`${version} ${changes.sort().join(" ")}`]
  })
const sorted = (keys: ReadonlySet<string>) => [...keys].sort()

const brief = ["id", "links", "name"]
const common = [
  "OS-DCF:diskConfig", "accessIPv4", "accessIPv6", "addresses", "created", "fault", "flavor", "hostId", "id", "image",
  "links", "metadata", "name", "progress", "status", "tenant_id", "updated", "user_id"
]
const full = [
  ...common, "OS-EXT-AZ:availability_zone", "OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:hypervisor_hostname",
  "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-STS:power_state", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state",
  "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "config_drive", "key_name",
  "os-extended-volumes:volumes_attached", "security_groups"
]
const attributes = ["hostname", "kernel_id", "launch_index", "ramdisk_id", "reservation_id", "root_device_name", "user_data"]
  .map((name) => `+OS-EXT-SRV-ATTR:${name}`).join(" ")

describe("a server's keys", () => {
  it("of the first version", () => {
    assert.deepStrictEqual(sorted(server("index")(1)), brief)
    assert.deepStrictEqual(sorted(server("detail")(1)), [...full].sort())
    assert.deepStrictEqual(sorted(server("show")(1)), [...full].sort())
    assert.deepStrictEqual(sorted(server("update")(1)), [...common].sort())
  })

  it("never change in the short list", () => assert.deepStrictEqual(edges(server("index")), []))

  it("change in the long list", () =>
    assert.deepStrictEqual(edges(server("detail")), [
      `3 ${attributes}`, "9 +locked", "16 +host_status", "19 +description", "26 +tags", "63 +trusted_image_certificates",
      "73 +locked_reason", "96 +pinned_availability_zone", "100 +scheduler_hints"
    ]))

  it("change in the answer to a show", () =>
    assert.deepStrictEqual(edges(server("show")), [
      `3 ${attributes}`, "9 +locked", "16 +host_status", "19 +description", "26 +tags", "63 +trusted_image_certificates",
      "71 +server_groups", "73 +locked_reason", "96 +pinned_availability_zone", "100 +scheduler_hints"
    ]))

  it("change in the answer to an update", () => {
    const late = [
      "+OS-EXT-AZ:availability_zone", "+OS-EXT-SRV-ATTR:host", "+OS-EXT-SRV-ATTR:hypervisor_hostname",
      "+OS-EXT-SRV-ATTR:instance_name", "+OS-EXT-STS:power_state", "+OS-EXT-STS:task_state", "+OS-EXT-STS:vm_state",
      "+OS-SRV-USG:launched_at", "+OS-SRV-USG:terminated_at", "+config_drive", "+host_status", "+key_name",
      "+os-extended-volumes:volumes_attached", "+security_groups", ...attributes.split(" ")
    ].sort().join(" ")
    assert.deepStrictEqual(edges(server("update")), [
      "9 +locked", "19 +description", "26 +tags", "63 +trusted_image_certificates", "71 +server_groups",
      "73 +locked_reason", `75 ${late}`, "96 +pinned_availability_zone", "100 +scheduler_hints"
    ])
  })
})

describe("the keys of a server's parts", () => {
  const keys = (rows: Parameters<typeof keysAt>[0]): Keys => (version) => new Set(keysAt(rows, version, "show"))
  it("of an action", () => {
    assert.deepStrictEqual(
      sorted(keys(actionFields as never)(1)),
      ["action", "instance_uuid", "message", "project_id", "request_id", "start_time", "user_id"]
    )
    assert.deepStrictEqual(edges(keys(actionFields as never)), ["58 +updated_at"])
  })
  it("of an event", () => {
    assert.deepStrictEqual(sorted(keys(eventFields as never)(1)), ["event", "finish_time", "result", "start_time", "traceback"])
    assert.deepStrictEqual(edges(keys(eventFields as never)), ["62 +host +hostId", "84 +details"])
  })
  it("of an interface", () => {
    assert.deepStrictEqual(sorted(keys(interfaceFields as never)(1)), ["fixed_ips", "mac_addr", "net_id", "port_id", "port_state"])
    assert.deepStrictEqual(edges(keys(interfaceFields as never)), ["70 +tag"])
  })
})
