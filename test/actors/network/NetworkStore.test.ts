/** Writes that do not come through: what was reserved for them is free again, and deletions are not blocked by them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { NetworkApi } from "../../../src/actors/network/NetworkApiProtocol.ts"
import * as NetworkApiService from "../../../src/actors/network/NetworkApiService.ts"
import { Networks } from "../../../src/actors/network/NetworkProtocol.ts"
import type { AllocateRequest } from "../../../src/actors/network/NetworkProtocol.ts"
import * as NetworksService from "../../../src/actors/network/NetworksService.ts"
import { NetworkStore } from "../../../src/actors/network/NetworkStoreService.ts"
import { JournalUnavailable, VersionConflict } from "../../../src/runtime/kernel/Journal.ts"
import { Records } from "../../../src/runtime/kernel/Records.ts"
import { memoryJournal } from "../../fixtures/ownership.ts"
import * as RecordsIndex from "../../../src/runtime/projections/RecordsIndex.ts"
import { admin, alice } from "../../fixtures/callers.ts"
import { networkDraft, subnetDraft } from "../../fixtures/networks.ts"

const lost = new VersionConflict({ stream: { type: "port", id: "another" }, expected: 0, actual: 1 })
const down = new JournalUnavailable({ operation: "commit", cause: "disk" })

const request = (instanceId: string, networkId: string): AllocateRequest => ({
  instanceId, projectId: alice.projectId!, networks: [{ networkId, portId: null, fixedIp: null, tag: null }], securityGroups: ["default"],
  hostname: "web", availabilityZone: "nova", host: "host-1"
})

/** A network with a single free address, over records whose next writes end as `ends` says. */
const oneAddress = Effect.gen(function*() {
  const ends: Array<VersionConflict | JournalUnavailable> = []
  const faulty = Layer.effect(Records, Effect.map(Records, (records) => ({
    ...records,
    write: (changes: Parameters<typeof records.write>[0]) =>
      Effect.suspend(() => {
        const end = ends.shift()
        return end === undefined ? records.write(changes) : Effect.fail(end)
      })
  }))).pipe(Layer.provide(RecordsIndex.layer), Layer.provide(memoryJournal))
  const context = yield* Layer.build(
    Layer.mergeAll(NetworkApiService.layerNoDeps, NetworksService.layerNoDeps).pipe(Layer.provide(NetworkStore.layer), Layer.provide(faulty))
  )
  return yield* Effect.provideContext(
    Effect.gen(function*() {
      const api = yield* NetworkApi
      const networks = yield* Networks
      const network = yield* api.networks.create(admin, { ...networkDraft, isShared: true })
      yield* api.subnets.create(admin, subnetDraft(network.id, "10.0.0.0/30"))
      // The project's default security group is there before the writes begin to fail.
      yield* networks.allocate(request("first", network.id))
      yield* networks.release("first")
      const allocate = (id: string) =>
        Effect.map(networks.allocate(request(id, network.id)), ([nic]) => nic!.fixedIps[0]!.address)
      return { api, networks, network, ends, allocate }
    }),
    context
  )
})

describe("a write that did not come through", () => {
  it.effect("leaves its address to the next try", () =>
    Effect.gen(function*() {
      const { allocate, ends } = yield* oneAddress
      ends.push(lost, lost)
      assert.strictEqual(yield* allocate("server"), "10.0.0.2")
    }))

  it.effect("leaves its address to others when the store is down", () =>
    Effect.gen(function*() {
      const { allocate, ends } = yield* oneAddress
      ends.push(down)
      assert.strictEqual((yield* Effect.flip(allocate("server"))).kind, "unavailable")
      assert.strictEqual(yield* allocate("other"), "10.0.0.2")
    }))

  it.effect("does not keep its network from being deleted", () =>
    Effect.gen(function*() {
      const { allocate, api, ends, network } = yield* oneAddress
      ends.push(down)
      yield* Effect.flip(allocate("server"))
      yield* api.networks.remove(admin, network.id)
    }))

  it.effect("of a deletion does not keep its network from being used", () =>
    Effect.gen(function*() {
      const { allocate, api, ends, network } = yield* oneAddress
      ends.push(down)
      assert.strictEqual((yield* Effect.flip(api.networks.remove(admin, network.id))).kind, "unavailable")
      assert.strictEqual(yield* allocate("server"), "10.0.0.2")
    }))
})
