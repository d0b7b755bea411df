import { table } from "../report.ts"
import type { Line } from "./plot.ts"
import type { Outcome } from "./replay.ts"

export interface Result {
  readonly policy: string
  readonly outcome: Outcome
  /** For information: the machine is not alone. */
  readonly cpuSeconds: number
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const above = (value: number, bound: number): string => `${((value / bound - 1) * 100).toFixed(2)} %`

/** Of the hosts in use, the part that their servers would fill without a gap, over the time that anything was there. */
const densityOf = ({ boundSeconds, usedSeconds }: Outcome): number => usedSeconds === 0 ? 1 : boundSeconds / usedSeconds

/** Of the fleet's host-time, how much no server was there; and how much could have been so. */
const emptyOf = ({ boundSeconds, hosts, spanSeconds, usedSeconds }: Outcome) => {
  const all = hosts * spanSeconds
  return all === 0 ? { empty: 0, most: 0 } : { empty: 1 - usedSeconds / all, most: 1 - boundSeconds / all }
}

const head = ["policy", "hosts", "bound", "above", "in use, mean", "its bound", "density", "empty host-time", "at most", "CPU s"]

/** Of one case. */
export const packingTable = (results: ReadonlyArray<Result>): string =>
  table(head, results.map(({ cpuSeconds, outcome, policy }) => {
    const { bound, boundSeconds, hosts, spanSeconds, usedSeconds } = outcome
    const { empty, most } = emptyOf(outcome)
    const mean = (seconds: number) => (seconds / Math.max(1, spanSeconds)).toFixed(1)
    return [
      policy, String(hosts), String(bound), above(hosts, bound), mean(usedSeconds), mean(boundSeconds), percent(densityOf(outcome)),
      percent(empty), percent(most), cpuSeconds.toFixed(1)
    ]
  }))

const secondsOfDay = 86_400

/** Density in percent by days since the start. */
export const densityLine = ({ outcome, policy }: Result): Line => ({
  name: policy,
  points: outcome.moments.flatMap(({ atSeconds, inUse, worth }) => inUse === 0 ? [] : [[atSeconds / secondsOfDay, worth / inUse * 100] as const])
})
