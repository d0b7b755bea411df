import { assert, describe, it } from "vitest"
import { densityLine, packingTable } from "../../bench/packing/packingReport.ts"
import { svg } from "../../bench/packing/plot.ts"
import type { Outcome } from "../../bench/packing/replay.ts"

const outcome: Outcome = {
  hosts: 10, bound: 8, usedSeconds: 500, boundSeconds: 400, spanSeconds: 100,
  moments: [{ atSeconds: 0, inUse: 0, worth: 0 }, { atSeconds: 43_200, inUse: 4, worth: 3 }]
}

describe("report of packing", () => {
  it("draws each line from corner to corner of its axes, with its name", () => {
    const picture = svg({
      title: "a < b & c", xName: "days", yName: "%", yRange: [0, 100],
      lines: [{ name: "one", points: [[0, 0], [2, 100]] }, { name: "two", points: [] }]
    })
    assert.include(picture, `<path d="M70 370L720 40" fill="none"`)
    assert.include(picture, "a &lt; b &amp; c")
    for (const words of ["one", "two", "days", "%"]) assert.include(picture, `>${words}</text>`)
    assert.strictEqual(picture.match(/fill="none"/g)?.length, 1)
    assert.notMatch(picture, /NaN|Infinity/)
  })

  it("draws nothing wrong where there is one point or none", () => {
    for (const points of [[], [[3, 50]]] as const) {
      assert.notMatch(svg({ title: "", xName: "", yName: "", yRange: [0, 100], lines: [{ name: "", points }] }), /NaN|Infinity/)
    }
  })

  it("says how far hosts and host-time are from their bounds", () => {
    const row = packingTable([{ policy: "packing", outcome, cpuSeconds: 1.25 }]).split("\n")[2]!
    assert.deepEqual(row.split("|").map((cell) => cell.trim()).slice(1, -1), [
      "packing", "10", "8", "25.00 %", "5.0", "4.0", "80.0 %", "50.0 %", "60.0 %", "1.3"
    ])
  })

  it("has no density where no host is in use", () =>
    assert.deepEqual(densityLine({ policy: "packing", outcome, cpuSeconds: 0 }).points, [[0.5, 75]]))
})
