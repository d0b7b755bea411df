import { parseArgs } from "node:util"
import type { Durability } from "../store/StoreServer.ts"
import { faults } from "./faults.ts"
import type { FaultName } from "./faults.ts"
import { workloads } from "./workloads.ts"
import type { WorkloadName } from "./workloads.ts"

export interface Options {
  readonly seed: number
  readonly seeds: number
  readonly minutes: number
  readonly workload: WorkloadName | undefined
  readonly faults: ReadonlyArray<FaultName> | "most" | undefined
  readonly durability: Durability
  /** Those whose names contain it; `undefined`: no mutants at all. */
  readonly mutants: string | undefined
}

const durabilities = ["always", "everysec", "replica", "async"] as const

export const usage = `npm run sim -- [--seed N] [--seeds N] [--minutes M] [--workload W] [--faults F,F…|most|none] [--durability D] [--mutants T]

  --seed N        the first seed (a random one)
  --seeds N       how many, from there (1)
  --minutes M     simulated, of requests and faults; healing comes after them (2)
  --workload W    ${Object.keys(workloads).join(", ")} (the seed decides)
  --faults F,F…   ${Object.keys(faults).join(", ")} (the seed decides)
  --durability D  of the store: ${durabilities.join(", ")} (always)
  --mutants T     breaks the sources on purpose, one way at a time, and says what notices: the ways with this text in their
                  name, "all" for all

The same seed with the same options is the same history.
`

const oneOf = <A extends string>(option: string, text: string, known: ReadonlyArray<A>): A => {
  const found = known.find((name) => name === text)
  if (found === undefined) throw new Error(`--${option}: "${text}" is none of ${known.join(", ")}.`)
  return found
}

const numberOf = (option: string, text: string, least: number): number => {
  const number = Number(text)
  if (!(number >= least)) throw new Error(`--${option}: "${text}" is no number from ${least} on.`)
  return number
}

const faultsOf = (text: string): ReadonlyArray<FaultName> | "most" => {
  const known = Object.keys(faults) as ReadonlyArray<FaultName>
  if (text === "none") return []
  return text === "most" ? text : text.split(",").map((name) => oneOf("faults", name.trim(), known))
}

/** Throws what to say to the user; `undefined` where they asked for help. */
export const optionsOf = (args: ReadonlyArray<string>, anySeed: number): Options | undefined => {
  const text = { type: "string" } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: text, seeds: text, minutes: text, workload: text, faults: text, durability: text,
      mutants: text, help: { type: "boolean" }
    }
  })
  if (values.help === true) return undefined
  return {
    seed: values.seed === undefined ? anySeed : numberOf("seed", values.seed, 0),
    seeds: values.seeds === undefined ? 1 : numberOf("seeds", values.seeds, 1),
    minutes: values.minutes === undefined ? 2 : numberOf("minutes", values.minutes, 0.01),
    workload: values.workload === undefined ? undefined : oneOf("workload", values.workload, Object.keys(workloads) as Array<WorkloadName>),
    faults: values.faults === undefined ? undefined : faultsOf(values.faults),
    durability: values.durability === undefined ? "always" : oneOf("durability", values.durability, durabilities),
    mutants: values.mutants
  }
}
