/**
 * A build whose networks answered only after its deadline ended in ERROR: its release ran first and found no ports,
 * then the late allocation made them. Nothing gave those back until the server was deleted, and they counted against
 * the project's quota of ports all that time.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { place } from "../../src/actors/conductor/placeWorkflow.ts"
import type { Networks } from "../../src/actors/network/NetworkProtocol.ts"
import { anInstance } from "../fixtures/instances.ts"

it.effect("ports that come after the build was given up are given back", () =>
  Effect.gen(function*() {
    const ports = new Set<string>()
    const networks: Networks["Service"] = {
      validate: () => Effect.succeed({ devicePorts: [] }),
      allocate: ({ instanceId }) => Effect.sync(() => { ports.add(instanceId); return [] }),
      release: (id) => Effect.sync(() => void ports.delete(id)),
      rebind: () => Effect.void,
      holders: Effect.succeed([]),
      list: () => Effect.succeed([])
    }
    const scheduler = { Select: () => Effect.succeed({ host: "host-1", availabilityZone: "nova", promise: { shard: "s", epoch: 1 } }) }
    const building = anInstance({ vmState: "building", host: null })
    const givenUp = anInstance({ vmState: "error", host: null })
    yield* place({ scheduler, networks, tell: () => Effect.succeed(givenUp) }, building)
    assert.strictEqual(ports.size, 0)
  }))
