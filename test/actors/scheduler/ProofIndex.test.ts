/** Proofs by the requests they are of, and how many a server keeps. Seeds are printed. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { evolve } from "../../../src/actors/instance/evolve.ts"
import type { Instance } from "../../../src/actors/instance/Instance.ts"
import type { Proof } from "../../../src/actors/scheduler/proof/Proof.ts"
import { ProofIndex, proofsOf } from "../../../src/actors/scheduler/proof/ProofIndex.ts"
import { proofRequestOf } from "../../../src/actors/scheduler/proof/request.ts"
import { Limits } from "../../../src/runtime/Limits.ts"
import { anInstance } from "../../fixtures/instances.ts"
import { specOf } from "./made.ts"

const one = <const A extends ReadonlyArray<number>>(...values: A) => Schema.Literals(values)
const at = "2030-01-01T00:00:00.000Z"
const proofOf = (requestId: string, attempt: number): Proof =>
  ({ at, request: proofRequestOf(specOf(), requestId, attempt), outcome: { _tag: "Placed", host: "h", admitted: 1, score: 0, scores: [], runnersUp: [] } })

const placed = (server: Instance, placement: Proof): Instance =>
  evolve({ ...server, work: anInstance().work }, { _tag: "Placed", host: "h", availabilityZone: "nova", nics: [], numa: null, placement, work: anInstance().work!, at })

describe("proofs by request", () => {
  it.prop("are those that the servers have, whatever became of them", [Schema.Array(Schema.Struct({ server: one(0, 1, 2), request: one(0, 1, 2, 3), attempt: one(1, 2), gone: one(0, 0, 0, 1) }))], ([steps]) => {
    const servers = new Map<string, Instance>()
    const index = new ProofIndex()
    for (const { attempt, gone, request, server } of steps) {
      const id = `s${server}`
      const before = servers.get(id)
      const after = gone === 1 ? undefined : placed(before ?? anInstance({ id }), proofOf(`r${request}`, attempt))
      if (before === undefined && after === undefined) continue
      index.change(before, after)
      if (after === undefined) servers.delete(id)
      else servers.set(id, after)
    }
    for (const request of ["r0", "r1", "r2", "r3"]) {
      const having = [...servers.values()].filter((server) => proofsOf(server).some((proof) => proof.request.requestId === request))
      assert.deepStrictEqual([...index.of(request)].toSorted(), having.map(({ id }) => id).toSorted())
    }
  }, { arbitrary: { runs: 300 } })

  it("are kept with the server: the last, and a few before it", () => {
    let server = anInstance()
    for (let request = 0; request < 10; request++) server = placed(server, proofOf(`r${request}`, 1))
    assert.deepStrictEqual(
      proofsOf(server).map(({ request }) => request.requestId),
      Array.from({ length: Limits.earlierPlacementsMax + 1 }, (_, back) => `r${9 - Limits.earlierPlacementsMax + back}`)
    )
    assert.isUndefined(placed(anInstance(), proofOf("r", 1)).earlierPlacements)
  })
})
