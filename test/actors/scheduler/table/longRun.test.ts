/** The table after thousands of changes and searches, as the scheduler's is: it blends its bounds on the way. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { HostState } from "../../../../src/actors/scheduler/HostState.ts"
import { HostTable } from "../../../../src/actors/scheduler/HostTable.ts"
import { rulesOf } from "../../../../src/actors/scheduler/registry.ts"
import { ranked } from "../../../../src/actors/scheduler/select.ts"
import { defaultSettings, type SchedulerSettings } from "../../../../src/actors/scheduler/settings.ts"
import { hostOf, saying, specOf } from "../made.ts"

const hosts = 300
const steps = 600

/** The same numbers in every run. */
const drawing = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

const cases: ReadonlyArray<readonly [name: string, settings: SchedulerSettings, groupedOneIn: number, saysOneIn: number]> = [
  ["spreading", defaultSettings, 0, 0],
  ["packing", { ...defaultSettings, weights: { PackingWeigher: 100_000, NumInstancesWeigher: -0.5 } }, 0, 0],
  ["preferring full hosts, in groups", { ...defaultSettings, weights: { RAMWeigher: -1, CPUWeigher: -1 } }, 2, 0],
  ["with multipliers of aggregates that come and go", defaultSettings, 3, 40]
]

describe("a long run", () => {
  for (const [name, settings, groupedOneIn, saysOneIn] of cases) {
    it(`picks, ranks and counts as the plain ranking does: ${name}`, () => {
      const draw = drawing(11)
      const rules = rulesOf(settings)
      const table = new HostTable(rules)
      const capacities = [{ ramCapacityMb: 32_768 }, { ramCapacityMb: 65_536, vcpuCapacity: 64 }, { diskCapacityGb: 400 }]
      const fresh = (at: number): HostState => hostOf(`h${(at * 37) % 1009}`, capacities[at % capacities.length])
      const now = new Map(Array.from({ length: hosts }, (_, at) => [at, fresh(at)]))
      for (const host of now.values()) table.put(host)
      const names = new Map([...now].map(([at, { hostname }]) => [hostname, at]))
      const put = (at: number, host: HostState) => {
        now.set(at, host)
        table.put(host)
      }
      const kinds = [specOf({ ramMb: 1024, vcpus: 1 }), specOf({ ramMb: 2048, vcpus: 2 }), specOf({ ramMb: 8192, vcpus: 2 })]
      const here: Array<readonly [at: number, kind: typeof kinds[number]]> = []
      let group = new Map<string, number>()
      for (let step = 0; step < steps; step++) {
        const kind = kinds[draw(kinds.length)]!
        if (group.size > 12) group = new Map()
        const spec = groupedOneIn > 0 && draw(groupedOneIn) === 0 ? { ...kind, groupPolicy: "anti-affinity", groupHosts: group } : kind
        const all = ranked(rules, now.values(), spec)
        const picked = Result.getOrThrow(table.pick(spec))
        assert.deepStrictEqual(
          [picked.admitted, picked.score, picked.host.hostname, ...picked.runnersUp.map(({ host }) => host.hostname)],
          [all.length, all[0]!.score, ...all.slice(0, 4).map(({ host }) => host.hostname)], `step ${step}`
        )
        const at = names.get(picked.host.hostname)!
        here.push([at, kind])
        if (spec !== kind) group.set(picked.host.hostname, 1)
        put(at, { ...picked.host, ramUsedMb: picked.host.ramUsedMb + kind.ramMb, vcpusUsed: picked.host.vcpusUsed + kind.vcpus, instances: picked.host.instances + 1 })
        if (here.length > 250) {
          const [[from, gone]] = here.splice(draw(here.length), 1) as [typeof here[number]]
          const host = now.get(from)!
          put(from, { ...host, ramUsedMb: host.ramUsedMb - gone.ramMb, vcpusUsed: host.vcpusUsed - gone.vcpus, instances: host.instances - 1 })
        }
        if (saysOneIn > 0 && draw(saysOneIn) === 0) {
          const other = draw(hosts)
          const host = now.get(other)!
          put(other, { ...host, aggregates: host.aggregates.length > 0 ? [] : [saying({ ram_weight_multiplier: String(draw(5) - 1) })] })
        }
      }
    })
  }
})
