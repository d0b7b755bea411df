/**
 * Every step that describes a server to its hypervisor asked for the image's file. Once a user had deleted the image,
 * none of its servers could be started or rebooted any more.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ImageApi } from "../../src/actors/image/ImageApiProtocol.ts"
import { seedImage } from "../../src/actors/image/ImageSeedService.ts"
import { aCloud, asked } from "../fixtures/asked.ts"

it.effect("a server goes on without its image", () =>
  Effect.gen(function*() {
    const cloud = yield* aCloud()
    const caller = { ...asked("req-image").caller, roles: ["admin", "member", "reader"], isAdmin: true }
    const seeding = seedImage(caller, { name: "linux", source: new Uint8Array([1]), diskFormat: "raw" })
    const imageId = yield* seeding.pipe(Effect.provideContext(cloud.context), Effect.provide(NodeFileSystem.layer))
    const first = yield* cloud.make("a", { imageId })
    // The file system has its own clock.
    const idle = Effect.repeat(cloud.settled(first), { until: ({ work }) => work === null })
    assert.strictEqual((yield* idle).vmState, "active")
    yield* Effect.provideContext(Effect.flatMap(ImageApi, (api) => api.remove(caller, imageId)), cloud.context)
    for (const [action, vmState] of [["stop", "stopped"], ["start", "active"], ["reboot", "active"]] as const) {
      yield* cloud.servers.perform(asked(`req-${action}`), first.id, action)
      const server = yield* idle
      assert.deepStrictEqual([action, server.vmState, server.fault], [action, vmState, null])
    }
  }))
