import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { NumaFit } from "../../../../../src/actors/instance/numaFit.ts"
import { server, serverId } from "../../../../fixtures/servers.ts"
import { asAdmin, asReader, asStranger, makeAsk, put, world } from "./world.ts"

const path = `/servers/${serverId}/topology`
const flavor = (extraSpecs: Record<string, string>) => ({ ...server().flavor, vcpus: 4, ramMb: 3072, extraSpecs })
const specs = {
  "hw:cpu_policy": "dedicated", "hw:cpu_threads": "2", "hw:numa_nodes": "2", "hw:mem_page_size": "4",
  "hw:numa_cpus.0": "0,1", "hw:numa_mem.0": "1024", "hw:numa_cpus.1": "2,3", "hw:numa_mem.1": "2048"
}
const cell = (id: number, memoryMb: number, pins: NumaFit["cells"][number]["pins"]): NumaFit["cells"][number] => ({
  guest: { id, sharedCpus: [], dedicatedCpus: [id * 2, id * 2 + 1], memoryMb },
  hostCell: id, pageSizeKb: 4, pins, reserved: [], taken: pins.map(([, cpu]) => cpu)
})
const numa: NumaFit = { cells: [cell(0, 1024, [[0, 0], [1, 5]]), cell(1, 2048, [[2, 1], [3, 8]])] }

describe("/servers/:id/topology", () => {
  it.effect("shows the guest's nodes to its project, and where they lie to administrators", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server({ flavor: flavor(specs), numa }))
      const said = (token: string) => Effect.map(ask("GET", path, { token, version: 78 }), ({ body, status }) => [status, body])
      assert.deepStrictEqual(yield* said(asAdmin), [200, {
        nodes: [
          { cpu_pinning: { "0": 0, "1": 5 }, host_node: 0, memory_mb: 1024, siblings: [[0, 1]], vcpu_set: [0, 1] },
          { cpu_pinning: { "2": 1, "3": 8 }, host_node: 1, memory_mb: 2048, siblings: [[2, 3]], vcpu_set: [2, 3] }
        ],
        pagesize_kb: 4
      }])
      assert.deepStrictEqual(yield* said(asReader), [200, {
        nodes: [
          { memory_mb: 1024, siblings: [[0, 1]], vcpu_set: [0, 1] },
          { memory_mb: 2048, siblings: [[2, 3]], vcpu_set: [2, 3] }
        ],
        pagesize_kb: 4
      }])
      assert.strictEqual((yield* said(asStranger))[0], 404)
    }).pipe(Effect.provide(world)))

  it.effect("shows what is asked for while no host has the server, and nothing where nothing is", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      const shown = Effect.map(ask("GET", path, { token: asAdmin, version: 78 }), ({ body }) => body)
      yield* put(server({ flavor: flavor({ "hw:numa_nodes": "2" }), host: null }))
      assert.deepStrictEqual(yield* shown, {
        nodes: [0, 1].map((id) => ({ cpu_pinning: {}, host_node: id, memory_mb: 1536, siblings: [], vcpu_set: [id * 2, id * 2 + 1] })),
        pagesize_kb: null
      })
      yield* put(server({ flavor: flavor({}) }))
      assert.deepStrictEqual(yield* shown, { nodes: [], pagesize_kb: null })
    }).pipe(Effect.provide(world)))

  it.effect("came with 2.78, and refuses what it does not know from 2.102 on", () =>
    Effect.gen(function*() {
      const ask = yield* makeAsk
      yield* put(server())
      const status = (version: number, query = "") => Effect.map(ask("GET", `${path}${query}`, { version }), (answer) => answer.status)
      assert.deepStrictEqual([yield* status(77), yield* status(78), yield* status(101, "?a=b"), yield* status(102, "?a=b")], [404, 200, 200, 400])
    }).pipe(Effect.provide(world)))
})
