import { assert, describe, it } from "vitest"
import { residentMbOf, ticksOf } from "../../bench/procfs.ts"

describe("what the kernel counts", () => {
  it("finds the ticks behind a name with blanks and brackets", () =>
    assert.strictEqual(ticksOf("4711 (a) b (c)) S 1 4711 4711 0 -1 4194304 2400 0 1 0 120 34 0 0 20 0 11 0 99 1 2"), 154))

  it("reads resident memory in millions of bytes", () =>
    assert.strictEqual(residentMbOf("Name:\tnode\nVmHWM:\t  200000 kB\nVmRSS:\t  125000 kB\nThreads:\t11\n"), 128))
})
