import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as NetworkFace from "../../../../src/api/http/network/networkFace.ts"
import { call } from "../../../fixtures/http.ts"
import type { CallOptions } from "../../../fixtures/http.ts"
import { namedTokens } from "../../../fixtures/namedTokens.ts"
import { networksLayer } from "../../../fixtures/networks.ts"

const cloud = Layer.mergeAll(networksLayer, namedTokens)
type Body = Record<string, never>

/** Calls as alice, unless told otherwise. */
const client = Effect.map(NetworkFace.make, (face) => {
  const ask = (options: CallOptions) => call(face, { token: "alice", ...options })
  return {
    ask,
    /** The resource a successful call answers. */
    get: (options: CallOptions) => Effect.map(ask(options), ({ body }) => (Object.values(body as object) as ReadonlyArray<Body>)[0]!),
    errorOf: (options: CallOptions) =>
      Effect.map(ask(options), ({ body, status }) => `${status} ${(body as { NeutronError?: { type: string } }).NeutronError?.type}`)
  }
})
const idOf = (body: Body): string => body["id"]!
const post = (path: string, name: string, body: object, token = "alice"): CallOptions => ({ path: `/v2.0/${path}`, body: { [name]: body }, token })
const put = (path: string, name: string, body: object, token = "alice"): CallOptions => ({ ...post(path, name, body, token), method: "PUT" })
const remove = (path: string, token = "alice"): CallOptions => ({ method: "DELETE", path: `/v2.0/${path}`, token })

describe("the network face", () => {
  it.effect("answers versions to strangers and nothing else", () =>
    Effect.gen(function*() {
      const { ask } = yield* client
      const versions = yield* ask({ path: "/", token: null })
      assert.deepStrictEqual(versions.body, {
        versions: [{ id: "v2.0", status: "CURRENT", links: [{ rel: "self", href: "http://cloud.test/network/v2.0/" }] }]
      })
      for (const path of ["/v2.0", "/v2.0/networks", "/nowhere"]) {
        const refused = yield* ask({ path, token: null })
        assert.strictEqual(refused.status, 401)
        assert.strictEqual(refused.headers["www-authenticate"], "Keystone uri=\"http://cloud.test/identity\"")
      }
      assert.strictEqual((yield* ask({ path: "/v2.0/networks", token: "forged" })).status, 401)
      assert.match((yield* ask({ path: "/v2.0" })).headers["x-openstack-request-id"]!, /^req-/)
    }).pipe(Effect.provide(cloud)))

  it.effect("makes a network, a subnet and a port as Neutron shows them", () =>
    Effect.gen(function*() {
      const { get } = yield* client
      const network = yield* get(post("networks", "network", { name: "net", mtu: 1400 }))
      assert.deepInclude(network as object, {
        name: "net", status: "ACTIVE", admin_state_up: true, shared: false, "router:external": false, mtu: 1400, subnets: [],
        tenant_id: "red-id", project_id: "red-id", revision_number: 1, tags: [], port_security_enabled: true
      })
      assert.notProperty(network, "provider:network_type")
      const subnet = yield* get(post("subnets", "subnet", { network_id: idOf(network), ip_version: "4", cidr: "10.0.0.0/24" }))
      assert.deepInclude(subnet as object, {
        cidr: "10.0.0.0/24", ip_version: 4, gateway_ip: "10.0.0.1", enable_dhcp: true, dns_nameservers: [], host_routes: [],
        allocation_pools: [{ start: "10.0.0.2", end: "10.0.0.254" }], subnetpool_id: null
      })
      const port = yield* get(post("ports", "port", { network_id: idOf(network), fixed_ips: [{ ip_address: "10.0.0.77" }] }))
      assert.deepInclude(port as object, {
        status: "DOWN", device_id: "", device_owner: "", "binding:vnic_type": "normal",
        fixed_ips: [{ subnet_id: idOf(subnet), ip_address: "10.0.0.77" }]
      })
      assert.notProperty(port, "binding:host_id")
      const seen = yield* get({ path: `/v2.0/networks/${idOf(network)}`, token: "admin" })
      assert.deepInclude(seen as object, { subnets: [idOf(subnet)], "provider:network_type": "local" })
    }).pipe(Effect.provide(cloud)))

  it.effect("keeps projects apart", () =>
    Effect.gen(function*() {
      const { ask, errorOf, get } = yield* client
      const network = idOf(yield* get(post("networks", "network", {})))
      const group = idOf(yield* get(post("security-groups", "security_group", { name: "web" })))
      assert.deepStrictEqual((yield* ask({ path: "/v2.0/networks", token: "bob" })).body, { networks: [] })
      assert.strictEqual(yield* errorOf({ path: `/v2.0/networks/${network}`, token: "bob" }), "404 NetworkNotFound")
      assert.strictEqual(yield* errorOf(remove(`networks/${network}`, "bob")), "404 NetworkNotFound")
      assert.strictEqual(yield* errorOf(post("ports", "port", { network_id: network }, "bob")), "404 NetworkNotFound")
      assert.strictEqual(yield* errorOf(remove(`security-groups/${group}`, "bob")), "404 SecurityGroupNotFound")
      assert.strictEqual(yield* errorOf(post("networks", "network", {}, "rita")), "403 PolicyNotAuthorized")
      assert.strictEqual(yield* errorOf(post("networks", "network", { shared: true })), "403 PolicyNotAuthorized")
      assert.strictEqual(yield* errorOf(post("networks", "network", { project_id: "blue-id" })), "403 PolicyNotAuthorized")
      yield* ask(put(`networks/${network}`, "network", { shared: true }, "admin"))
      assert.strictEqual(yield* errorOf(put(`networks/${network}`, "network", { name: "mine" }, "bob")), "403 PolicyNotAuthorized")
      assert.strictEqual((yield* ask(post("ports", "port", { network_id: network }, "bob"))).status, 201)
      assert.strictEqual(yield* errorOf(put(`networks/${network}`, "network", { shared: false }, "admin")), "409 InvalidSharedSetting")
      assert.strictEqual(yield* errorOf(post("ports", "port", { network_id: network, mac_address: "fa:16:3e:00:00:01" }, "bob")), "403 PolicyNotAuthorized")
    }).pipe(Effect.provide(cloud)))

  it.effect("removes nothing that is in use", () =>
    Effect.gen(function*() {
      const { ask, errorOf, get } = yield* client
      const network = idOf(yield* get(post("networks", "network", {})))
      const subnet = idOf(yield* get(post("subnets", "subnet", { network_id: network, ip_version: 4, cidr: "10.0.0.0/24" })))
      const group = idOf(yield* get(post("security-groups", "security_group", { name: "web" })))
      const port = idOf(yield* get(post("ports", "port", { network_id: network, security_groups: [group] })))
      assert.strictEqual(yield* errorOf(remove(`networks/${network}`)), "409 NetworkInUse")
      assert.strictEqual(yield* errorOf(remove(`subnets/${subnet}`)), "409 SubnetInUse")
      assert.strictEqual(yield* errorOf(remove(`security-groups/${group}`)), "409 SecurityGroupInUse")
      for (const path of [`ports/${port}`, `security-groups/${group}`, `networks/${network}`]) {
        assert.strictEqual((yield* ask(remove(path))).status, 204)
      }
      assert.strictEqual(yield* errorOf({ path: `/v2.0/subnets/${subnet}` }), "404 SubnetNotFound")
    }).pipe(Effect.provide(cloud)))

  it.effect("gives each address and each MAC address once in a network", () =>
    Effect.gen(function*() {
      const { errorOf, get } = yield* client
      const network = idOf(yield* get(post("networks", "network", {})))
      yield* get(post("subnets", "subnet", { network_id: network, ip_version: 4, cidr: "10.0.0.0/24" }))
      const wish = { network_id: network, mac_address: "FA:16:3E:00:00:01", fixed_ips: [{ ip_address: "10.0.0.9" }] }
      const port = yield* get(post("ports", "port", wish))
      assert.strictEqual(port["mac_address"], "fa:16:3e:00:00:01")
      assert.strictEqual(yield* errorOf(post("ports", "port", { ...wish, mac_address: undefined })), "409 IpAddressAlreadyAllocated")
      assert.strictEqual(yield* errorOf(post("ports", "port", { ...wish, fixed_ips: [] })), "409 MacAddressInUse")
      assert.strictEqual(yield* errorOf(post("ports", "port", { network_id: network, fixed_ips: [{ ip_address: "10.9.0.9" }] })), "400 InvalidIpForNetwork")
      const moved = yield* get(put(`ports/${idOf(port)}`, "port", { fixed_ips: [{ ip_address: "10.0.0.10" }] }))
      assert.strictEqual((moved["fixed_ips"] as unknown as ReadonlyArray<Body>)[0]!["ip_address"], "10.0.0.10")
      yield* get(post("ports", "port", { network_id: network, fixed_ips: [{ ip_address: "10.0.0.9" }] }))
    }).pipe(Effect.provide(cloud)))

  it.effect("gives every project a default security group that lets its members talk", () =>
    Effect.gen(function*() {
      const { ask, errorOf } = yield* client
      const { body } = yield* ask({ path: "/v2.0/security-groups?name=default" })
      const [group, ...others] = (body as { security_groups: ReadonlyArray<Record<string, unknown>> }).security_groups
      assert.deepStrictEqual(others, [])
      const rules = (group!["security_group_rules"] as ReadonlyArray<Record<string, unknown>>)
        .map((rule) => `${rule["direction"]} ${rule["ethertype"]} ${rule["remote_group_id"] === group!["id"]}`)
      assert.deepStrictEqual(rules.toSorted(), ["egress IPv4 false", "egress IPv6 false", "ingress IPv4 true", "ingress IPv6 true"])
      assert.strictEqual(yield* errorOf(post("security-groups", "security_group", { name: "default" })), "409 SecurityGroupDefaultAlreadyExists")
      assert.strictEqual(yield* errorOf(remove(`security-groups/${String(group!["id"])}`)), "409 SecurityGroupCannotRemoveDefault")
    }).pipe(Effect.provide(cloud)))

  it.effect("takes the rules that can be, and each once", () =>
    Effect.gen(function*() {
      const { errorOf, get } = yield* client
      const group = idOf(yield* get(post("security-groups", "security_group", { name: "web" })))
      const rule = (rest: object) => post("security-group-rules", "security_group_rule", { security_group_id: group, direction: "ingress", ...rest })
      const ssh = { protocol: "TCP", port_range_min: 22, port_range_max: "22", remote_ip_prefix: "10.0.0.7/8" }
      assert.deepInclude((yield* get(rule(ssh))) as object, { protocol: "tcp", port_range_max: 22, remote_ip_prefix: "10.0.0.0/8", ethertype: "IPv4" })
      const refused: ReadonlyArray<readonly [object, string]> = [
        [ssh, "409 SecurityGroupRuleExists"],
        [{ protocol: "tcp", port_range_min: 2, port_range_max: 1 }, "400 SecurityGroupInvalidPortRange"],
        [{ port_range_min: 1, port_range_max: 2 }, "400 SecurityGroupProtocolRequiredWithPorts"],
        [{ protocol: "icmp", port_range_max: 1 }, "400 SecurityGroupMissingIcmpType"],
        [{ protocol: "icmp", port_range_min: 256 }, "400 SecurityGroupInvalidIcmpValue"],
        [{ protocol: "gre", port_range_min: 1, port_range_max: 1 }, "400 SecurityGroupInvalidProtocolForPort"],
        [{ protocol: "ipv6-icmp" }, "400 SecurityGroupEthertypeConflictWithProtocol"],
        [{ remote_ip_prefix: "::/0" }, "400 SecurityGroupRuleParameterConflict"],
        [{ remote_ip_prefix: "10.0.0.0/8", remote_group_id: group }, "400 SecurityGroupMultipleRemoteEntites"],
        [{ remote_group_id: "nowhere" }, "404 SecurityGroupNotFound"],
        [{ protocol: "smtp" }, "400 HTTPBadRequest"],
        [{ direction: "up" }, "400 HTTPBadRequest"]
      ]
      for (const [rest, expected] of refused) assert.strictEqual(yield* errorOf(rule(rest)), expected, JSON.stringify(rest))
    }).pipe(Effect.provide(cloud)))

  it.effect("names the attribute and the rule that a request breaks", () =>
    Effect.gen(function*() {
      const { ask } = yield* client
      const messageOf = (body: unknown, method = "POST", path = "/v2.0/networks") =>
        Effect.map(ask({ path, body, method }), (answer) => {
          assert.strictEqual(answer.status, 400)
          return (answer.body as { NeutronError: { message: string } }).NeutronError.message
        })
      assert.strictEqual(yield* messageOf({ network: { name: 5 } }), "Invalid input for name. Reason: '5' is not a valid string.")
      assert.strictEqual(yield* messageOf({ network: { colour: 1 } }), "Unrecognized attribute(s) 'colour'")
      assert.strictEqual(yield* messageOf({ network: { status: "UP" } }), "Attribute 'status' not allowed in POST")
      assert.strictEqual(yield* messageOf({ network: { admin_state_up: "maybe" } }), "Invalid input for admin_state_up. Reason: 'maybe' cannot be converted to boolean.")
      assert.strictEqual(yield* messageOf({ subnet: {} }), "Unable to find 'network' in request body")
      assert.strictEqual(yield* messageOf({ subnet: { ip_version: 4 } }, "POST", "/v2.0/subnets"), "Failed to parse request. Required attribute 'network_id' not specified")
      assert.strictEqual(yield* messageOf({ network: { id: "x" } }, "PUT", "/v2.0/networks/x"), "Cannot update read-only attribute id")
      assert.strictEqual(yield* messageOf("{"), "The request body is not valid JSON.")
    }).pipe(Effect.provide(cloud)))

  it.effect("lists by filters, in order, in pages, with the fields asked for", () =>
    Effect.gen(function*() {
      const { ask, errorOf, get } = yield* client
      for (const name of ["c", "a", "b"]) yield* get(post("networks", "network", { name, admin_state_up: name !== "c" }))
      const names = (query: string) =>
        Effect.map(ask({ path: `/v2.0/networks?${query}` }), ({ body }) =>
          (body as { networks: ReadonlyArray<{ name: string }> }).networks.map((each) => each.name).join(""))
      assert.strictEqual(yield* names(""), "cab")
      assert.strictEqual(yield* names("name=a&name=b"), "ab")
      assert.strictEqual(yield* names("admin_state_up=False"), "c")
      assert.strictEqual(yield* names("sort_key=name&sort_dir=desc"), "cba")
      assert.strictEqual(yield* names("name="), "cab")
      const first = yield* ask({ path: "/v2.0/networks?sort_key=name&limit=2&fields=name" })
      const { networks, networks_links: links } = first.body as { networks: unknown; networks_links: ReadonlyArray<{ rel: string; href: string }> }
      assert.deepStrictEqual(networks, [{ name: "a" }, { name: "b" }])
      assert.deepStrictEqual(links.map((link) => link.rel), ["next"])
      assert.strictEqual(yield* names(links[0]!.href.split("?")[1]!), "c")
      assert.strictEqual(yield* errorOf({ path: "/v2.0/networks?colour=red" }), "400 HTTPBadRequest")
      assert.strictEqual(yield* errorOf({ path: "/v2.0/networks?limit=x" }), "400 BadRequest")
      assert.strictEqual(yield* errorOf({ path: "/v2.0/networks?sort_key=colour" }), "400 HTTPBadRequest")
    }).pipe(Effect.provide(cloud)))

  it.effect("makes all of a list or none of it", () =>
    Effect.gen(function*() {
      const { ask } = yield* client
      const bulk = (...networks: ReadonlyArray<object>) => ask({ path: "/v2.0/networks", body: { networks } })
      assert.strictEqual((yield* bulk({ name: "a" }, { name: "b" })).status, 201)
      assert.strictEqual((yield* bulk({ name: "c" }, { name: "d", shared: true })).status, 403)
      const { body } = yield* ask({ path: "/v2.0/networks" })
      assert.lengthOf((body as { networks: ReadonlyArray<unknown> }).networks, 2)
    }).pipe(Effect.provide(cloud)))

  it.effect("keeps tags", () =>
    Effect.gen(function*() {
      const { ask, errorOf, get } = yield* client
      const path = `/v2.0/networks/${idOf(yield* get(post("networks", "network", {})))}/tags`
      assert.deepStrictEqual((yield* ask({ path, method: "PUT", body: { tags: ["a", "b"] } })).body, { tags: ["a", "b"] })
      assert.strictEqual((yield* ask({ path: `${path}/c`, method: "PUT" })).status, 201)
      assert.strictEqual((yield* ask({ path: `${path}/a`, method: "DELETE" })).status, 204)
      assert.strictEqual(yield* errorOf({ path: `${path}/a` }), "404 TagNotFound")
      assert.deepStrictEqual((yield* ask({ path })).body, { tags: ["b", "c"] })
      assert.lengthOf(((yield* ask({ path: "/v2.0/networks?tags=b,c" })).body as { networks: ReadonlyArray<unknown> }).networks, 1)
    }).pipe(Effect.provide(cloud)))

  it.effect("keeps quotas once they are set", () =>
    Effect.gen(function*() {
      const { ask, errorOf, get } = yield* client
      assert.strictEqual(((yield* get({ path: "/v2.0/quotas/red-id" })) as Record<string, unknown>)["network"], -1)
      assert.strictEqual(yield* errorOf(put("quotas/red-id", "quota", { network: 1 })), "403 AdminRequired")
      yield* ask(put("quotas/red-id", "quota", { network: 1 }, "admin"))
      yield* get(post("networks", "network", {}))
      assert.strictEqual(yield* errorOf(post("networks", "network", {})), "409 OverQuota")
      assert.deepStrictEqual(((yield* get({ path: "/v2.0/quotas/red-id/details" })) as Record<string, unknown>)["network"], { limit: 1, used: 1, reserved: 0 })
      yield* ask(remove("quotas/red-id", "admin"))
      yield* get(post("networks", "network", {}))
    }).pipe(Effect.provide(cloud)))

  const Anything = Schema.Union([Schema.Null, Schema.Boolean, Schema.Int, Schema.String, Schema.Array(Schema.String), Schema.Record(Schema.String, Schema.Int)])
  const Attributes = ["name", "network_id", "cidr", "ip_version", "gateway_ip", "allocation_pools", "fixed_ips", "mac_address",
    "security_group_id", "direction", "protocol", "remote_ip_prefix", "port_range_min", "binding:profile", "host_routes", "mtu", "admin_state_up", "security_groups", "ethertype", "tags", "port", "network"]
  // A record schema over literals has all of its keys: one changed attribute a time goes deeper.
  const Change = Schema.Tuple([Schema.Literals(Attributes), Anything])
  const Query = Schema.Tuple([
    Schema.Literals(["limit", "marker", "sort_key", "sort_dir", "fields", "name", "tags", "fixed_ips", "page_reverse", "shared"]),
    Schema.Union([Schema.String, Schema.Literals(["1", "id", "desc", "ip_address=10.0.0.1", "True"])])
  ])
  it.effect.prop(
    "answers whatever it is asked, and never with a fault of its own",
    {
      collection: Schema.Literals(["networks", "subnets", "ports", "security-groups", "security-group-rules", "quotas"]),
      change: Change,
      query: Schema.Array(Query)
    },
    ({ change, collection, query }) =>
      Effect.gen(function*() {
        const changes = Object.fromEntries([change])
        const { ask, get } = yield* client
        const below500 = (options: CallOptions) =>
          Effect.map(ask({ token: "admin", ...options }), (answer) => {
            assert.isBelow(answer.status, 500)
            return answer
          })
        const network = idOf(yield* get(post("networks", "network", {}, "admin")))
        yield* get(post("subnets", "subnet", { network_id: network, ip_version: 4, cidr: "10.0.0.0/24" }, "admin"))
        const group = idOf(yield* get(post("security-groups", "security_group", {}, "admin")))
        const usual: Record<string, object> = {
          subnets: { network_id: network, ip_version: 6, cidr: "2001:db8::/64" },
          ports: { network_id: network },
          "security-group-rules": { security_group_id: group, direction: "ingress" }
        }
        const name = collection.replaceAll("-", "_").slice(0, -1)
        const made = yield* below500(post(collection, name, { ...usual[collection], ...changes }, "admin"))
        const id = made.status === 201 ? idOf((made.body as Record<string, Body>)[name]!) : collection === "networks" ? network : group
        yield* below500(put(`${collection}/${id}`, name, changes, "admin"))
        yield* below500({ path: `/v2.0/${collection}/${id}/tags`, method: "PUT", body: changes })
        yield* below500({ path: `/v2.0/${collection}?${new URLSearchParams(query.map(([key, value]): [string, string] => [key, value]))}` })
        yield* below500(remove(`${collection}/${id}`, "admin"))
      }).pipe(Effect.provide(cloud)),
    { arbitrary: { runs: 300 } }
  )
})
