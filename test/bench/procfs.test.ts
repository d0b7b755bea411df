import { assert, describe, it } from "vitest"
import { busyTicksOf, familyTicksOf, residentMbOf, ticksOf } from "../../bench/procfs.ts"

describe("what the kernel counts", () => {
  const stat = "4711 (a) b (c)) S 1 4711 4711 0 -1 4194304 2400 0 1 0 120 34 1000 200 20 0 11 0 99 1 2"

  it("finds the ticks behind a name with blanks and brackets", () => assert.strictEqual(ticksOf(stat), 154))

  it("counts a process's ended children where that is wanted", () => assert.strictEqual(familyTicksOf(stat), 1354))

  it("a machine is busy whenever no core is idle or waits for a disk", () =>
    assert.strictEqual(busyTicksOf("cpu  1 2 3 5000 6000 10 20 30 0 0\ncpu0 9 9 9 9 9 9 9 9 9 9\n"), 66))

  it("reads resident memory in millions of bytes", () =>
    assert.strictEqual(residentMbOf("Name:\tnode\nVmHWM:\t  200000 kB\nVmRSS:\t  125000 kB\nThreads:\t11\n"), 128))
})
