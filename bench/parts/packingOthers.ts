/** Does what packs one trace pack others? What a weigher's formula is chosen by, and what it is not. */
import type { Bench } from "../Bench.ts"
import { traceArrivals } from "../packing/Arrival.ts"
import { caseOf, others } from "../packing/others.ts"
import { policies } from "../packing/policies.ts"
import { replay } from "../packing/replay.ts"
import { table } from "../report.ts"

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

export const packingOthers = {
  meaning: "the same for other traces, servers and hosts: how far above the least that any way needs",
  run: async (bench: Bench) => {
    const trace = traceArrivals(bench.scale.packingEvery)
    for (const isApart of [false, true]) {
      const above = new Map(policies.map(([policy]) => [policy, new Array<number>()]))
      const rows = others.map((other) => {
        const one = caseOf(other, isApart)
        const arrivals = other.arrivals(trace)
        bench.progress.say(`${one.name}: ${arrivals.length} servers`)
        let bound = 0
        const hosts = policies.map(([policy, settings]) => {
          const outcome = replay(arrivals, one, settings, () => {})
          bound = outcome.bound
          above.get(policy)!.push(outcome.hosts / outcome.bound - 1)
          return String(outcome.hosts)
        })
        return [one.name, String(arrivals.length), String(bound), ...hosts]
      })
      const means = ["above the bound, mean", "", "", ...[...above.values()].map((all) => percent(mean(all)))]
      bench.remark(`Hosts${isApart ? ", groups kept apart" : ""}\n\n${table(["what", "servers", "bound", ...above.keys()], [...rows, means])}`)
    }
  }
}
