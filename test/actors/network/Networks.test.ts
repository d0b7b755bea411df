import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { AllocateRequest } from "../../../src/actors/network/NetworkProtocol.ts"
import { Networks } from "../../../src/actors/network/NetworkProtocol.ts"
import { NetworkApi } from "../../../src/actors/network/NetworkApiProtocol.ts"
import * as NetworksService from "../../../src/actors/network/NetworksService.ts"
import * as NetworkApiService from "../../../src/actors/network/NetworkApiService.ts"
import { NetworkStore } from "../../../src/actors/network/NetworkStoreService.ts"
import { Journal } from "../../../src/runtime/kernel/Journal.ts"
import { memoryJournal } from "../../fixtures/ownership.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import { admin, alice, bob } from "../../fixtures/callers.ts"
import { networkDraft, networksLayer, portDraft, subnetDraft } from "../../fixtures/networks.ts"

const request = (instanceId: string, networks: AllocateRequest["networks"] = "auto"): AllocateRequest => ({
  instanceId,
  projectId: alice.projectId!,
  networks,
  securityGroups: ["default"],
  hostname: "web",
  availabilityZone: "nova",
  host: "host-1"
})
const on = (networkId: string, fixedIp: string | null = null) => [{ networkId, portId: null, fixedIp, tag: null }]
const withPort = (portId: string) => [{ networkId: null, portId, fixedIp: null, tag: null }]

/** A shared network with one subnet. */
const sharedNetwork = (cidr: string) =>
  Effect.gen(function*() {
    const api = yield* NetworkApi
    const network = yield* api.networks.create(admin, { ...networkDraft, isShared: true })
    const subnet = yield* api.subnets.create(admin, subnetDraft(network.id, cidr))
    return { network, subnet }
  })

const portsOf = (deviceId: string) => Effect.flatMap(NetworkApi, (api) => api.ports.list(admin, { deviceId }))

/** Commits wait a turn, so that runners decide on what the others are about to change. */
const hesitantJournal = Layer.effect(
  Journal,
  Effect.map(Journal, (journal) => ({ ...journal, commit: (commit) => Effect.andThen(Effect.yieldNow, journal.commit(commit)) }))
).pipe(Layer.provideMerge(memoryJournal))

describe("Networks", () => {
  it.effect("plugs a server into the one network of its project", () =>
    Effect.gen(function*() {
      const { network, subnet } = yield* sharedNetwork("10.0.0.0/24")
      const networks = yield* Networks
      yield* networks.validate(alice, { networks: "auto", securityGroups: [], count: 1 })
      const [nic, ...rest] = yield* networks.allocate(request("server-1"))
      assert.deepStrictEqual(rest, [])
      assert.deepInclude(nic!, { networkId: network.id, label: "private", mtu: 1450, isPreexisting: false })
      assert.deepStrictEqual(nic!.fixedIps, [{ address: "10.0.0.2", version: 4, prefix: 24, subnetId: subnet.id }])
      const [port] = yield* portsOf("server-1")
      assert.deepInclude(port!, { deviceOwner: "compute:nova", hostId: "host-1", projectId: alice.projectId!, macAddress: nic!.macAddress })
      assert.match(nic!.macAddress, /^fa:16:3e(:[0-9a-f]{2}){3}$/)
    }).pipe(Effect.provide(networksLayer)))

  it.effect("answers a repeated request with what it made the first time", () =>
    Effect.gen(function*() {
      yield* sharedNetwork("10.0.0.0/24")
      const networks = yield* Networks
      const first = yield* networks.allocate(request("server-1"))
      const [second, third] = yield* Effect.all(
        [networks.allocate(request("server-1")), networks.allocate(request("server-1"))],
        { concurrency: 2 }
      )
      assert.deepStrictEqual(second, first)
      assert.deepStrictEqual(third, first)
      assert.lengthOf(yield* portsOf("server-1"), 1)
    }).pipe(Effect.provide(networksLayer)))

  it.effect("writes the journal once for each server", () =>
    Effect.gen(function*() {
      yield* sharedNetwork("10.0.0.0/24")
      const networks = yield* Networks
      yield* networks.allocate(request("first, for the default group"))
      const journal = yield* Journal
      let groups = 0
      yield* journal.project(() => void groups++)
      yield* networks.allocate(request("server-1"))
      assert.strictEqual(groups, 1)
      yield* networks.release("server-1")
      assert.strictEqual(groups, 2)
    }).pipe(Effect.scoped, Effect.provide(networksLayer)))

  it.effect("gives a released address again and leaves no port behind", () =>
    Effect.gen(function*() {
      yield* sharedNetwork("10.0.0.0/30")
      const networks = yield* Networks
      const [first] = yield* networks.allocate(request("server-1"))
      const full = yield* Effect.flip(networks.allocate(request("server-2")))
      assert.deepInclude(full, { kind: "conflict", code: "IpAddressGenerationFailure" })
      yield* networks.release("server-1")
      yield* networks.release("server-1")
      assert.lengthOf(yield* portsOf("server-1"), 0)
      const [again] = yield* networks.allocate(request("server-2"))
      assert.deepStrictEqual(again!.fixedIps, first!.fixedIps)
    }).pipe(Effect.provide(networksLayer)))

  it.effect("uses a port made before, and leaves it when the server goes", () =>
    Effect.gen(function*() {
      const { network } = yield* sharedNetwork("10.0.0.0/24")
      const api = yield* NetworkApi
      const networks = yield* Networks
      const port = yield* api.ports.create(alice, portDraft(network.id))
      const [nic] = yield* networks.allocate(request("server-1", withPort(port.id)))
      assert.deepInclude(nic!, { portId: port.id, macAddress: port.macAddress, isPreexisting: true })
      const inUse = yield* Effect.flip(networks.validate(alice, { networks: withPort(port.id), securityGroups: [], count: 1 }))
      assert.deepInclude(inUse, { kind: "conflict", code: "PortInUse" })
      yield* networks.release("server-1")
      assert.deepInclude(yield* api.ports.get(alice, port.id), { deviceId: "", deviceOwner: "", hostId: "", fixedIps: port.fixedIps })
    }).pipe(Effect.provide(networksLayer)))

  it.effect("is not taken in by a stranger's port that names the server", () =>
    Effect.gen(function*() {
      const { network } = yield* sharedNetwork("10.0.0.0/24")
      const api = yield* NetworkApi
      const networks = yield* Networks
      const port = yield* api.ports.create(bob, { ...portDraft(network.id), deviceId: "server-1", deviceOwner: "compute:nova" })
      const nics = yield* networks.allocate(request("server-1"))
      assert.lengthOf(nics, 1)
      assert.notStrictEqual(nics[0]!.portId, port.id)
    }).pipe(Effect.provide(networksLayer)))

  it.effect("answers the cards of a repeated request in its order", () =>
    Effect.gen(function*() {
      const { network } = yield* sharedNetwork("10.0.0.0/24")
      const api = yield* NetworkApi
      const networks = yield* Networks
      const port = yield* api.ports.create(alice, portDraft(network.id))
      const wanted = [...on(network.id), ...withPort(port.id), ...on(network.id, "10.0.0.50")]
      const first = yield* networks.allocate(request("server-1", wanted))
      assert.deepStrictEqual(first.map((nic) => nic.isPreexisting), [false, true, false])
      assert.deepStrictEqual(yield* networks.allocate(request("server-1", wanted)), first)
    }).pipe(Effect.provide(networksLayer)))

  it.effect("shows a project its own ports and those on its networks, and no others", () =>
    Effect.gen(function*() {
      const { network } = yield* sharedNetwork("10.0.0.0/24")
      const api = yield* NetworkApi
      const own = yield* api.ports.create(alice, portDraft(network.id))
      yield* api.ports.create(bob, portDraft(network.id))
      assert.deepStrictEqual((yield* api.ports.list(alice, {})).map((port) => port.id), [own.id])
      assert.lengthOf(yield* api.ports.list(admin, {}), 2)
    }).pipe(Effect.provide(networksLayer)))

  it.effect("gives all cards or none", () =>
    Effect.gen(function*() {
      const { network } = yield* sharedNetwork("10.0.0.0/24")
      const api = yield* NetworkApi
      const networks = yield* Networks
      const small = yield* api.networks.create(alice, { ...networkDraft, name: "small" })
      yield* api.subnets.create(alice, subnetDraft(small.id, "10.1.0.0/30"))
      yield* networks.allocate(request("server-1", on(small.id)))
      yield* Effect.flip(networks.allocate(request("server-2", [...on(network.id, "10.0.0.9"), ...on(small.id)])))
      assert.lengthOf(yield* portsOf("server-2"), 0)
      const [nic] = yield* networks.allocate(request("server-3", on(network.id, "10.0.0.9")))
      assert.strictEqual(nic!.fixedIps[0]!.address, "10.0.0.9")
    }).pipe(Effect.provide(networksLayer)))

  it.effect("refuses requests that cannot work, as Nova words them", () =>
    Effect.gen(function*() {
      const { network } = yield* sharedNetwork("10.0.0.0/24")
      const api = yield* NetworkApi
      const networks = yield* Networks
      const other = yield* api.networks.create(bob, { ...networkDraft, name: "bob's" })
      const empty = yield* api.networks.create(alice, { ...networkDraft, name: "no subnet" })
      yield* networks.allocate(request("server-1", on(network.id, "10.0.0.9")))
      const codeOf = (wanted: AllocateRequest["networks"], securityGroups: ReadonlyArray<string> = [], count = 1) =>
        Effect.map(Effect.flip(networks.validate(alice, { networks: wanted, securityGroups, count })), ({ code, kind }) => `${kind} ${code}`)
      assert.strictEqual(yield* codeOf("auto"), "conflict NetworkAmbiguous")
      assert.strictEqual(yield* codeOf(on("nowhere")), "badRequest NetworkNotFound")
      assert.strictEqual(yield* codeOf(on(other.id)), "badRequest NetworkNotFound")
      assert.strictEqual(yield* codeOf(on(empty.id)), "badRequest NetworkRequiresSubnet")
      assert.strictEqual(yield* codeOf(withPort("nowhere")), "badRequest PortNotFound")
      assert.strictEqual(yield* codeOf(on(network.id, "10.9.0.1")), "badRequest FixedIpNotFoundForNetwork")
      assert.strictEqual(yield* codeOf(on(network.id, "10.0.0.9")), "badRequest FixedIpAlreadyInUse")
      assert.strictEqual(yield* codeOf(on(network.id, "10.0.0.10"), [], 2), "badRequest MultiplePortsNotApplicable")
      assert.strictEqual(yield* codeOf(on(network.id), ["no such group"]), "badRequest SecurityGroupNotFound")
    }).pipe(Effect.provide(networksLayer)))

  it.effect("never gives an address to two of many at once", () =>
    Effect.gen(function*() {
      yield* sharedNetwork("10.0.0.0/25")
      const networks = yield* Networks
      const nics = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, at) => `server-${at}`),
        (id) => Effect.exit(networks.allocate(request(id))),
        { concurrency: "unbounded" }
      )
      const addresses = nics.flatMap((exit) => exit._tag === "Success" ? exit.value[0]!.fixedIps[0]!.address : [])
      assert.lengthOf(addresses, 125)
      assert.strictEqual(new Set(addresses).size, 125)
    }).pipe(Effect.provide(networksLayer)))

  it.effect("keeps two runners on one journal from giving the same address", () =>
    Effect.gen(function*() {
      const runner = Layer.fresh(
        Layer.mergeAll(NetworkApiService.layerNoDeps, NetworksService.layerNoDeps).pipe(
          Layer.provide(NetworkStore.layer),
          Layer.provide(RecordsIndex.layer)
        )
      )
      const { network } = yield* sharedNetwork("10.0.0.0/25").pipe(Effect.provide(runner))
      const allocate = (runnerName: string) =>
        Effect.flatMap(Networks, (networks) =>
          Effect.forEach(
            Array.from({ length: 50 }, (_, at) => `${runnerName}-${at}`),
            (id) => networks.allocate(request(id, on(network.id))),
            { concurrency: "unbounded" }
          )).pipe(Effect.provide(runner))
      const [one, two] = yield* Effect.all([allocate("one"), allocate("two")], { concurrency: 2 })
      assert.strictEqual(new Set([...one, ...two].map((nics) => nics[0]!.fixedIps[0]!.address)).size, 100)
    }).pipe(Effect.provide(hesitantJournal)))

  it.effect("finds everything again after a restart", () =>
    Effect.gen(function*() {
      const runner = Layer.fresh(
        Layer.mergeAll(NetworkApiService.layerNoDeps, NetworksService.layerNoDeps).pipe(
          Layer.provide(NetworkStore.layer),
          Layer.provide(RecordsIndex.layer)
        )
      )
      const before = yield* Effect.gen(function*() {
        yield* sharedNetwork("10.0.0.0/24")
        return yield* (yield* Networks).allocate(request("server-1"))
      }).pipe(Effect.provide(runner))
      yield* Effect.gen(function*() {
        const networks = yield* Networks
        assert.deepStrictEqual(yield* networks.allocate(request("server-1")), before)
        const [next] = yield* networks.allocate(request("server-2"))
        assert.strictEqual(next!.fixedIps[0]!.address, "10.0.0.3")
      }).pipe(Effect.provide(runner))
    }).pipe(Effect.provide(memoryJournal)))
})
