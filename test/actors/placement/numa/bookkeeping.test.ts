/** What a host counts of its guests, and how its inventory becomes what fits are made on. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { claim, conflictOf, release } from "../../../../src/actors/placement/numa/claim.ts"
import { fit } from "../../../../src/actors/placement/numa/fit.ts"
import { hostTopologyOf } from "../../../../src/actors/placement/numa/hostTopologyOf.ts"
import { topologies } from "../../../../src/drivers/simulated/topologies.ts"
import { cellOf, guestOf, hostOf } from "./guests.ts"

const fitted = (host: Parameters<typeof fit>[0], guest: Parameters<typeof fit>[1]) => Result.getOrThrow(fit(host, guest))

describe("a claim", () => {
  it("takes CPUs, pages and memory, of the cells it lies in alone", () => {
    const host = hostOf(cellOf(0, 4, 1), cellOf(1, 4, 1))
    const found = fitted(host, guestOf(2, 512, { cpu_policy: "dedicated", mem_page_size: "large" }))
    const [first, second] = claim(host, found).cells
    assert.deepStrictEqual([[...first!.pinned], first!.freeCpus, first!.memoryUsedMb, first!.pages.map(({ used }) => used)], [[0, 1], 2, 512, [0, 256]])
    assert.strictEqual(second, host.cells[1])
  })
  it("takes base pages where no size was asked for, and counts shared CPUs", () => {
    const host = hostOf(cellOf(0, 4, 1, { sharedCpus: [8, 9] }))
    const [cell] = claim(host, fitted(host, guestOf(2, 512, { numa_nodes: "1" }))).cells
    assert.deepStrictEqual([cell!.sharedCpusUsed, cell!.pages.map(({ used }) => used), cell!.pinned.size], [2, [131_072, 0], 0])
  })
  it("is in conflict once another has what it would take", () => {
    const host = hostOf(cellOf(0, 4, 1))
    const found = fitted(host, guestOf(2, 1024, { cpu_policy: "dedicated", mem_page_size: "large" }))
    const taken = claim(host, found)
    assert.isNull(conflictOf(host, found))
    assert.strictEqual(conflictOf(taken, found), "CPUs 0, 1 of NUMA node 0 are taken")
    assert.strictEqual(conflictOf(claim(host, { cells: [{ ...found.cells[0]!, pins: [], taken: [] }] }), found), "pages of 2048 KiB of NUMA node 0 are taken")
    assert.strictEqual(conflictOf(hostOf(cellOf(7, 4, 1)), found), "NUMA node 0 is not there")
    assert.isNull(conflictOf(release(taken, found), found))
  })
})

describe("a host's inventory", () => {
  const numa = [{ id: 0, cpus: [0, 1, 4, 5], memoryMb: 4096, pages: [{ sizeKb: 2048, count: 512 }] }, { id: 1, cpus: [2, 3, 6, 7], memoryMb: 4096, pages: [] }]
  const cores = [0, 1, 2, 3].map((core) => ({ socket: core >> 1, cpus: [core, core + 4] }))

  it("is a topology whose CPUs are for both, as long as nobody sets some apart", () => {
    const [first, second] = hostTopologyOf(numa, cores, { shared: null, dedicated: null }).cells
    assert.deepStrictEqual([first!.cores, first!.socket, second!.socket, first!.isUndivided, first!.freeCpus], [[[0, 4], [1, 5]], 0, 1, true, 4])
    assert.deepStrictEqual(first!.sharedCpus, first!.dedicatedCpus)
  })
  it("counts as base pages what its huge pages leave", () => {
    const [first, second] = hostTopologyOf(numa, cores, { shared: null, dedicated: null }).cells
    assert.deepStrictEqual(first!.pages.map(({ sizeKb, total }) => [sizeKb, total]), [[4, 786_432], [2048, 512]])
    assert.deepStrictEqual(second!.pages.map(({ sizeKb, total }) => [sizeKb, total]), [[4, 1_048_576]])
  })
  it("gives shared and dedicated guests what was set apart for them", () => {
    const [first, second] = hostTopologyOf(numa, cores, { shared: [0, 4], dedicated: [1, 2, 3] }).cells
    assert.deepStrictEqual([first!.sharedCpus, first!.dedicatedCpus, first!.cores], [[0, 4], [1], [[0, 4], [1]]])
    assert.deepStrictEqual([second!.sharedCpus, second!.dedicatedCpus, second!.cores], [[], [2, 3], [[2], [3]]])
  })
  it("leaves nothing for the one where CPUs are set apart for the other alone", () => {
    assert.strictEqual(hostTopologyOf(numa, cores, { shared: [0], dedicated: null }).cells[0]!.freeCpus, 0)
    assert.deepStrictEqual(hostTopologyOf(numa, cores, { shared: null, dedicated: [0] }).cells[0]!.sharedCpus, [])
  })
  it("of every simulated model holds a pinned guest on huge pages, or has none", () => {
    for (const { cores: own, name, numa: nodes } of topologies) {
      const host = hostTopologyOf(nodes, own, { shared: null, dedicated: null })
      const size = nodes.some(({ pages }) => pages.length > 0) ? "large" : "small"
      assert.isTrue(Result.isSuccess(fit(host, guestOf(4, 1024, { cpu_policy: "dedicated", mem_page_size: size }))), name)
    }
  })
})
