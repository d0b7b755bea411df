import type { Outcome } from "./simulate.ts"

const hours = (millis: number) => (millis / 3_600_000).toFixed(1)

/** One line for a seed that held. */
export const lineOf = (outcome: Outcome, realMillis: number): string =>
  `seed ${outcome.plan.seed}: ${outcome.workload}, ${outcome.faults.length === 0 ? "no faults" : outcome.faults.join(" ")}; ${outcome.commits} commits, ` +
  `${outcome.acknowledged}/${outcome.asked} acknowledged, ${outcome.hash}, ${hours(outcome.simulatedMillis)} h in ${(realMillis / 1000).toFixed(1)} s`

/** All that helps to understand why it did not hold. */
export const failureOf = (outcome: Outcome): string => {
  const { broken, cluster, escapes, faults, feed, plan, workload } = outcome
  const [first] = broken
  const lines = [
    `seed ${plan.seed} broke "${first?.invariant ?? "nothing leaves the simulation"}" after ${Math.floor(outcome.simulatedMillis / 1000)} simulated seconds`,
    ...broken.slice(0, 5).map(({ about, detail, invariant }) => `  ${invariant}: ${about}: ${detail}`),
    broken.length > 5 ? `  … and ${broken.length - 5} more` : "",
    ...escapes.slice(0, 3).map(({ stack, what }) => `  ${what}\n${stack}`),
    first === undefined ? "" : `the last of ${first.about}:`,
    ...(feed.tails.get(first?.about ?? "") ?? []).slice(-15).map((line) => `  ${line}`),
    ...cluster.hypervisors.flatMap((host) => host.history.filter(({ id }) => id === first?.about).map(({ atMillis, what }) => `  ${atMillis} ms, ${host.name}: ${what}`)),
    ...[...cluster.runners.values()].flatMap((runner) => runner === undefined ? [] : runner.log.filter(({ level }) => level !== "Info").slice(-3)
      .map(({ atMillis, text }) => `  ${runner.process.name}, ${atMillis} ms: ${text.slice(0, 300)}`)),
    `again: npm run sim -- --seed ${plan.seed} --minutes ${plan.minutes} --workload ${workload} --faults ${faults.join(",") || "none"} --durability ${cluster.store.durability}`
  ]
  return lines.filter((line) => line !== "").join("\n")
}

/** Of many seeds together. */
export class Totals {
  seeds = 0
  commits = 0
  steps = 0
  #simulatedMillis = 0
  readonly #hashes = new Set<string>()
  readonly #schedules = new Set<string>()

  add(outcome: Outcome): void {
    this.seeds++
    this.commits += outcome.commits
    this.steps += outcome.steps
    this.#simulatedMillis += outcome.simulatedMillis
    this.#hashes.add(outcome.hash)
    this.#schedules.add(outcome.schedule)
  }

  get text(): string {
    return `${this.seeds} seeds, ${hours(this.#simulatedMillis)} simulated hours, ${this.commits} commits, ${this.steps} tasks, ` +
      `${this.#hashes.size} distinct histories, ${this.#schedules.size} distinct interleavings`
  }
}
