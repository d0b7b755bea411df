/** Has a cloud write a CPU profile of its main thread, and makes tables of it. The journal's thread writes none. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { sourceMap, summarize } from "./profile.ts"
import type { CpuProfile, Profiled } from "./profile.ts"
import { digits, table } from "./report.ts"

const intervalMicros = 250
const functionsShown = 20
const groupShownPercent = 0.3

/** V8 stamps its profiles by the same monotonic clock. */
export const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n)

interface Wanted {
  readonly title: string
  readonly window: { readonly from: number; readonly to: number }
  /** What the time is divided by. */
  readonly each: { readonly name: string; readonly count: number }
}

export interface Profiler {
  readonly nodeArgs: ReadonlyArray<string>
  /** Once the cloud has ended by itself: a killed one writes nothing. */
  readonly tables: (wanted: Wanted) => string
}

const groupsTable = (profiled: Profiled, { count, name }: Wanted["each"]): string => {
  const percent = (micros: number) => digits(micros * 100 / profiled.busyMicros)
  return table(
    ["module", "its own code, %", "with what it calls, %", `with what it calls, µs per ${name}`],
    profiled.groups
      .filter(({ chargedMicros, selfMicros }) => Math.max(chargedMicros, selfMicros) * 100 / profiled.busyMicros >= groupShownPercent)
      .map(({ chargedMicros, group, selfMicros }) => [group, percent(selfMicros), percent(chargedMicros), digits(chargedMicros / count)])
  )
}

const functionsTable = (profiled: Profiled, { count, name: each }: Wanted["each"]): string =>
  table(
    ["function", "source", "own time, %", `µs per ${each}`],
    profiled.functions.slice(0, functionsShown).map(({ name, place, selfMicros }) =>
      [name, place, digits(selfMicros * 100 / profiled.busyMicros), digits(selfMicros / count)])
  )

export const profiler = (folder: string): Profiler => ({
  nodeArgs: ["--cpu-prof", `--cpu-prof-interval=${intervalMicros}`, `--cpu-prof-dir=${folder}`],
  tables: (wanted) => {
    const [file] = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile")).sort()
    if (file === undefined) throw new Error("the cloud wrote no profile")
    const sourceOf = sourceMap((url) => readFileSync(fileURLToPath(url), "utf8"))
    const summary = summarize(JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile, sourceOf, wanted.window)
    return [
      `${wanted.title}: ${digits(summary.busyMicros / wanted.each.count)} µs per ${wanted.each.name}`,
      groupsTable(summary, wanted.each),
      functionsTable(summary, wanted.each)
    ].join("\n\n")
  }
})
