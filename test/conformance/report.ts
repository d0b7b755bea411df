import type { Verdict } from "./replay.ts"

interface Tally {
  agree: number
  differ: number
  notServed: number
}

export const tallies = (verdicts: ReadonlyArray<Verdict>): ReadonlyMap<string, Tally> => {
  const routes = new Map<string, Tally>()
  for (const { differences, isServed, route } of verdicts) {
    const tally = routes.get(route) ?? { agree: 0, differ: 0, notServed: 0 }
    routes.set(route, tally)
    tally[isServed ? differences.length === 0 ? "agree" : "differ" : "notServed"]++
  }
  return routes
}

export const agreeing = (verdicts: ReadonlyArray<Verdict>): number =>
  verdicts.filter((verdict) => verdict.isServed && verdict.differences.length === 0).length

/** One line for each route, worst first, and the sum. */
export const table = (verdicts: ReadonlyArray<Verdict>): string => {
  const rows = [...tallies(verdicts)].toSorted(([, a], [, b]) => b.differ - a.differ || b.notServed - a.notServed || b.agree - a.agree)
  const cell = (count: number) => String(count || "·").padStart(10)
  const notServed = verdicts.filter(({ isServed }) => !isServed).length
  return [
    `${"agree".padStart(10)}${"differ".padStart(10)}${"not served".padStart(12)}  route`,
    ...rows.map(([route, { agree, differ, notServed }]) => `${cell(agree)}${cell(differ)}  ${cell(notServed)}  ${route}`),
    `recorded: ${agreeing(verdicts)} of ${verdicts.length} agree (${notServed} of routes not served yet)`
  ].join("\n")
}

/** The differences of a route (or of all routes whose name has the text), exchange by exchange. */
export const details = (verdicts: ReadonlyArray<Verdict>, wanted: string): string =>
  verdicts.filter(({ differences, isServed, route }) => isServed && differences.length > 0 && (route === wanted || route.includes(wanted)))
    .map(({ differences, exchange }) =>
      [`${exchange.t} #${exchange.i}`, `  ${exchange.m} ${exchange.u} at ${exchange.v} as ${exchange.roles}`,
        ...(exchange.b === undefined ? [] : [`  ${JSON.stringify(exchange.b).slice(0, 400)}`]),
        ...differences.map((one) => `    ${one}`)].join("\n"))
    .join("\n")
