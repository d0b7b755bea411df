/** Which runner gets the next request. A rule. */

export interface Candidate {
  readonly isReady: boolean
  /** Requests that it has not answered yet. */
  readonly inFlight: number
}

/** The ready one with the least to do, none that was `tried`; `turn`, which grows, spreads what is even. */
export const choose = <A extends Candidate>(all: ReadonlyArray<A>, tried: ReadonlySet<A>, turn: number): A | undefined => {
  const ready = all.filter((one) => one.isReady && !tried.has(one))
  const least = Math.min(...ready.map(({ inFlight }) => inFlight))
  const idlest = ready.filter(({ inFlight }) => inFlight === least)
  return idlest[turn % idlest.length]
}
