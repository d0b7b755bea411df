/** `npm run sim`: histories of a whole simulated cloud, by seed. */
import { optionsOf, usage } from "./run/options.ts"
import { failureOf, lineOf, Totals } from "./run/report.ts"
import { simulate } from "./run/simulate.ts"

const main = async (): Promise<number> => {
  const options = optionsOf(process.argv.slice(2), Math.floor(Math.random() * 1_000_000))
  if (options === undefined) {
    process.stdout.write(usage)
    return 0
  }
  if (options.mutants !== undefined) return (await import("./run/mutate.ts")).mutate(options)
  const totals = new Totals()
  let failures = 0
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const begin = performance.now()
    const { durability, faults, minutes, workload } = options
    const outcome = simulate({ seed, minutes, workload, faults, durability })
    totals.add(outcome)
    const hasFailed = outcome.broken.length > 0 || outcome.escapes.length > 0
    if (hasFailed) failures++
    process.stdout.write(`${hasFailed ? failureOf(outcome) : lineOf(outcome, performance.now() - begin)}\n`)
  }
  process.stdout.write(`${totals.text}${failures === 0 ? "" : `; ${failures} seeds failed`}\n`)
  return failures === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
