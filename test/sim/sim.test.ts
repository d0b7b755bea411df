/** A small budget of the simulation, always the same histories; `npm run sim` is for as many as there is time for. */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { assert, describe, it } from "vitest"
import { mutants } from "./mutants.ts"
import { regressions } from "./regressions.ts"
import { failureOf } from "./run/report.ts"
import { edited } from "./run/mutate.ts"
import { optionsOf } from "./run/options.ts"
import type { Plan } from "./run/simulate.ts"
import { simulate } from "./run/simulate.ts"
import { workloads } from "./run/workloads.ts"
import type { WorkloadName } from "./run/workloads.ts"

const root = resolve(import.meta.dirname, "../..")
/** Of one history; most take a few seconds, on a machine that has nothing else to do. */
const testMillisMax = 120_000

const holds = (plan: Plan) => {
  const outcome = simulate(plan)
  assert.isTrue(outcome.broken.length === 0 && outcome.escapes.length === 0, failureOf(outcome))
  assert.isAbove(outcome.acknowledged, 0)
  return outcome
}

const seeds = process.env["KILONOVA_SEED"] === undefined ? [1] : [Number(process.env["KILONOVA_SEED"])]

describe("the simulated cluster", () => {
  for (const workload of Object.keys(workloads) as Array<WorkloadName>) {
    for (const seed of seeds) {
      it(`keeps every invariant whatever fails: ${workload}, seed ${seed}`, () => {
        holds({ seed, minutes: 0.3, workload, faults: "most" })
      }, testMillisMax)
    }
  }

  it("gives the same history for the same seed", () => {
    const [first, second] = [1, 2].map(() => holds({ seed: 5, minutes: 0.2, workload: "churn", faults: ["crash", "partition", "breaks"] }))
    assert.deepStrictEqual([first!.hash, first!.steps], [second!.hash, second!.steps])
  }, testMillisMax)

  for (const { story, ...plan } of regressions) it(`seed ${plan.seed}: ${story}`, () => { holds(plan) }, testMillisMax)
})

describe("the simulation's tools", () => {
  it("every mutant is an edit of the sources as they are", () => {
    for (const mutant of mutants) edited(readFileSync(resolve(root, mutant.file), "utf8"), mutant)
  })

  it("says which option is wrong, and what it takes", () => {
    assert.throws(() => optionsOf(["--faults", "gremlins"], 0), /--faults: "gremlins" is none of crash/)
    assert.throws(() => optionsOf(["--minutes", "soon"], 0), /--minutes: "soon" is no number/)
    assert.strictEqual(optionsOf(["--seed", "7"], 0)?.seed, 7)
  })
})
