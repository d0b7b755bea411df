import type { Picked } from "../HostTable.ts"
import type { Weight } from "../select.ts"
import type { Placed } from "./Proof.ts"

/** Six decimals: enough to tell hosts apart, and the same on every machine. JSON knows no -0. */
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6 + 0

const scoreOf = ({ multiplier, normalised, value, weigher }: Weight) =>
  ({ weigher, value: rounded(value), normalised: rounded(normalised), weighted: rounded(normalised * multiplier) })

/** The pick with its reasons. */
export const placedOf = ({ admitted, host, runnersUp, score, weights }: Picked): Placed => ({
  _tag: "Placed",
  host: host.hostname,
  admitted,
  score: rounded(score),
  scores: weights.map(scoreOf).filter(({ weighted }) => weighted !== 0),
  runnersUp: runnersUp.map((one) => ({ host: one.host.hostname, score: rounded(one.score) }))
})
