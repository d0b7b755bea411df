/** The journal and the world drift apart behind the actors' backs, and are brought together again. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { TestClock } from "effect/testing"
import { domainSpec } from "../../../src/actors/host/domainSpec.ts"
import { Networks } from "../../../src/actors/network/NetworkProtocol.ts"
import { seedNetwork } from "../../../src/actors/network/NetworkSeedService.ts"
import { Fleet } from "../../../src/drivers/Driver.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { aCloud, asked } from "../../fixtures/asked.ts"
import type { Cloud } from "../../fixtures/asked.ts"

const running = Effect.fnUntraced(function*() {
  const cloud = yield* aCloud()
  const server = yield* cloud.settled(yield* cloud.make("a"))
  return { cloud, server, driver: Context.get(cloud.context, Fleet).driver(server.host!)! }
})

const administrator = { ...asked("req").caller, isAdmin: true, roles: ["admin"] }

const allocate = (cloud: Cloud, instanceId: string) =>
  Context.get(cloud.context, Networks).allocate({
    instanceId, projectId: "project", networks: "auto", securityGroups: [], hostname: "vm", availabilityZone: "nova", host: "sim-0001"
  })

describe("reconciliation", () => {
  it.effect("tells a server what its hypervisor never told", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running()
      yield* cloud.faults.lose(server.host!)
      yield* cloud.faults.changePower(server.host!, server.id, "shutdown")
      yield* cloud.faults.restore(server.host!)
      assert.strictEqual((yield* cloud.settled(server)).vmState, "active")
      yield* TestClock.adjust(Limits.reconcileMillis)
      assert.strictEqual((yield* cloud.settled(server)).vmState, "stopped")
    }))

  it.effect("ends the guest of a server that was deleted", () =>
    Effect.gen(function*() {
      const { cloud, driver, server } = yield* running()
      yield* cloud.servers.perform(asked("req-delete"), server.id, "delete")
      yield* cloud.settled(server)
      yield* driver.spawn(domainSpec(server, null, undefined), { epoch: 1 })
      assert.strictEqual((yield* driver.list).length, 1)
      yield* TestClock.adjust(Limits.reconcileMillis)
      yield* cloud.settled(server)
      assert.deepStrictEqual(yield* driver.list, [])
    }))

  it.effect("gives back the ports that no live server has, and no others", () =>
    Effect.gen(function*() {
      const { cloud, server } = yield* running()
      yield* Effect.provideContext(seedNetwork(administrator), cloud.context)
      yield* allocate(cloud, server.id)
      yield* allocate(cloud, "a-server-that-never-was")
      const { holders } = Context.get(cloud.context, Networks)
      assert.sameMembers([...(yield* holders)], [server.id, "a-server-that-never-was"])
      yield* TestClock.adjust(Limits.reconcileMillis)
      yield* cloud.settled(server)
      assert.deepStrictEqual(yield* holders, [server.id])
    }))
})
