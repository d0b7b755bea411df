/** `npm run bench -- [parts]`: measures a cloud in a process of its own over its public API. See `--help`. */
import { mkdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import type { Bench } from "./Bench.ts"
import { makeHome } from "./cloud.ts"
import type { Home } from "./cloud.ts"
import { conditions } from "./conditions.ts"
import type { Measured } from "./figures.ts"
import { fillable } from "./filled.ts"
import type { Filled } from "./filled.ts"
import { parse } from "./options.ts"
import { machineUse } from "./procfs.ts"
import type { Options } from "./options.ts"
import { boots } from "./parts/boots.ts"
import { clusterAgents } from "./parts/clusterAgents.ts"
import { clusterBoots } from "./parts/clusterBoots.ts"
import { clusterCalls } from "./parts/clusterCalls.ts"
import { clusterFailover } from "./parts/clusterFailover.ts"
import { clusterProfile } from "./parts/clusterProfile.ts"
import { clusterRequests } from "./parts/clusterRequests.ts"
import { clusterScale } from "./parts/clusterScale.ts"
import { dryRuns } from "./parts/dryRuns.ts"
import { journal } from "./parts/journal.ts"
import { latency } from "./parts/latency.ts"
import { lists } from "./parts/lists.ts"
import { memory, restart } from "./parts/memory.ts"
import { packing } from "./parts/packing.ts"
import { packingOthers } from "./parts/packingOthers.ts"
import { placement } from "./parts/placement.ts"
import { power } from "./parts/power.ts"
import { profile } from "./parts/profile.ts"
import { reads } from "./parts/reads.ts"
import { startup } from "./parts/startup.ts"
import { progress } from "./progress.ts"
import { figuresJson, figuresTable } from "./report.ts"
import { full, quick } from "./scale.ts"

interface Part {
  readonly meaning: string
  readonly run: (bench: Bench) => Promise<void>
}

const oneProcess: Readonly<Record<string, Part>> = { journal, startup, boots, latency, reads, power, profile, lists, memory, restart, placement, "dry-runs": dryRuns }
/** They need recorded data beside the repository. */
const recorded: Readonly<Record<string, Part>> = { packing, "packing-others": packingOthers }
/** They need redis-server. */
const cluster: Readonly<Record<string, Part>> = {
  "cluster-boots": clusterBoots,
  "cluster-requests": clusterRequests,
  "cluster-calls": clusterCalls,
  "cluster-agents": clusterAgents,
  "cluster-failover": clusterFailover,
  "cluster-profile": clusterProfile,
  "cluster-scale": clusterScale
}
const parts = { ...oneProcess, ...recorded, ...cluster }

const list = (of: Readonly<Record<string, Part>>): string =>
  Object.entries(of).map(([name, { meaning }]) => `  ${name.padEnd(16)} ${meaning}`).join("\n")

const help = `Usage: npm run bench -- [part …] [options]

Starts clouds as processes of their own, drives them over their HTTP API on loopback, and prints what they need beside
what they may need. The parts of one process take about a quarter of an hour, those of a cluster half an hour.

Parts (default: all of one process)
${list(oneProcess)}
those of recorded arrivals
${list(recorded)}
and those of a cluster, which need redis-server; "cluster" is all of them
${list(cluster)}

Options
  --quick           small counts and two rounds: to see that it works, not to quote
  --rounds N        samples of each figure, after one warm-up (default ${full.rounds})
  --every N         of the trace that is packed, one batch in so many (default ${full.packingEvery}: all)
  --folder FOLDER   where the clouds keep their data: the disk that is measured (default: the temporary folder)
  --out FILE        the results as JSON (default: bench/results/<time>.json)
  --help            this text
`

const open = (options: Options, folder: string, results: string, measured: Array<Measured>, remarks: Array<string>) => {
  const scale = options.isQuick ? quick : full
  const home = makeHome(folder)
  let filled: Promise<Filled> | undefined
  const bench: Omit<Bench, "clouds"> = {
    scale: { ...scale, rounds: options.rounds ?? scale.rounds, packingEvery: options.every ?? scale.packingEvery },
    progress: progress(process.stderr),
    results,
    record: (figure, condition, samples) => void measured.push({ figure, condition, samples }),
    remark: (text) => void remarks.push(text),
    filled: () => filled ??= fillable({ ...bench, clouds: home.open() })
  }
  return { bench, home }
}

/** What was measured before a part failed is kept and said. */
const runParts = async (
  bench: Omit<Bench, "clouds">,
  home: Home,
  names: ReadonlyArray<string>,
  save: () => void
): Promise<boolean> => {
  let isWhole = true
  for (const name of names) {
    const clouds = home.open()
    try {
      await parts[name]!.run({ ...bench, clouds })
    } catch (error) {
      isWhole = false
      bench.progress.say(`${name} failed: ${(error as Error).message}`)
    } finally {
      clouds.close()
      save()
    }
  }
  return isWhole
}

const main = async (args: ReadonlyArray<string>): Promise<number> => {
  const options = parse(args, Object.keys(parts), Object.keys(oneProcess))
  if ("problem" in options) {
    console.error(`bench: ${options.problem}\nSee npm run bench -- --help`)
    return 2
  }
  if (options.isHelp) {
    console.log(help)
    return 0
  }
  if (process.platform !== "linux") {
    console.error("bench: reads CPU time and memory from /proc, which only Linux has")
    return 1
  }
  const folder = resolve(options.folder ?? process.env["BENCH_FOLDER"] ?? tmpdir())
  const measured: Array<Measured> = []
  const remarks: Array<string> = []
  const under = conditions(folder)
  const out = resolve(options.out ?? join(import.meta.dirname, `results/${new Date().toISOString().replaceAll(/[:.]/g, "-")}.json`))
  mkdirSync(dirname(out), { recursive: true })
  const { bench, home } = open(options, folder, dirname(out), measured, remarks)
  process.on("exit", home.remove)
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1))
  // After each part: a run that is broken off has not been for nothing.
  const save = (more: object = {}) => {
    const results = { conditions: { ...under, ...more }, scale: bench.scale, figures: figuresJson(measured), remarks }
    writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`)
  }
  const use = machineUse()
  const startedAt = performance.now()
  const isWhole = await runParts(bench, home, options.parts, save)
  await home.end()
  const seconds = (performance.now() - startedAt) / 1000
  // What everything else on the machine took, as a share of one core.
  const others = use.othersSeconds() / seconds
  save({ seconds, others })
  const { cores, fileSystem, loadBefore, memoryGb, node, revision } = under
  console.log([
    `${cores} cores, ${memoryGb} GB, ${fileSystem}, Node ${node}, revision ${revision}; ` +
    `load before ${loadBefore.toFixed(2)}, everything else on the machine took ${(others * 100).toFixed(0)} % of a core; ` +
    `medians of ${bench.scale.rounds} rounds after a warm-up${options.isQuick ? " (quick: not to quote)" : ""}`,
    ...(measured.length === 0 ? [] : [figuresTable(measured)]),
    ...remarks,
    `Written to ${out}`
  ].join("\n\n"))
  return isWhole ? 0 : 1
}

// Clouds that still run are ended at exit.
process.exit(await main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`bench: ${error.message}`)
  return 1
}))
