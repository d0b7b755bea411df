/** Where the time of a boot goes: a CPU profile of the cloud while it boots, grouped by module. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Bench } from "../Bench.ts"
import { boot, openProject } from "../project.ts"
import { sourceMap, summarize } from "../profile.ts"
import type { CpuProfile, Profiled } from "../profile.ts"
import { digits, table } from "../report.ts"

const intervalMicros = 250
const functionsShown = 25
const groupShownPercent = 0.3
const width = 64

/** V8 stamps its profiles by the same monotonic clock as `hrtime`. */
const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n)

/** `CPU.20260101.120000.4711.0.001.cpuprofile`: the number after the process's is the thread's, 0 the main one. */
const threadOf = (file: string): number => Number(file.split(".")[4])

const groupsTable = (profiled: Profiled, boots: number): string => {
  const percent = (micros: number) => digits(micros * 100 / profiled.busyMicros)
  return table(
    ["module", "its own code, %", "with what it calls, %", "with what it calls, µs per boot"],
    profiled.groups
      .filter(({ chargedMicros, selfMicros }) => Math.max(chargedMicros, selfMicros) * 100 / profiled.busyMicros >= groupShownPercent)
      .map(({ chargedMicros, group, selfMicros }) => [group, percent(selfMicros), percent(chargedMicros), digits(chargedMicros / boots)])
  )
}

const functionsTable = (profiled: Profiled, boots: number): string =>
  table(
    ["function", "source", "own time, %", "µs per boot"],
    profiled.functions.slice(0, functionsShown).map(({ name, place, selfMicros }) =>
      [name, place, digits(selfMicros * 100 / profiled.busyMicros), digits(selfMicros / boots)])
  )

export const profile = {
  meaning: "where the time of a boot goes, by module (a profiled run of its own)",
  run: async (bench: Bench) => {
    const { profiledBoots: count, fleet } = bench.scale
    const folder = bench.clouds.freshFolder()
    const nodeArgs = ["--cpu-prof", `--cpu-prof-interval=${intervalMicros}`, `--cpu-prof-dir=${folder}`]
    const cloud = await bench.clouds.start({ hosts: fleet, nodeArgs })
    await cloud.ready
    const project = await openProject(cloud.client)
    bench.progress.say(`profile of ${count} boots`)
    await boot(project, { count: Math.ceil(count / 5), width })
    const from = nowMicros()
    await boot(project, { count, width, onBooted: (done) => bench.progress.at("boots under the profiler", done, count) })
    const to = nowMicros()
    await cloud.stop("SIGTERM")
    const sourceOf = sourceMap((url) => readFileSync(fileURLToPath(url), "utf8"))
    const files = readdirSync(folder).filter((file) => file.endsWith(".cpuprofile"))
    if (files.length === 0) throw new Error("the cloud wrote no profile")
    for (const file of files.sort((a, b) => threadOf(a) - threadOf(b))) {
      const summary = summarize(JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile, sourceOf, { from, to })
      const thread = threadOf(file) === 0 ? "the main thread" : "the journal's thread"
      bench.remark([
        `Profile of ${thread}, ${count} boots, ${fleet} hosts: ${digits(summary.busyMicros / count)} µs per boot`,
        groupsTable(summary, count),
        functionsTable(summary, count)
      ].join("\n\n"))
    }
  }
}
