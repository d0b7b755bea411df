/** Servers and what Placement counts: overrides, other classes, granular groups over a host's tree, and clients' claims. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { flavors } from "../../src/actors/catalog/Flavor.ts"
import { hosts } from "../../src/actors/host/Host.ts"
import type { Instance } from "../../src/actors/instance/Instance.ts"
import { PlacementAdmin } from "../../src/actors/placement/PlacementAdminProtocol.ts"
import { Placement } from "../../src/actors/placement/PlacementProtocol.ts"
import { aCloud, asked, type Cloud } from "../fixtures/asked.ts"

const flavor = (id: string, extraSpecs: Record<string, string>, vcpus = 1) => ({
  table: flavors, expect: "any" as const,
  put: {
    id, name: id, vcpus, ramMb: 256, diskGb: 1, ephemeralGb: 0, swapMb: 0, rxtxFactor: 1, isPublic: true, isDisabled: false,
    description: null, extraSpecs, access: [], createdAt: "2030-01-01T00:00:00.000Z"
  }
})
const card = "resources:CUSTOM_CARD"
const wishes = [
  flavor("card", { [card]: "1" }),
  flavor("two", { "resources1:CUSTOM_CARD": "1", "resources2:CUSTOM_CARD": "1", group_policy: "isolate" }),
  flavor("fast", { "resources1:CUSTOM_CARD": "1", "trait1:CUSTOM_FAST": "required" }),
  flavor("fastest", { [card]: "1", "trait:CUSTOM_FAST": "required" }),
  flavor("slim", { "resources:VCPU": "1", "resources:MEMORY_MB": "64", "resources:DISK_GB": "0" }, 4),
  flavor("pcpu", { "resources:PCPU": "2" }, 2),
  flavor("pinned", { "hw:cpu_policy": "dedicated", "hw:emulator_threads_policy": "isolate" }, 2),
  flavor("plain", {})
]
const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`
const rules = { mayReserveAll: true }

const providing = Effect.fnUntraced(function*(options: NonNullable<Parameters<typeof aCloud>[0]> = {}) {
  const cloud = yield* aCloud({ hosts: 1, ...options })
  yield* cloud.records.write(wishes)
  const admin = Context.get(cloud.context, PlacementAdmin)
  const placement = Context.get(cloud.context, Placement)
  yield* admin.putClass("CUSTOM_CARD")
  yield* admin.putTrait("CUSTOM_FAST")
  const idOf = (hostname: string) => cloud.records.get(hosts, hostname)!.id
  const addCards = (provider: string, total: number) => admin.addInventory(provider, "CUSTOM_CARD", { total }, rules)
  /** A provider with so many cards under a host, or alone. */
  const addProvider = Effect.fnUntraced(function*(number: number, parentUuid: string | null, cards: number, traits: ReadonlyArray<string> = []) {
    yield* admin.createProvider({ uuid: uuid(number), name: `provider ${number}`, parentUuid })
    yield* addCards(uuid(number), cards)
    yield* admin.setTraits(uuid(number), null, traits)
  })
  const boot = (name: string, flavorId: string) => Effect.flatMap(cloud.make(name, { flavorId }), cloud.settled)
  const used = (provider: string) => Object.fromEntries(placement.held(placement.provider(provider)!))
  return { ...cloud, admin, placement, idOf, addCards, addProvider, boot, used, host: idOf("sim-0001") }
})
/** As administrators read it, or its state. */
const faultOf = ({ fault, vmState }: Instance) => vmState === "error" ? fault?.details ?? "" : vmState
const remove = (cloud: Pick<Cloud, "servers" | "settled">, server: Instance) =>
  Effect.andThen(cloud.servers.perform(asked(`req-delete-${server.id}`), server.id, "delete"), cloud.settled(server))

describe("a class that an operator gave a host", () => {
  it.effect("is given to servers until there is no more, and comes back with them", () =>
    Effect.gen(function*() {
      const cloud = yield* providing()
      assert.match(faultOf(yield* cloud.boot("early", "card")), /Resources: 0 CUSTOM_CARD free of 1 needed/)
      yield* cloud.addCards(cloud.host, 1)
      const first = yield* cloud.boot("a", "card")
      assert.strictEqual(faultOf(first), "active")
      assert.strictEqual(cloud.used(cloud.host).CUSTOM_CARD, 1)
      assert.match(faultOf(yield* cloud.boot("b", "card")), /0 CUSTOM_CARD free of 1 needed/)
      assert.strictEqual((yield* Effect.flip(cloud.admin.deleteInventory(cloud.host, "CUSTOM_CARD"))).kind, "conflict")
      yield* remove(cloud, first)
      assert.strictEqual(faultOf(yield* cloud.boot("c", "card")), "active")
    }))

  it.effect("is not given to servers while a client's consumer holds it, and neither are CPUs", () =>
    Effect.gen(function*() {
      const cloud = yield* providing()
      yield* cloud.addCards(cloud.host, 1)
      const capacity = cloud.records.get(hosts, "sim-0001")!.vcpus
      yield* cloud.admin.setInventories(cloud.host, null, new Map([
        ...cloud.placement.provider(cloud.host)!.inventories,
        ["VCPU", { ...cloud.placement.provider(cloud.host)!.inventories.get("VCPU")!, allocationRatio: 1 }]
      ]), rules)
      const claim = (amounts: Record<string, number>) => cloud.admin.setAllocations([{
        consumerId: uuid(90), projectId: "p", userId: "u", generation: undefined, type: undefined,
        allocations: new Map([[cloud.host, new Map(Object.entries(amounts))]])
      }])
      yield* claim({ CUSTOM_CARD: 1 })
      assert.match(faultOf(yield* cloud.boot("a", "card")), /0 CUSTOM_CARD free of 1 needed/)
      yield* claim({ VCPU: capacity })
      assert.match(faultOf(yield* cloud.boot("b", "plain")), /VCPU: 0 VCPU free of 1 needed/)
      assert.match(faultOf(yield* cloud.boot("c", "card")), /VCPU: 0 VCPU free of 1 needed/)
      yield* cloud.admin.deleteAllocations(uuid(90))
      assert.strictEqual(faultOf(yield* cloud.boot("d", "card")), "active")
    }))
})

describe("providers under a host", () => {
  it.effect("give what they have: each group by one of them, isolated ones by several", () =>
    Effect.gen(function*() {
      const cloud = yield* providing({ hosts: 2 })
      yield* cloud.addProvider(1, cloud.host, 1)
      assert.match(faultOf(yield* cloud.boot("lonely", "two")), /its providers cannot serve all groups of resources together/)
      yield* cloud.addProvider(2, cloud.host, 2, ["CUSTOM_FAST"])
      const two = yield* cloud.boot("two", "two")
      assert.deepStrictEqual([two.vmState, two.host, two.allocations], ["active", "sim-0001", { [uuid(1)]: { CUSTOM_CARD: 1 }, [uuid(2)]: { CUSTOM_CARD: 1 } }])
      const fast = yield* cloud.boot("fast", "fast")
      assert.deepStrictEqual([fast.vmState, fast.allocations], ["active", { [uuid(2)]: { CUSTOM_CARD: 1 } }])
      assert.match(faultOf(yield* cloud.boot("faster", "fastest")), /no provider of its tree has room for 1 CUSTOM_CARD/)
      const held = cloud.placement.allocationsOfConsumer(two.id)
      assert.deepStrictEqual([...held].map(([{ uuid }, { resources }]) => [uuid, Object.fromEntries(resources)]), [
        [cloud.host, { VCPU: 1, MEMORY_MB: 256, DISK_GB: 1 }], [uuid(1), { CUSTOM_CARD: 1 }], [uuid(2), { CUSTOM_CARD: 1 }]
      ])
      assert.deepStrictEqual(cloud.used(uuid(2)), { CUSTOM_CARD: 2 })
      assert.strictEqual((yield* Effect.flip(cloud.admin.deleteProvider(uuid(2)))).kind, "conflict")
      yield* remove(cloud, fast)
      assert.deepStrictEqual(cloud.used(uuid(2)), { CUSTOM_CARD: 1 })
      const fastest = yield* cloud.boot("fastest", "fastest")
      assert.deepStrictEqual([fastest.vmState, fastest.allocations], ["active", { [uuid(2)]: { CUSTOM_CARD: 1 } }])
    }))

  it.effect("that share by an aggregate serve all its hosts, and never more than they have", () =>
    Effect.gen(function*() {
      const cloud = yield* providing({ hosts: 3 })
      yield* cloud.addProvider(1, null, 3, ["MISC_SHARES_VIA_AGGREGATE"])
      yield* cloud.admin.setAggregates(uuid(1), null, [uuid(70)])
      assert.match(faultOf(yield* cloud.boot("early", "card")), /CUSTOM_CARD/)
      for (const name of ["sim-0001", "sim-0002"]) yield* cloud.admin.setAggregates(cloud.idOf(name), null, [uuid(70)])
      const made = yield* Effect.forEach(["a", "b", "c", "d", "e"], (name) => cloud.make(name, { flavorId: "card" }), { concurrency: "unbounded" })
      const settled = yield* Effect.forEach(made, cloud.settled)
      assert.deepStrictEqual(settled.map(({ vmState }) => vmState).toSorted(), ["active", "active", "active", "error", "error"])
      assert.notInclude(settled.map(({ host }) => host), "sim-0003")
      assert.deepStrictEqual(cloud.used(uuid(1)), { CUSTOM_CARD: 3 })
    }))
})

describe("what a flavor says of VCPU, memory and disk", () => {
  it.effect("is what its servers take of the host", () =>
    Effect.gen(function*() {
      const cloud = yield* providing()
      const slim = yield* cloud.boot("a", "slim")
      assert.deepStrictEqual(cloud.used(cloud.host), { VCPU: 1, MEMORY_MB: 64 })
      assert.strictEqual(cloud.index.usageOfHost("sim-0001").cores, 4)
      yield* remove(cloud, slim)
      assert.deepStrictEqual(cloud.used(cloud.host), {})
    }))
})

describe("PCPU", () => {
  it.effect("is what hosts have that set CPUs apart: pinned guests and their emulators' threads take it", () =>
    Effect.gen(function*() {
      const cloud = yield* providing({ fleet: { cpuSets: { shared: [0, 1], dedicated: [2, 3, 4, 5, 6] } } })
      const { inventories } = cloud.placement.provider(cloud.host)!
      assert.deepStrictEqual([inventories.get("VCPU")?.total, inventories.get("PCPU")?.total, inventories.get("PCPU")?.allocationRatio], [2, 5, 1])
      const pinned = yield* cloud.boot("a", "pinned")
      assert.strictEqual(faultOf(pinned), "active")
      assert.deepStrictEqual(cloud.used(cloud.host), { PCPU: 3, MEMORY_MB: 256, DISK_GB: 1 })
      assert.strictEqual(faultOf(yield* cloud.boot("b", "pcpu")), "active")
      assert.match(faultOf(yield* cloud.boot("c", "pinned")), /PCPU: 0 PCPU free of 3 needed/)
      yield* remove(cloud, pinned)
      yield* cloud.admin.setAllocations([{
        consumerId: uuid(90), projectId: "p", userId: "u", generation: undefined, type: undefined,
        allocations: new Map([[cloud.host, new Map([["PCPU", 2]])]])
      }])
      assert.match(faultOf(yield* cloud.boot("d", "pcpu")), /PCPU: 1 PCPU free of 2 needed/)
    }))

  it.effect("that a flavor names itself is no other host's to give", () =>
    Effect.gen(function*() {
      const cloud = yield* providing()
      assert.match(faultOf(yield* cloud.boot("a", "pcpu")), /PCPU: 0 PCPU free of 2 needed/)
      assert.strictEqual(faultOf(yield* cloud.boot("b", "pinned")), "active")
      assert.deepStrictEqual(cloud.used(cloud.host), { VCPU: 2, MEMORY_MB: 256, DISK_GB: 1 })
    }))
})
