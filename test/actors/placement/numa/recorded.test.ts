/** The reference's recorded answers: every one of ours that differs is known. */
import { assert, describe, it } from "@effect/vitest"
import { isDeepStrictEqual } from "node:util"
import {
  type ConstraintRow, constraintsOf, type FitRow, fitOf, type RecordedFit, type TopologyRow, topologyOf
} from "../../../conformance/numaRows.ts"
import { compareFits } from "../../../conformance/numa.ts"
import { hasShared, readLines } from "../../../fixtures/shared.ts"

const vectors = "nova-api/vectors"
const recordedOf = ({ error, result }: ConstraintRow | TopologyRow) => error === undefined ? { result: result ?? null } : { error }

/** The recordings left the pins out. */
const unpinned = (cells: ReadonlyArray<RecordedFit> | null) => cells?.map(({ host_cell, pagesize, reserved }) => ({ host_cell, pagesize, reserved })) ?? null

describe.skipIf(!hasShared)("recorded answers (need the reference data)", () => {
  it("to every flavor and image are ours", () => {
    for (const row of readLines<ConstraintRow>(`${vectors}/numa-constraints.jsonl`)) assert.deepStrictEqual(constraintsOf(row), recordedOf(row))
  })
  it("to every CPU topology are ours", () => {
    for (const row of readLines<TopologyRow>(`${vectors}/cpu-topology.jsonl`)) assert.deepStrictEqual(topologyOf(row), recordedOf(row))
  })
  it("to every fit are ours down to the cell, the page size and the emulator's CPU, but where the reference forgets what was asked", () => {
    const differing = readLines<FitRow>(`${vectors}/numa-fit.jsonl`).filter((row) => !isDeepStrictEqual(unpinned(fitOf(row)), unpinned(row.result)))
    for (const row of differing) {
      // It remembers the page size that a cell which then refused the guest had offered, and asks the next cell for just that.
      assert.strictEqual(row.extra_specs["hw:mem_page_size"], "any")
      assert.match(compareFits(row) ?? "", /^recorded none, ours is valid/)
    }
    assert.isAtMost(differing.length, 4)
  })
})
