/** Picks that nobody sees yet: the scheduler's holds. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { flavors } from "../../../src/actors/catalog/Flavor.ts"
import { defaultRatios, hosts } from "../../../src/actors/host/Host.ts"
import { aggregates } from "../../../src/actors/host/Aggregate.ts"
import type { Instance, PlacementWish } from "../../../src/actors/instance/Instance.ts"
import { quotas } from "../../../src/actors/project/quota.ts"
import { defaultCell, SchedulerEntity } from "../../../src/actors/scheduler/SchedulerProtocol.ts"
import type { SchedulerSettings } from "../../../src/actors/scheduler/settings.ts"
import type { Refusal } from "../../../src/actors/shared/Refusal.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { aCloud } from "../../fixtures/asked.ts"
import { anInstance } from "../../fixtures/instances.ts"

/** Hosts of one shape, and a flavor that takes this share of the memory of each. */
const someHosts = Effect.fnUntraced(function*(count: number, share: number, scheduler?: Partial<SchedulerSettings>) {
  const cloud = yield* aCloud({ hosts: count, ...(scheduler === undefined ? {} : { scheduler }) })
  const host = cloud.records.get(hosts, "sim-0001")!
  yield* cloud.records.write([...cloud.records.all(hosts)].map((one) => ({
    table: hosts, expect: "any" as const, put: { ...host, hostname: one.hostname, id: one.id, serviceId: one.serviceId, number: one.number }
  })))
  const ramMb = Math.floor((host.memoryMb - defaultRatios.reservedRamMb) * share)
  const flavor = { ...cloud.records.get(flavors, "tiny")!, id: "large", name: "large", ramMb }
  yield* cloud.records.write([
    { table: flavors, expect: "absent", put: flavor },
    { table: quotas, expect: "absent", put: { projectId: "project", userId: null, limits: { ram: -1 } } }
  ])
  const entity = (yield* Effect.provideContext(SchedulerEntity.client, cloud.context))(defaultCell)
  const select = (id: string, wish: Partial<PlacementWish> = {}, more: Partial<Instance> = {}) =>
    entity.Select({
      instance: anInstance({ id, host: null, flavor: { ...anInstance().flavor, ramMb }, wish: { ...anInstance().wish, ...wish }, ...more })
    })
  const pick = (...args: Parameters<typeof select>) =>
    select(...args).pipe(
      Effect.map(({ host }) => host),
      Effect.catchTag("Refusal", ({ kind }) => Effect.succeed<string>(kind)),
      Effect.orDie
    )
  const refusal = (...args: Parameters<typeof select>) => Effect.flip(select(...args)).pipe(Effect.map((error) => error as Refusal))
  return { cloud, pick, refusal, select: (...args: Parameters<typeof select>) => Effect.orDie(select(...args)) }
})
const oneHost = (share: number) => someHosts(1, share)

describe("the scheduler", () => {
  it.effect("counts what it picked before the servers are seen there, for as long as that may take", () =>
    Effect.gen(function*() {
      const { pick } = yield* oneHost(0.6)
      assert.strictEqual(yield* pick("a"), "sim-0001")
      yield* TestClock.adjust(Limits.placementHoldMillis - 1)
      assert.strictEqual(yield* pick("b"), "conflict")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* pick("b"), "sim-0001")
    }))

  it.effect("does not count a server twice that is on its host", () =>
    Effect.gen(function*() {
      const { cloud, pick } = yield* oneHost(0.4)
      assert.strictEqual((yield* cloud.settled(yield* cloud.make("a", { flavorId: "large" }))).vmState, "active")
      assert.strictEqual(yield* pick("b"), "sim-0001")
    }))

  it.effect("counts nothing for a server whose build ended", () =>
    Effect.gen(function*() {
      const { cloud, pick } = yield* oneHost(0.6)
      yield* cloud.faults.inject({ operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: false })
      assert.strictEqual((yield* cloud.settled(yield* cloud.make("a", { flavorId: "large" }))).vmState, "error")
      assert.strictEqual(yield* pick("b"), "sim-0001")
    }))

  it.effect("keeps a group apart before its members are seen on their hosts", () =>
    Effect.gen(function*() {
      const { pick } = yield* oneHost(0.1)
      const apart = { serverGroupId: "group", groupPolicy: "anti-affinity" }
      assert.strictEqual(yield* pick("a", apart), "sim-0001")
      assert.strictEqual(yield* pick("b", apart), "conflict")
      assert.strictEqual(yield* pick("c"), "sim-0001")
    }))

  it.effect("sees a host's record change", () =>
    Effect.gen(function*() {
      const { cloud, pick } = yield* oneHost(0.2)
      const host = cloud.records.get(hosts, "sim-0001")!
      assert.strictEqual(yield* pick("a"), "sim-0001")
      yield* cloud.records.write([{ table: hosts, expect: "any", put: { ...host, isDisabled: true } }])
      assert.strictEqual(yield* pick("b"), "conflict")
      yield* cloud.records.write([{ table: hosts, expect: "any", put: { ...host, isForcedDown: true } }])
      assert.strictEqual(yield* pick("b"), "conflict")
      yield* cloud.records.write([{ table: hosts, expect: "any", put: host }])
      assert.strictEqual(yield* pick("b"), "sim-0001")
    }))

  it.effect("never picks a host that went down without a word, and finds one that came back", () =>
    Effect.gen(function*() {
      const { cloud, pick } = yield* someHosts(2, 0.1)
      assert.strictEqual(yield* pick("a"), "sim-0001")
      yield* cloud.faults.lose("sim-0002")
      assert.strictEqual(yield* pick("b"), "sim-0001")
      yield* cloud.faults.lose("sim-0001")
      assert.strictEqual(yield* pick("c"), "conflict")
      yield* cloud.faults.restore("sim-0002")
      assert.strictEqual(yield* pick("d"), "sim-0002")
    }))

  it.effect("keeps a host's aggregates in sight: their ratios and who they are for", () =>
    Effect.gen(function*() {
      const { cloud, pick } = yield* someHosts(1, 0.9)
      const put = (metadata: { readonly [key: string]: string }) => cloud.records.write([{
        table: aggregates, expect: "any",
        put: { id: 1, uuid: "u", name: "a", hosts: ["sim-0001"], metadata, createdAt: "2030-01-01T00:00:00.000Z", updatedAt: null }
      }])
      yield* put({ ram_allocation_ratio: "0.5" })
      assert.strictEqual(yield* pick("a"), "conflict")
      yield* put({ ram_allocation_ratio: "2" })
      assert.strictEqual(yield* pick("a"), "sim-0001")
      assert.strictEqual(yield* pick("b"), "sim-0001")
      assert.strictEqual(yield* pick("c"), "conflict")
    }))

  it.effect("picks as operators say: other filters, other weights", () =>
    Effect.gen(function*() {
      const { pick } = yield* someHosts(2, 0.1, { weights: { RAMWeigher: -1, CPUWeigher: -1, DiskWeigher: -1, IoOpsWeigher: 0 } })
      const [first, second] = [yield* pick("a"), yield* pick("b")]
      assert.strictEqual(second, first)
    }))

  it.effect("avoids a host whose build failed, until one succeeds there", () =>
    Effect.gen(function*() {
      const { cloud, pick } = yield* someHosts(2, 0.01)
      yield* cloud.faults.inject({ host: "sim-0001", operation: "spawn" }, { _tag: "Fail", message: "no kvm", isRetryable: false }, 1)
      const wish = { host: "sim-0001" }
      assert.strictEqual((yield* cloud.settled(yield* cloud.make("a", wish))).vmState, "error")
      for (const id of ["b", "c", "d", "e"]) assert.strictEqual(yield* pick(id), "sim-0002")
      assert.strictEqual((yield* cloud.settled(yield* cloud.make("f", wish))).vmState, "active")
      assert.strictEqual(yield* pick("g"), "sim-0001")
    }))

  describe("of servers that one request made", () => {
    const member = (at: number, wish: Partial<PlacementWish> = {}) => [`m${at}`, { gangSize: 3, ...wish }, { launchIndex: at }] as const

    it.effect("places all of them when the first asks", () =>
      Effect.gen(function*() {
        const { pick } = yield* someHosts(1, 0.25)
        assert.strictEqual(yield* pick(...member(0)), "sim-0001")
        // Places of the other two are held: only one more finds room.
        assert.strictEqual(yield* pick("x"), "sim-0001")
        assert.strictEqual(yield* pick("y"), "conflict")
        assert.strictEqual(yield* pick(...member(2)), "sim-0001")
        assert.strictEqual(yield* pick(...member(1)), "sim-0001")
        assert.strictEqual(yield* pick(...member(1)), "sim-0001")
      }))

    it.effect("places none of them where not all find room, says the same to each, and holds nothing", () =>
      Effect.gen(function*() {
        const { pick, refusal } = yield* someHosts(1, 0.4)
        const first = yield* refusal(...member(1))
        assert.match(first.message, /^No valid host was found\. MEMORY_MB refused 1 of 1\. Places for 2 of the 3 servers of this request: all are placed or none\. Nearest: \d+ MiB of memory short in zone nova\.$/)
        assert.strictEqual((yield* refusal(...member(0))).message, first.message)
        assert.strictEqual(yield* pick("x"), "sim-0001")
        assert.strictEqual(yield* pick("y"), "sim-0001")
      }))

    it.effect("keeps them apart, as many on a host as the group says, or places none", () =>
      Effect.gen(function*() {
        const { pick, refusal } = yield* someHosts(2, 0.1)
        const apart = { serverGroupId: "g", groupPolicy: "anti-affinity" }
        assert.match((yield* refusal(...member(0, apart))).message, /ServerGroupAntiAffinityFilter refused 2 of 2\. Places for 2 of the 3/)
        const next = (at: number) => pick(`n${at}`, { ...apart, gangSize: 4, maxServerPerHost: 2 }, { reservationId: "r-2", launchIndex: at })
        const four = [yield* next(0), yield* next(1), yield* next(2), yield* next(3)]
        assert.deepStrictEqual(four.toSorted(), ["sim-0001", "sim-0001", "sim-0002", "sim-0002"])
        assert.strictEqual(yield* pick("x", { ...apart, maxServerPerHost: 2 }), "conflict")
      }))

    it.effect("keeps them together only on a host that holds them all, and refuses all where there is none", () =>
      Effect.gen(function*() {
        const { pick, refusal } = yield* someHosts(3, 0.4)
        const together = { serverGroupId: "g", groupPolicy: "affinity" }
        assert.match((yield* refusal(...member(0, together))).message, /MEMORY_MB refused 3 of 3/)
        const two = { ...together, gangSize: 2 }
        const first = yield* pick("n0", two, { reservationId: "r-2", launchIndex: 0 })
        assert.strictEqual(yield* pick("n1", two, { reservationId: "r-2", launchIndex: 1 }), first)
      }))

    it.effect("lets one of them that failed be placed again by itself", () =>
      Effect.gen(function*() {
        const { pick } = yield* someHosts(2, 0.2)
        const host = yield* pick(...member(0))
        const work = { action: "create", step: "schedule", generation: 4, requestId: "r", touchedAtMillis: 0, deadlineMillis: 1e12, attempt: 2, excludedHosts: [host] } as const
        const [id, wish, more] = member(0)
        const next = yield* pick(id, wish, { ...more, work })
        assert.notStrictEqual(next, host)
        assert.notStrictEqual(next, "conflict")
      }))
  })

  it.effect("says where a pinned server's CPUs lie, and gives them to nobody else", () =>
    Effect.gen(function*() {
      const { select } = yield* someHosts(1, 0.01)
      const extraSpecs = { "hw:cpu_policy": "dedicated" }
      const ask = (id: string) => select(id, {}, { flavor: { ...anInstance().flavor, vcpus: 8, extraSpecs } })
      const taken = [yield* ask("a"), yield* ask("b"), yield* ask("c")].flatMap(({ numa }) => numa?.cells.flatMap((cell) => cell.taken) ?? [])
      assert.strictEqual(taken.length, 24)
      assert.strictEqual(new Set(taken).size, 24)
    }))
})
