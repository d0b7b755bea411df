import { assert, describe, it } from "vitest"
import { addressOf, hostCopy, macOf, serverCopy, serverTemplate, uuidOf } from "../../bench/cluster/copies.ts"
import type { StoreSnapshot } from "../../src/runtime/kernel/Store.ts"

const [id, portId] = ["64477b93-be03-46bc-9c6d-aa0c6b899813", "a322d6aa-fe87-587d-a298-5885c0396682"]
const mac = "fa:16:3e:39:66:82"
const createdAt = "2026-01-01T00:00:00.000Z"

const stream = (type: string, id: string, state: object): StoreSnapshot => ({ type, id, version: 3, pending: false, state: JSON.stringify(state) })
const record = (order: number, record: object) => ({ order, record })

const all: ReadonlyArray<StoreSnapshot> = [
  stream("network", "n", record(1, { id: "n", name: "bench" })),
  stream("Instance", id, {
    id, name: "bench-0", host: "sim-0001", createdAt,
    nics: [{ portId, macAddress: mac, fixedIps: [{ address: "10.128.0.2", subnetId: "s" }] }]
  }),
  stream("port", portId, record(34, { id: portId, deviceId: id, hostId: "sim-0001", macAddress: mac, fixedIps: [{ address: "10.128.0.2" }] })),
  stream("ip-allocation", "s/10.128.0.2", record(35, { subnetId: "s", address: "10.128.0.2", portId })),
  stream("port/mac", `n/${mac}`, { holder: portId }),
  stream("agentCredential", "sim-0001", record(2, { hostname: "sim-0001", key: "k" })),
  stream("agentState", "sim-0001", record(3, { hostname: "sim-0001", isUp: true, runner: "r" })),
  stream("host", "sim-0001", record(4, { hostname: "sim-0001", id: "h", number: 1, serviceNumber: 1, serviceId: "x", vcpus: 4 }))
]

describe("copies of a server and a host", () => {
  it("a server's copy has all of its streams, and in them nothing of the server it was made of", () => {
    const copy = serverCopy(serverTemplate(all), 7, "sim-0042", 100)
    const [server, port, address, claim] = copy
    assert.deepStrictEqual(copy.map(({ type }) => type), ["Instance", "port", "ip-allocation", "port/mac"])
    assert.deepStrictEqual(copy.map(({ id }) => id), [uuidOf("server", 7), uuidOf("port", 7), `s/${addressOf(7)}`, `n/${macOf(7)}`])
    assert.notMatch(JSON.stringify(copy), new RegExp([id, portId, mac, "10\\.128\\.0\\.2", "sim-0001", "bench-0"].join("|")))
    assert.deepInclude(JSON.parse(server!.state!), { host: "sim-0042", createdAt: "2026-01-01T00:00:00.007Z" })
    assert.deepInclude(JSON.parse(port!.state!).record, { deviceId: uuidOf("server", 7), hostId: "sim-0042", macAddress: macOf(7) })
    assert.deepStrictEqual([port, address].map((append) => JSON.parse(append!.state!).order), [101, 102])
    assert.deepStrictEqual(JSON.parse(claim!.state!), { holder: uuidOf("port", 7) })
    assert.isTrue(copy.every(({ expected, pending }) => expected === 0 && !pending))
  })

  it("no two copies have an id or an address in common", () => {
    const many = Array.from({ length: 70_000 }, (_, index) => index)
    for (const of of [addressOf, macOf, (index: number) => uuidOf("server", index)]) assert.strictEqual(new Set(many.map(of)).size, many.length)
    assert.match(uuidOf("server", 3), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.strictEqual(addressOf(65_537), "10.130.0.1")
  })

  it("a host's copy is a host whose agent is away, with claims on all that must be unique", () => {
    const [credential, state, host, ...claims] = hostCopy(all, "sim-0001", 41, "sim-0042", 200)
    assert.deepStrictEqual(JSON.parse(credential!.state!), record(200, { hostname: "sim-0042", key: "k" }))
    assert.deepInclude(JSON.parse(state!.state!).record, { hostname: "sim-0042", isUp: false })
    const { record: found } = JSON.parse(host!.state!)
    assert.deepInclude(found, { hostname: "sim-0042", number: 42, serviceNumber: 42, vcpus: 4 })
    assert.deepStrictEqual(claims.map(({ id, state, type }) => [type, id, JSON.parse(state!).holder]), [
      ["host/id", found.id, "sim-0042"], ["host/serviceId", found.serviceId, "sim-0042"], ["host/number", "42", "sim-0042"]
    ])
  })

  it("is made of one server and no more", () =>
    assert.throws(() => serverTemplate([...all, ...all]), /a store with one server, not 2/))
})
