/** How tightly the scheduler packs: a real cloud's arrivals and departures through its pick, beside the least that any way needs. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Bench } from "../Bench.ts"
import { type Arrival, traceArrivals } from "../packing/Arrival.ts"
import { type Case, cases } from "../packing/cases.ts"
import { densityLine, packingTable, type Result } from "../packing/packingReport.ts"
import { svg } from "../packing/plot.ts"
import { policies } from "../packing/policies.ts"
import { replay } from "../packing/replay.ts"

const resultsOf = (bench: Bench, arrivals: ReadonlyArray<Arrival>, one: Case): ReadonlyArray<Result> =>
  policies.map(([policy, settings]) => {
    const what = `${one.name}, ${policy}`
    bench.progress.say(what)
    const before = process.cpuUsage()
    const outcome = replay(arrivals, one, settings, (done) => bench.progress.at(what, done, arrivals.length))
    const { system, user } = process.cpuUsage(before)
    return { policy, outcome, cpuSeconds: (system + user) / 1_000_000 }
  })

export const packing = {
  meaning: "hosts that a real cloud's servers need, by way of placing (needs ../shared, or KILONOVA_SHARED)",
  run: async (bench: Bench) => {
    const every = bench.scale.packingEvery
    const arrivals = traceArrivals(every)
    bench.remark(`Packing: ${arrivals.length} servers${every === 1 ? "" : `, of one batch in ${every}`}, on hosts of 64 CPUs and 256 GB. ` +
      "A host is added when none has room: so many hosts from the start, each left empty until then, would have refused nothing.")
    for (const one of cases) {
      const results = resultsOf(bench, arrivals, one)
      const file = join(bench.results, `packing-${one.name.replaceAll(/\W+/g, "-")}.svg`)
      const title = `Density, ${one.name}: hosts' worth of servers in hosts in use`
      writeFileSync(file, svg({ title, xName: "days", yName: "%", yRange: [60, 100], lines: results.map(densityLine) }))
      bench.remark(`${one.name}\n\n${packingTable(results)}\n\nDensity over time: ${file}`)
    }
  }
}
