import { Result } from "effect"
import { parseCpus } from "../placement/numa/cpuSpec.ts"
import type { Host } from "./Host.ts"

type CpuSets = NonNullable<Host["cpuSets"]>

/** What an operator wrote of the CPUs to set apart, as `0-3,^2,6`; `null`: nothing. */
export interface CpuSetTexts {
  readonly cpuSharedSet: string | null
  readonly cpuDedicatedSet: string | null
}

const read = (option: string, text: string | null): Result.Result<ReadonlyArray<number> | null, ReadonlyArray<string>> =>
  text === null ? Result.succeed(null) : Result.mapBoth(parseCpus(text), {
    onSuccess: (cpus) => [...cpus],
    onFailure: ({ message }) => [`${option}: ${message}`]
  })

/** The sets, `null` where none is set apart, or what is wrong with the options. */
export const parseCpuSets = ({ cpuDedicatedSet, cpuSharedSet }: CpuSetTexts): Result.Result<CpuSets | null, ReadonlyArray<string>> =>
  Result.gen(function*() {
    if (cpuSharedSet === null && cpuDedicatedSet === null) return null
    const shared = yield* read("--cpu-shared-set", cpuSharedSet)
    const dedicated = yield* read("--cpu-dedicated-set", cpuDedicatedSet)
    const both = dedicated?.filter((cpu) => shared?.includes(cpu)) ?? []
    return both.length === 0
      ? { shared, dedicated }
      : yield* Result.fail([`--cpu-shared-set and --cpu-dedicated-set both name CPU ${both.join(", ")}: a CPU is in one of them at most`])
  })

/** Of the sets, what the host has: its CPUs may be fewer than those the operator named. */
export const cpuSetsWithin = (sets: CpuSets | null, numa: Host["numa"]): Pick<Host, "cpuSets"> => {
  if (sets === null) return {}
  const there = new Set(numa.flatMap(({ cpus }) => cpus))
  const kept = (cpus: ReadonlyArray<number> | null) => cpus?.filter((cpu) => there.has(cpu)) ?? null
  return { cpuSets: { shared: kept(sets.shared), dedicated: kept(sets.dedicated) } }
}
