import { assert, describe, it } from "vitest"
import { figures, isMet } from "../../bench/figures.ts"
import type { Figure } from "../../bench/figures.ts"
import { digits, figuresJson, figuresTable, shareOfBudget } from "../../bench/report.ts"

const lineOf = (table: string, name: string): ReadonlyArray<string> =>
  table.split("\n").find((line) => line.includes(name))!.split("|").map((cell) => cell.trim()).slice(1, -1)

describe("report of the bench", () => {
  it("a budget is met at its very edge, from either side", () => {
    assert.deepStrictEqual([isMet({ atMost: 1 }, 1), isMet({ atMost: 1 }, 1.01)], [true, false])
    assert.deepStrictEqual([isMet({ atLeast: 1000 }, 1000), isMet({ atLeast: 1000 }, 999)], [true, false])
  })

  it("the share of a budget grows beyond one where it is missed, from either side", () => {
    assert.strictEqual(shareOfBudget({ atMost: 10 }, 20), 2)
    assert.strictEqual(shareOfBudget({ atLeast: 1000 }, 500), 2)
  })

  it("says median, range, budget and how Nova compares under that condition", () => {
    const table = figuresTable([
      { figure: "bootCpu", condition: "1000 hosts", samples: [2, 1.5, 4] },
      { figure: "bootRate", condition: "8 hosts", samples: [1900] },
      { figure: "postP99", condition: "200/s", samples: [5] }
    ])
    assert.deepStrictEqual(lineOf(table, "CPU per boot"), [
      "CPU per boot, POST to ACTIVE", "1000 hosts", "2 ms", "1.5–4", "≤ 1 ms", "MISSED, 2", "4,835 ms (2,418×)"
    ])
    assert.deepStrictEqual(lineOf(table, "boots to ACTIVE").slice(4), ["≥ 1,000 /s", "met, 0.526", "1.9 /s (1,000×)"])
    // Nova was not measured at this rate.
    assert.strictEqual(lineOf(table, "p99").at(-1), "")
  })

  it("writes the samples beside what they sum up to", () => {
    const [row] = figuresJson([{ figure: "getCpu", condition: "few stored", samples: [0.3, 0.1, 0.2] }])
    assert.deepInclude(row, { figure: "getCpu", unit: "ms", median: 0.2, samples: [0.3, 0.1, 0.2], isMet: false, nova: 95 })
  })

  it("numbers have three digits that mean something", () => {
    assert.deepStrictEqual([0, 0.012345, 1.2345, 99.96, 1234.5].map(digits), ["0", "0.0123", "1.23", "100", "1,235"])
  })

  it("every figure with a budget says better or worse in a unit it has", () => {
    for (const figure of Object.values<Figure>(figures)) {
      if (figure.budget !== undefined) assert.strictEqual("atLeast" in figure.budget, figure.unit === "/s", figure.name)
    }
  })
})
