/** Picks that nobody sees yet: the scheduler's holds. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { flavors } from "../../../src/actors/catalog/Flavor.ts"
import { defaultRatios, hosts } from "../../../src/actors/host/Host.ts"
import type { PlacementWish } from "../../../src/actors/instance/Instance.ts"
import { quotas } from "../../../src/actors/project/quota.ts"
import { defaultCell, SchedulerEntity } from "../../../src/actors/scheduler/SchedulerProtocol.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { aCloud } from "../../fixtures/asked.ts"
import { anInstance } from "../../fixtures/instances.ts"

/** One host, and a flavor that takes this share of its memory. */
const oneHost = Effect.fnUntraced(function*(share: number) {
  const cloud = yield* aCloud({ hosts: 1 })
  const host = cloud.records.get(hosts, "sim-0001")!
  const ramMb = Math.floor((host.memoryMb - defaultRatios.reservedRamMb) * share)
  const flavor = { ...cloud.records.get(flavors, "tiny")!, id: "large", name: "large", ramMb }
  yield* cloud.records.write([
    { table: flavors, expect: "absent", put: flavor },
    { table: quotas, expect: "absent", put: { projectId: "project", userId: null, limits: { ram: -1 } } }
  ])
  const scheduler = (yield* Effect.provideContext(SchedulerEntity.client, cloud.context))(defaultCell)
  const pick = (id: string, wish: Partial<PlacementWish> = {}) =>
    scheduler.Select({
      instance: anInstance({ id, host: null, flavor: { ...anInstance().flavor, ramMb }, wish: { ...anInstance().wish, ...wish } })
    }).pipe(
      Effect.map(({ host }) => host),
      Effect.catchTag("Refusal", ({ kind }) => Effect.succeed(kind)),
      Effect.orDie
    )
  return { cloud, pick }
})

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
})
